/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A boot log, event by event and by what it comes to: any bank, any age, any
 * length. Nothing is judged here.
 */
#include "ctl/shield/evidence_log.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/shield/evidence.h"
#include "ctl/shield/evidence_facts.h"
#include "measure/event.h"

#define EVENT_JSON_MAX ((size_t)64 << 10)

static void
put_digests(struct show *s, struct json_out *o, const struct log_walk *w,
    const struct tcg_event *e)
{
	char hex[2 * HASH_SIZE_MAX + 1], name[REPLAY_BANK_NAME_SIZE];

	json_out_key(o, "digests");
	json_out_begin_object(o);
	for (size_t i = 0; i < e->n_digests; i++) {
		const struct replay_bank *bank =
		    replay_banks_find(&w->banks, e->digests[i].alg);
		struct bytes digest = e->digests[i].digest;

		if (bank == NULL || digest.len > HASH_SIZE_MAX)
			continue;
		replay_bank_name(bank, name);
		hex_format(digest, hex);
		json_out_put_string(o, name, hex);
		reply_line(s->cli, "        %-6s %s", name, hex);
	}
	json_out_end_object(o);
}

/*
 * A line is escaped when it is printed, and the event's text is already: what
 * was escaped once is put back, so that it is not told twice.
 */
static int
put_event_text(struct show *s, struct bytes text, struct diag *d)
{
	auto_buf struct buf line = BUF_INIT(4 * EVENT_TEXT_MAX);
	uint8_t byte;

	for (size_t i = 0; i < text.len; i++) {
		byte = text.p[i];
		if (byte == '\\' && text.len - i >= 4 && text.p[i + 1] == 'x' &&
		    hex_decode_fixed(bytes_of(text.p + i + 2, 2), &byte, 1,
			NULL) == ERR_OK)
			i += 3;
		(void)buf_put_u8(&line, byte == 0 ? '?' : byte);
	}
	if (!buf_ok(&line))
		return diag_nomem(d);
	if (line.len > 0)
		reply_line(s->cli, "        %.*s", (int)line.len,
		    (const char *)line.p);
	return ERR_OK;
}

static const char *
digest_words(const struct tcg_event *e, const struct log_event *more)
{
	return e->type == EV_NO_ACTION ? "not extended"
				       : event_digest_name(more->of);
}

/* One event in both forms; the digests are shown as they are logged. */
static int
put_event(struct show *s, const struct log_walk *w, const struct tcg_event *e,
    const struct log_event *more, struct diag *d)
{
	auto_buf struct buf json = BUF_INIT(EVENT_JSON_MAX);
	struct json_out o = json_out_of(&json);
	char type[24], where[TCGLOG_REGISTER_SIZE];
	const char *name = tcg_event_type_name(e->type, type, sizeof(type));
	int r;

	tcglog_register_name(&w->log, e->pcr, where);
	reply_line(s->cli, "%5u %s %s, %zu bytes, digest %s%s%s", e->index,
	    where, name, e->data.len, digest_words(e, more),
	    more->part[0] != '\0' ? ": " : "", more->part);
	if ((r = put_event_text(s, more->text, d)) < 0)
		return r;
	json_out_begin_object(&o);
	json_out_put_string(&o, "part", w->part);
	json_out_put_number(&o, "index", e->index);
	json_out_put_number(&o, "offset", e->offset);
	json_out_put_number(&o, "pcr", e->pcr);
	json_out_put_string(&o, "where", where);
	json_out_put_string(&o, "type", name);
	json_out_put_number(&o, "size", e->data.len);
	json_out_put_string(&o, "digest", digest_words(e, more));
	json_out_put_string(&o, "digest_part", more->part);
	json_out_put_text(&o, "text", more->text);
	put_digests(s, &o, w, e);
	json_out_end_object(&o);
	if ((r = buf_check(&json, "event", d)) < 0)
		return r;
	reply_item(s->cli, buf_bytes(&json));
	reply_flush(s->cli);
	return ERR_OK;
}

static int
on_event(struct log_walk *w, const struct tcg_event *e,
    const struct log_event *more, void *arg, struct diag *d)
{
	struct show *s = arg;

	return s->events ? put_event(s, w, e, more, d) : ERR_OK;
}

