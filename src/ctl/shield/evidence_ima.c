/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IMA list, entry by entry and by what it comes to. Nothing is judged here.
 */
#include "ctl/shield/evidence_ima.h"

#include <string.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/shield/evidence.h"

#define ENTRY_JSON_MAX (8 * IMA_TEMPLATE_DATA_MAX)
#define SHOWN_BUF      256

static const char *
state_of(const struct ima_entry *e)
{
	return e->violation  ? "violation"
	    : e->template_ok ? "ok"
			     : "not of its data";
}

/* File names hold what their makers liked: zero bytes are refused before. */
static void
put_line(struct show *s, const struct ima_entry *e)
{
	char hex[2 * HASH_SIZE_MAX + 1] = "", buf[2 * SHOWN_BUF + 1];
	struct bytes part = e->buf;

	if (e->digest.value.len <= HASH_SIZE_MAX)
		hex_format(e->digest.value, hex);
	reply_line(s->cli, "%6llu PCR %u %.*s, %s: %.*s%s%s %.*s%s",
	    (unsigned long long)e->index, e->pcr, (int)e->template_name.len,
	    (const char *)e->template_name.p, state_of(e),
	    (int)e->digest.alg_name.len,
	    e->digest.alg_name.len == 0 ? ""
					: (const char *)e->digest.alg_name.p,
	    e->digest.alg_name.len == 0 ? "" : ":", hex, (int)e->name.len,
	    e->name.len == 0 ? "" : (const char *)e->name.p,
	    e->sig.len > 0 ? ", signed" : "");
	if (part.len == 0)
		return;
	if (text_printable(part)) {
		reply_line(s->cli, "        %.*s", (int)part.len,
		    (const char *)part.p);
		return;
	}
	if (part.len > SHOWN_BUF)
		part.len = SHOWN_BUF;
	hex_format(part, buf);
	reply_line(s->cli, "        %s%s", buf,
	    e->buf.len > SHOWN_BUF ? "..." : "");
}

static void
put_optional(struct json_out *o, const char *key, struct bytes value)
{
	if (value.len > 0)
		json_out_put_hex(o, key, value);
}

static int
put_entry(struct ima_walk *w, const struct ima_entry *e, uint64_t offset,
    void *arg, struct diag *d)
{
	auto_buf struct buf json = BUF_INIT(ENTRY_JSON_MAX);
	struct json_out o = json_out_of(&json);
	struct show *s = arg;
	int r;

	if (!s->events)
		return ERR_OK;
	put_line(s, e);
	reply_flush(s->cli);
	if (!s->cli->json)
		return ERR_OK;
	json_out_begin_object(&o);
	json_out_put_string(&o, "part", w->part);
	json_out_put_number(&o, "index", e->index);
	json_out_put_number(&o, "offset", offset);
	json_out_put_number(&o, "pcr", e->pcr);
	json_out_put_text(&o, "template", e->template_name);
	json_out_put_hex(&o, "template_digest", e->template_digest);
	json_out_put_string(&o, "state", state_of(e));
	json_out_put_text(&o, "digest_algorithm", e->digest.alg_name);
	json_out_put_hex(&o, "digest", e->digest.value);
	json_out_put_text(&o, "name", e->name);
	put_optional(&o, "signature", e->sig);
	put_optional(&o, "buffer", e->buf);
	put_optional(&o, "appended_signature", e->modsig);
	put_optional(&o, "evm_signature", e->evmsig);
	json_out_end_object(&o);
	if ((r = buf_check(&json, "entry", d)) < 0)
		return r;
	reply_item(s->cli, buf_bytes(&json));
	return ERR_OK;
}

static void
put_counts(struct show *s, struct json_out *o, const struct ima_walk *w)
{
	show_text(s, o, "algorithm", "logged digests",
	    bytes_of_text(hash_name(w->alg)));
	show_number(s, o, "entries", "entries", w->n);
	show_number(s, o, "violations", "violations", w->n_violations);
	show_number(s, o, "wrong_digests", "not of their data", w->n_wrong);
	if (w->n_wrong > 0)
		show_number(s, o, "first_wrong", "first of them",
		    w->first_wrong);
	show_number(s, o, "signed", "with signature", w->n_signed);
	show_number(s, o, "buffers", "keys and data", w->n_buffers);
	show_number(s, o, "other_pcrs", "of other PCRs", w->n_other);
	show_flag(s, o, "boot_aggregate", "boot_aggregate", w->aggregate);
	json_out_key(o, "templates");
	json_out_begin_array(o);
	for (size_t i = 0; i < w->n_templates; i++) {
		json_out_string(o, w->templates[i]);
		reply_line(s->cli, "  %-19s %s", "template", w->templates[i]);
	}
	json_out_end_array(o);
}

int
show_ima(struct show *s, const char *part, bool ascii, struct window *in,
    struct diag *d)
{
	auto_buf struct buf json = BUF_INIT((size_t)1 << 20);
	auto_free struct ima_walk *w = calloc(1, sizeof(*w));
	struct json_out o = json_out_of(&json);
	struct diag ignored = { 0 };
	char hex[2 * HASH_SIZE_MAX + 1];
	int r, shown;

	if (w == NULL)
		return diag_nomem(d);
	w->part = part;
	w->ascii = ascii;
	r = ima_walk(w, in, put_entry, s, d);
	reply_line(s->cli, "IMA list:");
	json_out_begin_object(&o);
	put_counts(s, &o, w);
	json_out_key(&o, "pcr10");
	json_out_begin_object(&o);
	for (unsigned i = 0; i < IMA_BANKS; i++) {
		enum hash_alg bank = (enum hash_alg)i;

		hex_format(bytes_of(w->pcr[i], hash_size(bank)), hex);
		json_out_put_string(&o, hash_name(bank), hex);
		if (s->pcrs)
			reply_line(s->cli, "  %-6s PCR 10  %s", hash_name(bank),
			    hex);
	}
	json_out_end_object(&o);
	json_out_put_bool(&o, "whole", r == ERR_OK);
	json_out_end_object(&o);
	shown = show_data(s, part, &json, r < 0 ? &ignored : d);
	return r < 0 ? r : shown;
}
