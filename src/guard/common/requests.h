/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of sensitive requests to VMs, served and refused: .audit in the
 * folder of all VMs, and .audit.1, its older half. guard-vm and 'vm set' write
 * it, one JSON object a line. Root of the host can take it away.
 */
#ifndef GUARD_COMMON_REQUESTS_H
#define GUARD_COMMON_REQUESTS_H

#include "base/buf.h"
#include "base/err.h"

#define REQUESTS_FILE     ".audit"
#define REQUESTS_FILE_OLD ".audit.1"
#define REQUESTS_MAX      ((size_t)64 << 20)
#define REQUESTS_LINE_MAX ((size_t)8192)
/* From this length on the file becomes the older half. */
#define REQUESTS_TURN ((off_t)8 << 20)

/* Texts are any UTF-8: they came from outside. */
struct request_record {
	uint64_t time; /* seconds since 1970 */
	struct bytes vm;
	struct bytes level;
	uint64_t uid;
	struct bytes what;    /* "console display" */
	struct bytes outcome; /* "ok", or a reason's code */
	struct bytes detail;
};

struct requests_reader {
	/* Both return ERR_OK, or an error that ends the reading. */
	int (*record)(const struct request_record *r, void *arg);
	/* A line that is none; is_cut: the last one, without its end. */
	int (*unreadable)(size_t line, bool is_cut, struct bytes text,
	    const char *why, void *arg);
	void *arg;
};

/* Each line of a file's bytes, in order. */
MUST_CHECK int requests_read(struct bytes file,
    const struct requests_reader *to, struct diag *d);

/*
 * One line at the end of .audit in this folder, on disk when this returns;
 * what a crash cut is ended.
 */
MUST_CHECK int requests_append(int dir_fd, const struct request_record *r,
    struct diag *d);

#endif