static void
put_form(struct show *s, struct json_out *o, const struct log_walk *w)
{
	const char *form = w->log.legacy ? "SHA-1 alone, the old form"
	    : w->log.registers           ? "crypto-agile, of registers"
					 : "crypto-agile";
	char name[REPLAY_BANK_NAME_SIZE], banks[TCGLOG_ALGS_MAX * 12] = "";

	show_text(s, o, "form", "form", bytes_of_text(form));
	json_out_key(o, "banks");
	json_out_begin_array(o);
	for (size_t i = 0; i < w->banks.n; i++) {
		size_t n = strlen(banks);

		replay_bank_name(&w->banks.bank[i], name);
		json_out_string(o, name);
		(void)snprintf(banks + n, sizeof(banks) - n, "%s%s",
		    i > 0 ? ", " : "", name);
	}
	json_out_end_array(o);
	reply_line(s->cli, "  %-19s %s", "banks", banks);
	show_number(s, o, "events", "events", w->n_events);
	show_number(s, o, "wrong_digests", "not of their data", w->n_wrong);
	if (w->banks.has_locality || w->banks.hcrtm)
		show_number(s, o, "locality", "startup locality",
		    w->banks.locality);
	if (w->banks.launched)
		show_flag(s, o, "dynamic_launch", "dynamic launch", true);
}

static void
put_problems(struct show *s, struct json_out *o, const char *key,
    const char *name, const struct log_problems *p)
{
	json_out_key(o, key);
	json_out_begin_array(o);
	for (size_t i = 0; i < p->n && i < LOG_PROBLEMS_MAX; i++) {
		json_out_string(o, p->text[i]);
		reply_line(s->cli, "  %-19s %s", name, p->text[i]);
	}
	json_out_end_array(o);
	if (p->n > LOG_PROBLEMS_MAX)
		reply_line(s->cli, "  %-19s and %zu more", name,
		    p->n - LOG_PROBLEMS_MAX);
}

static void
put_pcrs(struct show *s, struct json_out *o, const struct log_walk *w)
{
	char name[REPLAY_BANK_NAME_SIZE], hex[2 * HASH_SIZE_MAX + 1], key[8];
	char where[TCGLOG_REGISTER_SIZE];

	json_out_key(o, "pcrs");
	json_out_begin_object(o);
	for (size_t i = 0; i < w->banks.n; i++) {
		const struct replay_bank *bank = &w->banks.bank[i];

		if (!bank->known)
			continue;
		replay_bank_name(bank, name);
		json_out_key(o, name);
		json_out_begin_object(o);
		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
			if ((bank->extended >> pcr & 1) == 0)
				continue;
			(void)snprintf(key, sizeof(key), "%u", pcr);
			hex_format(replay_bank_value(bank, pcr), hex);
			json_out_put_string(o, key, hex);
			tcglog_register_name(&w->log, pcr, where);
			if (s->pcrs)
				reply_line(s->cli, "  %-6s %-7s %s", name,
				    where, hex);
		}
		json_out_end_object(o);
	}
	json_out_end_object(o);
}

int
show_log(struct show *s, const char *part, struct window *in, struct diag *d)
{
	auto_free struct log_walk *w = calloc(1, sizeof(*w));
	auto_buf struct buf json = BUF_INIT((size_t)1 << 20);
	struct json_out o = json_out_of(&json);
	struct diag ignored = { 0 };
	int r, shown;

	if (w == NULL)
		return diag_nomem(d);
	w->part = part;
	w->texts = s->events;
	r = log_walk(w, in, on_event, s, d);
	if (w->log.n_algs == 0)
		return r; /* no header: nothing to tell */
	reply_line(s->cli, "boot log:");
	json_out_begin_object(&o);
	put_form(s, &o, w);
	put_facts(s, &o, &w->facts);
	put_problems(s, &o, "problems", "problem", &w->problems);
	put_problems(s, &o, "broken_rules", "broken rule", &w->broken);
	put_pcrs(s, &o, w);
	json_out_put_bool(&o, "whole", r == ERR_OK);
	json_out_end_object(&o);
	shown = show_data(s, part, &json, r < 0 ? &ignored : d);
	return r < 0 ? r : shown;
}
