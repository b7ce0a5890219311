/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct field sub_list[] = {
	FIELD_U16(struct verdict_sub, policy),
	FIELD_U16(struct verdict_sub, reason),
};
static const struct fields sub_fields =
    FIELDS(struct verdict_sub, "verdict_sub", sub_list);

static const struct field reason_list[] = {
	FIELD_U16(struct verdict_reason, code),
	FIELD_U16(struct verdict_reason, policy),
	FIELD_U8(struct verdict_reason, pcr),
	FIELD_U32(struct verdict_reason, event),
	FIELD_BOOL(struct verdict_reason, digests),
	FIELD_FIXED(struct verdict_reason, expected),
	FIELD_FIXED(struct verdict_reason, got),
	FIELD_TEXT(struct verdict_reason, text, VERDICT_TEXT_MAX),
};
static const struct fields reason_fields =
    FIELDS(struct verdict_reason, "verdict_reason", reason_list);

static const struct field verdict_list[] = {
	FIELD_U8(struct verdict, status),
	FIELD_LIST(struct verdict, sub, n_sub, &sub_fields),
	FIELD_LIST(struct verdict, reasons, n_reasons, &reason_fields),
	FIELD_LIST(struct verdict, notes, n_notes, &reason_fields),
	FIELD_BOOL(struct verdict, matched),
	FIELD_NAME(struct verdict, baseline),
	FIELD_BOOL(struct verdict, ci_judged),
	FIELD_NAME(struct verdict, ci),
};
const struct fields verdict_fields =
    FIELDS(struct verdict, "verdict", verdict_list);

const char *
verdict_status_name(const struct verdict *v)
{
	return v->status == VERDICT_PASSED ? "Passed"
					   : "InsecureHostConfiguration";
}

static struct bytes
keep(char *to, size_t size, struct bytes in)
{
	size_t n = in.len < size ? in.len : size;

	if (n > 0)
		memmove(to, in.p, n);
	return bytes_of(to, n);
}

void
verdict_copy(const struct verdict *in, struct verdict *ret)
{
	*ret = *in;
	for (size_t i = 0; i < ret->n_reasons; i++)
		ret->reasons[i].text =
		    keep(ret->texts[i], VERDICT_TEXT_MAX, in->reasons[i].text);
	for (size_t i = 0; i < ret->n_notes; i++)
		ret->notes[i].text = keep(ret->note_texts[i], VERDICT_TEXT_MAX,
		    in->notes[i].text);
	ret->ci = keep(ret->ci_name, VERDICT_NAME_MAX, in->ci);
	ret->baseline = keep(ret->name, VERDICT_NAME_MAX, in->baseline);
}

static struct verdict_reason make_reason(char *text, enum reason code,
    uint16_t policy, const char *fmt, va_list ap) PRINTF(4, 0);

static struct verdict_reason
make_reason(char *text, enum reason code, uint16_t policy, const char *fmt,
    va_list ap)
{
	(void)vsnprintf(text, VERDICT_TEXT_MAX, fmt, ap);
	return (struct verdict_reason){
		.code = (uint16_t)code,
		.policy = policy,
		.pcr = VERDICT_NO_PCR,
		.event = VERDICT_NO_EVENT,
		.text = bytes_of_text(text),
	};
}

struct verdict_reason *
verdict_add(struct verdict *v, enum reason code, uint16_t policy,
    const char *fmt, ...)
{
	va_list ap;
	size_t i;

	if (v->n_reasons < VERDICT_REASONS_MAX)
		v->n_reasons++;
	i = v->n_reasons - 1;
	va_start(ap, fmt);
	v->reasons[i] = make_reason(v->texts[i], code, policy, fmt, ap);
	va_end(ap);
	return &v->reasons[i];
}

struct verdict_reason *
verdict_note(struct verdict *v, enum reason code, uint16_t policy,
    const char *fmt, ...)
{
	va_list ap;
	size_t i;

	if (v->n_notes < VERDICT_NOTES_MAX)
		v->n_notes++;
	i = v->n_notes - 1;
	va_start(ap, fmt);
	v->notes[i] = make_reason(v->note_texts[i], code, policy, fmt, ap);
	va_end(ap);
	return &v->notes[i];
}
