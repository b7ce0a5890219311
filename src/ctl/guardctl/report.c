/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/report.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "ctl/common/reply.h"

static void
add(struct report *r, const char *check, const char *state, const char *text,
    const char *remedy)
{
	json_t *o = json_object();
	char shown[2 * DIAG_TEXT_MAX];

	/* Strings from outside may be no UTF-8; those of JSON must be. */
	text_escape(bytes_of_text(text), shown, sizeof(shown));
	(void)json_object_set_new(o, "check", json_string(check));
	(void)json_object_set_new(o, "state", json_string(state));
	(void)json_object_set_new(o, "text", json_string(shown));
	if (remedy[0] != '\0')
		(void)json_object_set_new(o, "remedy", json_string(remedy));
	if (r->list == NULL)
		r->list = json_array();
	(void)json_array_append_new(r->list, o);
	reply_line(r->cli, "%-7s %-14s %s", state, check, text);
	if (remedy[0] != '\0')
		reply_line(r->cli, "%-7s %-14s remedy: %s", "", "", remedy);
}

void
report_ok(struct report *r, const char *check, const char *fmt, ...)
{
	char text[DIAG_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->n_ok++;
	add(r, check, "ok", text, "");
}

void
report_note(struct report *r, const char *check, const char *fmt, ...)
{
	char text[DIAG_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(r, check, "note", text, "");
}

void
report_diag(struct report *r, const char *check, const struct diag *why,
    const char *remedy)
{
	char shown[2 * DIAG_TEXT_MAX];
	json_t *o = json_object();

	if (remedy == NULL)
		remedy = reason_remedy(why->reason);
	text_escape(bytes_of_text(why->text), shown, sizeof(shown));
	if (r->n_failed++ == 0)
		r->first = *why;
	(void)json_object_set_new(o, "check", json_string(check));
	if (why->reason != REASON_NONE)
		(void)json_object_set_new(o, "code",
		    json_string(reason_name(why->reason)));
	(void)json_object_set_new(o, "text", json_string(shown));
	(void)json_object_set_new(o, "remedy", json_string(remedy));
	/* As text it stands among the lines already. */
	if (r->cli->json)
		reply_reason(r->cli, o);
	else
		json_decref(o);
	add(r, check, "failed", why->text, remedy);
}

void
report_failed(struct report *r, const char *check, enum reason reason,
    const char *remedy, const char *fmt, ...)
{
	struct diag why = { .reason = reason };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why.text, sizeof(why.text), fmt, ap);
	va_end(ap);
	report_diag(r, check, &why, remedy);
}

/* Of the check that was added last. */
static void
set_last(struct report *r, const char *key, const char *value)
{
	char shown[2 * DIAG_TEXT_MAX];
	json_t *o = json_array_get(r->list, json_array_size(r->list) - 1);

	text_escape(bytes_of_text(value), shown, sizeof(shown));
	(void)json_object_set_new(o, key, json_string(shown));
}

void
report_compare(struct report *r, const char *check, bool good, const char *have,
    const char *want, const char *remedy)
{
	const char *shown = have[0] != '\0' ? have : "none";

	if (good)
		report_ok(r, check, "%s", shown);
	else
		report_failed(r, check, REASON_NONE, remedy, "%s; wanted: %s",
		    shown, want);
	set_last(r, "have", shown);
	set_last(r, "want", want);
}

int
report_end(struct report *r, struct diag *d)
{
	reply_data(r->cli, "checks", r->list);
	r->list = NULL;
	if (r->n_failed == 0)
		return ERR_OK;
	return diag_refuse(d, r->first.reason,
	    "%u of %u checks failed, "
	    "first: %s",
	    r->n_failed, r->n_failed + r->n_ok, r->first.text);
}
