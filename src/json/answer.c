/* SPDX-License-Identifier: Apache-2.0 */
#include "json/answer.h"

#include <stdarg.h>
#include <stdio.h>

void
answer_init(struct answer *a)
{
	*a = (struct answer){ .lines = BUF_INIT(ANSWER_MAX),
		.reasons = BUF_INIT(ANSWER_MAX),
		.data = BUF_INIT(ANSWER_MAX) };
	a->data_out = json_out_of(&a->data);
}

void
answer_free(struct answer *a)
{
	buf_free(&a->lines);
	buf_free(&a->reasons);
	buf_free(&a->data);
}

void
answer_line(struct answer *a, const char *fmt, ...)
{
	char line[1024];
	struct json_out o = json_out_of(&a->lines);
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (a->lines.len != 0)
		(void)buf_put_u8(&a->lines, ',');
	json_out_string(&o, line);
}

void
answer_changed(struct answer *a, const char *undo, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a->message, sizeof(a->message), fmt, ap);
	va_end(ap);
	(void)snprintf(a->undo, sizeof(a->undo), "%s",
	    undo == NULL ? "" : undo);
}

struct json_out *
answer_data(struct answer *a)
{
	return &a->data_out;
}

int
answer_reason(struct answer *a, const struct fields *f, const void *in,
    struct diag *d)
{
	if (a->reasons.len != 0)
		(void)buf_put_u8(&a->reasons, ',');
	return json_encode(f, in, &a->reasons, d);
}

/* The one reason that a failed call has, when none was given in full. */
static void
put_reason(struct json_out *o, const struct diag *why)
{
	if (why->reason == REASON_NONE)
		return;
	json_out_begin_object(o);
	json_out_put_string(o, "code", reason_name(why->reason));
	json_out_put_string(o, "text", why->text);
	json_out_put_string(o, "remedy", reason_remedy(why->reason));
	json_out_end_object(o);
}

int
answer_write(const struct answer *a, int r, const struct diag *why,
    struct buf *ret, struct diag *d)
{
	struct json_out o = json_out_of(ret);
	const char *code = r == ERR_OK   ? "ok"
	    : why->reason != REASON_NONE ? reason_name(why->reason)
					 : err_name(r);

	json_out_begin_object(&o);
	json_out_put_bool(&o, "ok", r == ERR_OK);
	json_out_put_string(&o, "code", code);
	json_out_put_string(&o, "message",
	    r == ERR_OK ? a->message : why->text);
	json_out_put_string(&o, "undo", r == ERR_OK ? a->undo : "");
	json_out_key(&o, "reasons");
	json_out_begin_array(&o);
	if (a->reasons.len != 0)
		(void)buf_put(ret, buf_bytes(&a->reasons));
	else if (r < 0)
		put_reason(&o, why);
	json_out_end_array(&o);
	(void)buf_put_text(ret, ",\"lines\":[");
	(void)buf_put(ret, buf_bytes(&a->lines));
	(void)buf_put_text(ret, "],\"data\":{");
	(void)buf_put(ret, buf_bytes(&a->data));
	(void)buf_put_text(ret, "}}");
	if (!buf_ok(&a->lines) || !buf_ok(&a->reasons) || !buf_ok(&a->data))
		return diag_fail(d, ERR_LIMIT, "answer: too long");
	return buf_check(ret, "answer", d);
}
