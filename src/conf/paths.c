/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/paths.h"

#include <stdio.h>
#include <string.h>

static bool
has_parent_step(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, "..")) != NULL) {
		bool begins = p == path || p[-1] == '/';
		bool ends = p[2] == '/' || p[2] == '\0';

		if (begins && ends)
			return true;
		p += 2;
	}
	return false;
}

int
path_under(const char *root, const char *path, char *ret, size_t size,
    struct diag *d)
{
	size_t n = strlen(root);
	int len;

	if (n != 0 && root[0] != '/')
		return diag_fail(d, ERR_USAGE, "root: %s is not absolute",
		    root);
	if (path[0] != '/')
		return diag_fail(d, ERR_USAGE, "path: %s is not absolute",
		    path);
	if (has_parent_step(root) || has_parent_step(path))
		return diag_fail(d, ERR_USAGE, "path: %s%s has a .. step", root,
		    path);
	while (n > 0 && root[n - 1] == '/')
		n--;
	len = snprintf(ret, size, "%.*s%s", (int)n, root, path);
	if (len < 0 || (size_t)len >= size)
		return diag_fail(d, ERR_LIMIT, "path: longer than %zu bytes",
		    size - 1);
	return ERR_OK;
}
