/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed bytes, and what happens to owned things at the end of a scope.
 */
#include "base/base.h"

#include <fcntl.h>

#include "../t.h"

static void
test_bytes(void)
{
	struct bytes ab = bytes_of_text("ab"), abc = bytes_of_text("abc");
	struct bytes none = bytes_of_text("");
	uint8_t zero[5] = { 0 };

	CHECK(ab.len == 2 && abc.len == 3 && none.len == 0,
	    "a text's bytes end before its NUL");
	CHECK(bytes_equal(ab, bytes_of("ab", 2)), "equal bytes are equal");
	CHECK(!bytes_equal(ab, abc), "a prefix is not equal");
	CHECK(!bytes_equal(ab, bytes_of_text("ac")),
	    "another last byte is not equal");
	CHECK(bytes_equal(none, BYTES_NONE),
	    "no bytes equal no bytes, wherever they are");
	CHECK(bytes_equal_text(ab, "ab") && !bytes_equal_text(ab, "abc") &&
		!bytes_equal_text(abc, "ab"),
	    "a text is compared whole");
	CHECK(!bytes_equal_text(bytes_of("ab\0", 3), "ab"),
	    "T60 a NUL at the end is a byte like any other");
	CHECK(bytes_compare(ab, abc) < 0 && bytes_compare(abc, ab) > 0,
	    "the shorter comes first");
	CHECK(bytes_compare(ab, bytes_of_text("b")) < 0,
	    "order is by the first difference");
	CHECK(bytes_compare(ab, ab) == 0 && bytes_compare(none, none) == 0,
	    "equals have no order");
	CHECK(bytes_compare(bytes_of("\x80", 1), bytes_of("\x7f", 1)) > 0,
	    "bytes are compared unsigned");
	CHECK(bytes_all_zero(BYTES_OF_ARRAY(zero)), "zeros are all zero");
	zero[4] = 1;
	CHECK(!bytes_all_zero(BYTES_OF_ARRAY(zero)), "the last one counts");
	CHECK(bytes_all_zero(BYTES_NONE), "nothing is all zero");
	CHECK(BYTES_OF_ARRAY(zero).len == 5 && ARRAY_LEN(zero) == 5,
	    "an array's bytes are all of it");
}

static void
test_owned(void)
{
	int fds[2], kept;
	char *moved;

	if (pipe(fds) != 0)
		t_bail("pipe");
	{
		auto_close int fd = fds[0];

		CHECK(fcntl(fd, F_GETFD) >= 0, "the descriptor is open inside");
	}
	CHECK(fcntl(fds[0], F_GETFD) < 0 && errno == EBADF,
	    "the end of the scope closes a descriptor");
	{
		auto_close int fd = fds[1];

		kept = TAKE_FD(&fd);
		CHECK(fd == -1, "a taken descriptor leaves -1 behind");
	}
	CHECK(fcntl(kept, F_GETFD) >= 0, "a taken descriptor stays open");
	close_p(&kept);
	CHECK(kept == -1, "a closed descriptor is -1");
	close_p(&kept);
	{
		auto_free char *p = strdup("kept");

		moved = TAKE_PTR(&p);
		CHECK(p == NULL, "a taken pointer leaves NULL behind");
	}
	CHECK(strcmp(moved, "kept") == 0, "what was taken is still there");
	free_p(&moved);
	CHECK(moved == NULL, "a freed pointer is NULL");
}

int
main(void)
{
	test_bytes();
	test_owned();
	return t_done();
}
