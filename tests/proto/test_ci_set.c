/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ci_set.h"

#include "t.h"

static bool
reads(const uint8_t *p, size_t n, void *arg)
{
	struct ci_set set;

	(void)arg;
	return ci_set_read(bytes_of(p, n), &set, NULL) == ERR_OK;
}

int
main(void)
{
	struct ci_set set = { .n_items = 2 }, back;
	struct buf file = BUF_INIT(4096);

	set.items[0] = (struct ci_set_item){ .name = bytes_of_text("a"),
		.id = { 1 },
		.len = 5 };
	set.items[1] = (struct ci_set_item){ .name = bytes_of_text("bc"),
		.id = { 2 },
		.len = 3 };
	CHECK(ci_set_write(&set, &file, NULL) == ERR_OK &&
		buf_put_text(&file, "first") && buf_put_text(&file, "2nd") &&
		ci_set_read(buf_bytes(&file), &back, NULL) == ERR_OK &&
		back.n_items == 2,
	    "a set is read back");
	CHECK(bytes_equal_text(ci_set_policy(buf_bytes(&file), &back.items[0]),
		  "first") &&
		bytes_equal_text(ci_set_policy(buf_bytes(&file),
				     &back.items[1]),
		    "2nd") &&
		bytes_equal_text(back.items[1].name, "bc") &&
		back.items[1].id[0] == 2,
	    "... with each policy where it lies");
	CHECK(t_truncations(file.p, file.len, reads, NULL) == 0,
	    "every truncated set is refused");
	CHECK(!t_trailing(file.p, file.len, reads, NULL),
	    "a byte behind it is refused");
	/* The first item's `at`: behind count, name and id. */
	file.p[2 + 4 + 1 + 32 + 7]++;
	CHECK(!reads(file.p, file.len, NULL), "a gap is refused");
	file.p[2 + 4 + 1 + 32 + 7]--;
	file.p[2 + 4 + 1 + 32 + 8] = 0xff;
	CHECK(!reads(file.p, file.len, NULL),
	    "a policy that is longer than the set is refused");
	buf_free(&file);
	return t_done();
}
