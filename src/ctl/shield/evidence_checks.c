/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/evidence_checks.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "policy/builtin.h"

#define TEXT_MAX 400

enum state { STATE_GOOD, STATE_BAD, STATE_OPEN, STATE_NOTE };

static const struct {
	const char *mark;
	const char *name;
} states[] = {
	[STATE_GOOD] = { "ok", "ok" },
	[STATE_BAD] = { "NO", "no" },
	[STATE_OPEN] = { "--", "not checked" },
	[STATE_NOTE] = { "  ", "note" },
};

void
checks_start(struct checks *c, struct cli *cli)
{
	*c = (struct checks){ .cli = cli, .list = json_array() };
}

void
checks_drop(struct checks *c)
{
	json_decref(c->list);
	c->list = NULL;
}

/* Texts may hold words of the file; JSON takes them escaped. */
static json_t *
text_json(const char *text)
{
	json_t *v = json_string(text);
	char shown[TEXT_MAX * 4];

	if (v != NULL)
		return v;
	text_escape(bytes_of_text(text), shown, sizeof(shown));
	return json_string(shown);
}

static void
put(struct checks *c, enum state state, const char *what, const char *text)
{
	if (state == STATE_GOOD)
		c->n_good++;
	else if (state == STATE_BAD)
		c->n_bad++;
	else if (state == STATE_OPEN)
		c->n_open++;
	reply_line(c->cli, "%s  %-21s %s", states[state].mark, what, text);
	(void)json_array_append_new(c->list,
	    json_pack("{s:s, s:s, s:o}", "check", what, "state",
		states[state].name, "text", text_json(text)));
}

static void
put_detail(struct checks *c, json_t *reason, const char *key, const char *text)
{
	if (text[0] == '\0')
		return;
	reply_line(c->cli, "      %-9s %s", key, text);
	(void)json_object_set_new(reason, key, text_json(text));
}

static void
put_digest(struct checks *c, json_t *reason, const char *key, struct bytes v)
{
	char hex[2 * HASH_SIZE_MAX + 1];

	if (v.len == 0 || v.len > HASH_SIZE_MAX)
		return;
	hex_format(v, hex);
	put_detail(c, reason, key, hex);
}

/* Everything there is to one reason, beneath its check's line. */
static json_t *
start_reason(struct checks *c, enum reason code, const char *text)
{
	json_t *reason = json_object();

	if (c->first == REASON_NONE)
		c->first = code;
	put_detail(c, reason, "code", reason_name(code));
	(void)json_object_set_new(reason, "text", text_json(text));
	return reason;
}

static void
put_number(struct checks *c, json_t *reason, const char *key, uint64_t v)
{
	reply_line(c->cli, "      %-9s %llu", key, (unsigned long long)v);
	(void)json_object_set_new(reason, key, json_integer((json_int_t)v));
}

static void
end_reason(struct checks *c, json_t *reason, enum reason code)
{
	put_detail(c, reason, "remedy", reason_remedy(code));
	/* In text they stand with their checks: once is enough. */
	if (c->cli->json)
		reply_reason(c->cli, reason);
	else
		json_decref(reason);
}

void
checks_good(struct checks *c, const char *what, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(c, STATE_GOOD, what, text);
}

void
checks_open(struct checks *c, const char *what, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(c, STATE_OPEN, what, text);
}

void
checks_bad(struct checks *c, const char *what, enum reason code,
    const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(c, STATE_BAD, what, text);
	end_reason(c, start_reason(c, code, text), code);
}

void
checks_differ(struct checks *c, const char *what, enum reason code, int pcr,
    struct bytes expected, struct bytes got)
{
	json_t *reason;

	put(c, STATE_BAD, what, "another value");
	reason = start_reason(c, code, what);
	if (pcr >= 0)
		put_number(c, reason, "pcr", (uint64_t)pcr);
	put_digest(c, reason, "expected", expected);
	put_digest(c, reason, "got", got);
	end_reason(c, reason, code);
}

static void
put_verdict_reason(struct checks *c, const struct verdict_reason *r)
{
	char text[VERDICT_TEXT_MAX + 1];
	json_t *reason;

	(void)snprintf(text, sizeof(text), "%.*s", (int)r->text.len,
	    r->text.len == 0 ? "" : (const char *)r->text.p);
	reply_line(c->cli, "      %s", text);
	reason = start_reason(c, (enum reason)r->code, text);
	if (r->pcr != VERDICT_NO_PCR)
		put_number(c, reason, "pcr", r->pcr);
	if (r->event != VERDICT_NO_EVENT)
		put_number(c, reason, "event", r->event);
	if (r->digests) {
		put_digest(c, reason, "expected", BYTES_OF_ARRAY(r->expected));
		put_digest(c, reason, "got", BYTES_OF_ARRAY(r->got));
	}
	end_reason(c, reason, (enum reason)r->code);
}

bool
checks_policy(struct checks *c, const struct verdict *v,
    const struct verdict_sub *sub)
{
	const struct builtin *b = builtin_get((enum policy)sub->policy);

	if (sub->reason == REASON_NONE) {
		put(c, STATE_GOOD, b->name, b->meaning);
		return true;
	}
	put(c, STATE_BAD, b->name, reason_meaning((enum reason)sub->reason));
	for (size_t i = 0; i < v->n_reasons; i++)
		if (v->reasons[i].policy == sub->policy)
			put_verdict_reason(c, &v->reasons[i]);
	return false;
}

void
checks_other(struct checks *c, const struct verdict *v, const char *what)
{
	for (size_t i = 0; i < v->n_reasons; i++) {
		const struct verdict_reason *r = &v->reasons[i];

		if (r->policy < POLICY_COUNT)
			continue;
		put(c, STATE_BAD, what, reason_meaning((enum reason)r->code));
		put_verdict_reason(c, r);
	}
}

void
checks_notes(struct checks *c, const struct verdict *v)
{
	char text[VERDICT_TEXT_MAX + 1];

	for (size_t i = 0; i < v->n_notes; i++) {
		const struct verdict_reason *r = &v->notes[i];

		(void)snprintf(text, sizeof(text), "%.*s", (int)r->text.len,
		    r->text.len == 0 ? "" : (const char *)r->text.p);
		put(c, STATE_NOTE, reason_name((enum reason)r->code), text);
	}
}

int
checks_end(struct checks *c, const char *as, struct diag *d)
{
	reply_data(c->cli, "checks", c->list);
	c->list = NULL;
	reply_data_number(c->cli, "not_checked", c->n_open);
	if (c->n_bad == 0 && c->n_good > 0) {
		reply_changed(c->cli, NULL, "%s: %zu checks, %zu not made", as,
		    c->n_good, c->n_open);
		return ERR_OK;
	}
	if (c->n_bad == 0)
		return diag_refuse(d, REASON_InsecureHostConfiguration,
		    "%s: nothing could be checked", as);
	return diag_refuse(d,
	    c->first != REASON_NONE ? c->first
				    : REASON_InsecureHostConfiguration,
	    "%s: no: %zu of %zu checks", as, c->n_bad, c->n_bad + c->n_good);
}
