/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A daemon's answer to a command of its control socket (ctl/common/remote.h):
 * lines for people, data for programs, what changed and how to undo it, the
 * reasons of a refusal, and perhaps a file. Outside strings go in as they are;
 * the printing side escapes.
 */
#ifndef JSON_ANSWER_H
#define JSON_ANSWER_H

#include "json/json.h"

#define ANSWER_MAX ((size_t)8 << 20)

struct answer {
	struct buf lines;   /* elements of a JSON array */
	struct buf data;    /* members of a JSON object */
	struct buf reasons; /* elements; empty: diag's own, if any */
	struct json_out data_out;
	struct json_out lines_out;
	struct json_out reasons_out;
	char message[400];
	char undo[700];
	int file_fd; /* -1 */
};

void answer_init(struct answer *a);
void answer_free(struct answer *a);
#define auto_answer CLEANUP(answer_free)

void answer_line(struct answer *a, const char *fmt, ...) PRINTF(2, 3);
/* Writes data with json_out_put_*(answer_data(a), ...). */
struct json_out *answer_data(struct answer *a);
/* undo: a command, or NULL. */
void answer_changed(struct answer *a, const char *undo, const char *fmt, ...)
    PRINTF(3, 4);
/* One reason of a refusal: a message of a field table. */
MUST_CHECK int answer_reason(struct answer *a, const struct fields *f,
    const void *in, struct diag *d);
/* The whole reply for result r with reason d. */
MUST_CHECK int answer_encode(struct answer *a, int r, const struct diag *why,
    struct buf *ret, struct diag *d);

#endif
