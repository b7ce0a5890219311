/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/window.h"

#include "t.h"

static char path[] = "/tmp/shield.window.XXXXXX";

/* Bytes 0 to n - 1, each its number modulo 251. */
static void
make_file(size_t n)
{
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (f == NULL)
		t_bail("%s", path);
	for (size_t i = 0; i < n; i++)
		(void)fputc((int)(i % 251), f);
	if (fclose(f) != 0)
		t_bail("%s", path);
}

static bool
is_right(const struct window *w)
{
	for (size_t i = 0; i < w->in.len; i++)
		if (w->in.p[i] != (w->at + i) % 251)
			return false;
	return true;
}

int
main(void)
{
	const size_t n = 2 * WINDOW_SIZE + 777;
	auto_window struct window w = WINDOW_NONE;
	struct window memory = window_of(bytes_of("abcdef", 6));
	struct diag d = { 0 };

	make_file(n);
	CHECK(window_open(path, &w, &d) == ERR_OK && w.in.len == WINDOW_SIZE &&
		w.more && w.at == 0 && is_right(&w),
	    "a window is the file's beginning");
	CHECK(window_pass(&w, WINDOW_SIZE - 5, &d) == ERR_OK &&
		w.at == WINDOW_SIZE - 5 && w.in.len == WINDOW_SIZE && w.more &&
		is_right(&w),
	    "what was not passed stays, and more comes behind it");
	CHECK(window_pass(&w, 0, &d) == ERR_OK && is_right(&w) && w.more,
	    "nothing passed, nothing changed");
	CHECK(window_pass(&w, WINDOW_SIZE, &d) == ERR_OK && !w.more &&
		w.at + w.in.len == n && is_right(&w),
	    "the last window ends with the file");
	CHECK(window_pass(&w, w.in.len, &d) == ERR_OK && w.in.len == 0 &&
		!w.more,
	    "behind it there is nothing");
	CHECK(window_pass(&memory, 2, &d) == ERR_OK && memory.at == 2 &&
		bytes_equal_text(memory.in, "cdef") && !memory.more,
	    "bytes in memory are one window");
	window_free(&w);
	CHECK(window_open("/nonexistent", &w, &d) == ERR_IO,
	    "a file that is not there: %s", d.text);
	CHECK(window_open("/tmp", &w, &d) == ERR_USAGE, "a folder: %s", d.text);
	(void)unlink(path);
	return t_done();
}
