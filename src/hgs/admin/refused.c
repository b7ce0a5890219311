/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/admin/refused.h"

#include <stdio.h>

#include "base/text.h"
#include "policy/cure.h"

static void
put_reason(const struct wire_reason *w, const char *head, struct answer *ret)
{
	struct json_out *o = answer_data(ret);
	char where[48] = "";

	if (w->pcr != 255 && w->event != 0xffffffffu)
		(void)snprintf(where, sizeof(where), " (PCR %u, event %u)",
		    w->pcr, w->event);
	else if (w->pcr != 255)
		(void)snprintf(where, sizeof(where), " (PCR %u)", w->pcr);
	answer_line(ret, "%-16s %.*s%s: %.*s", head, (int)w->code.len,
	    (const char *)w->code.p, where, (int)w->text.len,
	    (const char *)w->text.p);
	answer_line(ret, "  remedy:        %.*s", (int)w->remedy.len,
	    (const char *)w->remedy.p);
	json_out_begin_object(o);
	json_out_put_text(o, "code", w->code);
	if (w->pcr != 255)
		json_out_put_number(o, "pcr", w->pcr);
	if (w->event != 0xffffffffu)
		json_out_put_number(o, "event", w->event);
	json_out_put_hex(o, "expected", w->expected);
	json_out_put_hex(o, "got", w->got);
	json_out_put_text(o, "text", w->text);
	json_out_put_text(o, "remedy", w->remedy);
	json_out_end_object(o);
}

int
refused_show(struct bytes error, struct answer *ret, struct diag *d)
{
	auto_free struct wire_error *e = calloc(1, sizeof(*e));
	struct json_out *o = answer_data(ret);
	int r;

	if (e == NULL)
		return diag_nomem(d);
	if ((r = fields_decode(&wire_error_fields, error, e, d)) < 0)
		return r;
	answer_line(ret, "status:          %.*s",
	    (int)e->attestation_status.len,
	    (const char *)e->attestation_status.p);
	json_out_key(o, "sub_status");
	json_out_begin_array(o);
	for (size_t i = 0; i < e->n_sub_status; i++) {
		json_out_text(o, e->sub_status[i].name);
		answer_line(ret, "sub-status:      %.*s",
		    (int)e->sub_status[i].name.len,
		    (const char *)e->sub_status[i].name.p);
	}
	json_out_end_array(o);
	json_out_key(o, "reasons");
	json_out_begin_array(o);
	for (size_t i = 0; i < e->n_reasons; i++)
		put_reason(&e->reasons[i], "reason:", ret);
	json_out_end_array(o);
	return ERR_OK;
}

int
notes_show(struct bytes notes, struct answer *ret, struct diag *d)
{
	auto_free struct wire_notes *n = calloc(1, sizeof(*n));
	struct json_out *o = answer_data(ret);
	int r;

	if (n == NULL)
		return diag_nomem(d);
	if (notes.len != 0 &&
	    (r = fields_decode(&wire_notes_fields, notes, n, d)) < 0)
		return r;
	json_out_key(o, "notes");
	json_out_begin_array(o);
	for (size_t i = 0; i < n->n_notes; i++)
		put_reason(&n->notes[i], "note:", ret);
	json_out_end_array(o);
	return ERR_OK;
}

int
refused_is_baseline_only(struct bytes error, const struct findings *f,
    struct diag *d)
{
	auto_free struct wire_error *e = calloc(1, sizeof(*e));
	int r;

	if (e == NULL)
		return diag_nomem(d);
	if ((r = fields_decode(&wire_error_fields, error, e, d)) < 0)
		return r;
	if (!bytes_equal_text(e->code,
		reason_name(REASON_InsecureHostConfiguration)))
		return diag_refuse(d, REASON_UnauthorizedHost,
		    "the host did not prove who it is");
	if (e->n_sub_status == 0)
		return diag_refuse(d, REASON_InsecureHostConfiguration,
		    "the refusal does not say of what");
	for (size_t i = 0; i < e->n_sub_status; i++) {
		enum reason code = reason_find(e->sub_status[i].name);

		r = baseline_cures(code != REASON_NONE
			? code
			: REASON_InsecureHostConfiguration,
		    f, &known_locks, d);
		if (r < 0)
			return r;
	}
	return ERR_OK;
}
