/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/window.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* As much as there is room for, or to the end. */
static int
fill(struct window *w, size_t have, struct diag *d)
{
	ssize_t n = 1;

	while (have < WINDOW_SIZE && n != 0) {
		n = read(w->fd, w->room + have, WINDOW_SIZE - have);
		if (n < 0 && errno != EINTR)
			return diag_errno(d, "%s: cannot read", w->what);
		if (n > 0)
			have += (size_t)n;
	}
	w->more = n != 0;
	w->in = bytes_of(w->room, have);
	return ERR_OK;
}

static int
open_input(const char *file, int *ret_fd, struct diag *d)
{
	struct stat st;

	if (strcmp(file, "-") == 0) {
		*ret_fd = dup(STDIN_FILENO);
		return *ret_fd < 0 ? diag_errno(d, "standard input") : ERR_OK;
	}
	*ret_fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*ret_fd < 0)
		return diag_errno(d, "%s: cannot open", file);
	if (fstat(*ret_fd, &st) != 0)
		return diag_errno(d, "%s: cannot look at it", file);
	if (S_ISDIR(st.st_mode))
		return diag_fail(d, ERR_USAGE, "%s: is a folder", file);
	return ERR_OK;
}

int
window_open(const char *file, struct window *ret, struct diag *d)
{
	auto_window struct window w = WINDOW_NONE;
	int r;

	w.what = file;
	if ((r = open_input(file, &w.fd, d)) < 0)
		return r;
	w.room = malloc(WINDOW_SIZE);
	if (w.room == NULL)
		return diag_nomem(d);
	if ((r = fill(&w, 0, d)) < 0)
		return r;
	*ret = w;
	w = (struct window)WINDOW_NONE;
	return ERR_OK;
}

struct window
window_of(struct bytes all)
{
	struct window w = WINDOW_NONE;

	w.what = "input";
	w.in = all;
	return w;
}

void
window_free(struct window *w)
{
	free(w->room);
	close_p(&w->fd);
	*w = (struct window)WINDOW_NONE;
}

int
window_pass(struct window *w, size_t n, struct diag *d)
{
	size_t left;

	BUG_ON(n > w->in.len);
	left = w->in.len - n;
	w->at += n;
	if (w->room == NULL) {
		w->in = bytes_of(w->in.p + n, left);
		return ERR_OK;
	}
	if (left > 0)
		memmove(w->room, w->room + n, left);
	return fill(w, left, d);
}
