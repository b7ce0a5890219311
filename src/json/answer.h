/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A daemon's answer to a command of its control socket (ctl/common/remote.h):
 *
 *   {"ok": true, "code": "ok", "message": "...", "undo": "...",
 *    "lines": [...], "reasons": [...], "data": {...}}
 *
 * lines are for people and may hold outside text: whoever prints escapes.
 */
#ifndef JSON_ANSWER_H
#define JSON_ANSWER_H

#include "json/json.h"

#define ANSWER_MAX ((size_t)160 << 10)

struct answer {
	struct buf lines;   /* JSON values, comma separated */
	struct buf reasons; /* JSON objects, comma separated */
	struct buf data;    /* members of an object, comma separated */
	struct json_out data_out;
	char message[512];
	char undo[256];
};

void answer_init(struct answer *a);
void answer_free(struct answer *a);
#define auto_answer CLEANUP(answer_free)

void answer_line(struct answer *a, const char *fmt, ...) PRINTF(2, 3);
/* What changed, and the command that undoes it or NULL. */
void answer_changed(struct answer *a, const char *undo, const char *fmt, ...)
    PRINTF(3, 4);
/* Writer standing inside the data object: put keys and values. */
struct json_out *answer_data(struct answer *a);
/* One reason of a refusal: a message of a field table. */
MUST_CHECK int answer_reason(struct answer *a, const struct fields *f,
    const void *in, struct diag *d);

/*
 * The whole answer for result r with reason `why`: code is the reason's name,
 * or the error's. Appends to ret.
 */
MUST_CHECK int answer_write(const struct answer *a, int r,
    const struct diag *why, struct buf *ret, struct diag *d);

#endif
