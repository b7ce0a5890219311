/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is read by windows, so that a log of any length takes no more
 * memory than its longest event. Bytes that are in memory already serve as
 * well.
 */
#ifndef CTL_SHIELD_WINDOW_H
#define CTL_SHIELD_WINDOW_H

#include "base/base.h"
#include "base/err.h"

/* More than one event, of any log, with all that stands around it. */
#define WINDOW_SIZE ((size_t)8 << 20)

struct window {
	int fd; /* -1: all is in memory */
	const char *what;
	uint8_t *room; /* WINDOW_SIZE bytes, or NULL */
	struct bytes in;
	uint64_t at; /* where in the file `in` starts */
	bool more;   /* the file goes on behind `in` */
};
#define WINDOW_NONE      \
	{                \
		.fd = -1 \
	}

/* file: "-" is standard input; symlinks are followed. The first window. */
MUST_CHECK int window_open(const char *file, struct window *ret,
    struct diag *d);
struct window window_of(struct bytes all);
void window_free(struct window *w);
#define auto_window CLEANUP(window_free)

/* The next window: without the first n bytes of this one. */
MUST_CHECK int window_pass(struct window *w, size_t n, struct diag *d);

#endif
