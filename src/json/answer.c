/* SPDX-License-Identifier: Apache-2.0 */
#include "json/answer.h"

#include <stdarg.h>
#include <stdio.h>

void
answer_init(struct answer *a)
{
	*a = (struct answer){ .lines = BUF_INIT(ANSWER_MAX),
		.data = BUF_INIT(ANSWER_MAX),
		.reasons = BUF_INIT(ANSWER_MAX),
		.file_fd = -1 };
	a->lines_out = json_out_of(&a->lines);
	json_out_begin_array(&a->lines_out);
	a->data_out = json_out_of(&a->data);
	json_out_begin_object(&a->data_out);
	a->reasons_out = json_out_of(&a->reasons);
	json_out_begin_array(&a->reasons_out);
}

void
answer_free(struct answer *a)
{
	buf_free(&a->lines);
	buf_free(&a->data);
	buf_free(&a->reasons);
	close_p(&a->file_fd);
}

void
answer_line(struct answer *a, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_out_string(&a->lines_out, text);
}

struct json_out *
answer_data(struct answer *a)
{
	return &a->data_out;
}

void
answer_changed(struct answer *a, const char *undo, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a->message, sizeof(a->message), fmt, ap);
	va_end(ap);
	(void)snprintf(a->undo, sizeof(a->undo), "%s",
	    undo != NULL ? undo : "");
}

int
answer_reason(struct answer *a, const struct fields *f, const void *in,
    struct diag *d)
{
	return json_out_fields(&a->reasons_out, f, in, d);
}

/* The one reason of a failed call that told none in full. */
static void
put_own_reason(struct answer *a, const struct diag *why)
{
	struct json_out *o = &a->reasons_out;

	json_out_begin_object(o);
	json_out_put_string(o, "code", reason_name(why->reason));
	json_out_put_string(o, "remedy", reason_remedy(why->reason));
	json_out_end_object(o);
}

int
answer_encode(struct answer *a, int r, const struct diag *why, struct buf *ret,
    struct diag *d)
{
	struct json_out o = json_out_of(ret);
	const char *code = r == ERR_OK   ? "ok"
	    : why->reason != REASON_NONE ? reason_name(why->reason)
					 : err_name(r);

	if (r < 0 && why->reason != REASON_NONE && a->reasons.len <= 1)
		put_own_reason(a, why);
	json_out_end_array(&a->reasons_out);
	json_out_end_array(&a->lines_out);
	json_out_end_object(&a->data_out);
	json_out_begin_object(&o);
	json_out_put_bool(&o, "ok", r == ERR_OK);
	json_out_put_string(&o, "code", code);
	json_out_put_string(&o, "message",
	    r == ERR_OK ? a->message : why->text);
	json_out_put_string(&o, "undo", r == ERR_OK ? a->undo : "");
	/* Whole values, each written by its own writer above. */
	(void)buf_put_text(ret, ",\"reasons\":");
	(void)buf_put(ret, buf_bytes(&a->reasons));
	(void)buf_put_text(ret, ",\"lines\":");
	(void)buf_put(ret, buf_bytes(&a->lines));
	(void)buf_put_text(ret, ",\"data\":");
	(void)buf_put(ret, buf_bytes(&a->data));
	json_out_end_object(&o);
	if (!buf_ok(&a->lines) || !buf_ok(&a->data) || !buf_ok(&a->reasons))
		return diag_fail(d, ERR_LIMIT, "the answer is too long");
	return buf_check(ret, "answer", d);
}
