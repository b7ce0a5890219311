/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/paths.h"

#include "t.h"

int
main(void)
{
	char p[64];
	struct diag d;

	CHECK(path_under("", "/etc/x", p, sizeof(p), &d) == ERR_OK &&
		strcmp(p, "/etc/x") == 0,
	    "no root: the path itself");
	CHECK(path_under("/srv/a", "/etc/x", p, sizeof(p), &d) == ERR_OK &&
		strcmp(p, "/srv/a/etc/x") == 0,
	    "a root goes in front");
	CHECK(path_under("/srv/a//", "/etc/x", p, sizeof(p), &d) == ERR_OK &&
		strcmp(p, "/srv/a/etc/x") == 0,
	    "slashes at the root's end are dropped");
	CHECK(path_under("srv", "/etc/x", p, sizeof(p), &d) == ERR_USAGE,
	    "a relative root is refused");
	CHECK(path_under("", "etc/x", p, sizeof(p), &d) == ERR_USAGE,
	    "a relative path is refused");
	CHECK(path_under("/a", "/../etc", p, sizeof(p), &d) == ERR_USAGE,
	    "T60 a .. step leaves the root: refused");
	CHECK(path_under("/a/..", "/etc", p, sizeof(p), &d) == ERR_USAGE,
	    "a .. step in the root is refused");
	CHECK(path_under("", "/a..b/..c", p, sizeof(p), &d) == ERR_OK,
	    "two dots inside a name are no step");
	CHECK(path_under("/a", "/bcd", p, 6, &d) == ERR_LIMIT,
	    "one byte too long is refused");
	CHECK(path_under("/a", "/bcd", p, 7, &d) == ERR_OK,
	    "exactly fitting is accepted");
	return t_done();
}
