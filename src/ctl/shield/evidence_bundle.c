/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An evidence bundle: its parts, and what they say of each other. The facts
 * are those that an HGS finds, by the same code.
 */
#include <stdio.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/shield/evidence.h"
#include "measure/findings.h"
#include "policy/known.h"
#include "proto/attest.h"
#include "proto/evidence.h"

#define PART_JSON_MAX ((size_t)256 << 10)

static void
put_parts(struct show *s, const struct evidence *e)
{
	reply_line(s->cli, "evidence bundle:");
	for (unsigned i = 1; i < EVIDENCE_PARTS; i++)
		if (e->part[i].p != NULL)
			reply_line(s->cli, "  %-19s %zu bytes",
			    evidence_part_name(i), e->part[i].len);
}

/* The host's own words; the token and the secret are spent. */
static void
put_request(struct show *s, struct bytes in)
{
	struct json_doc *doc = NULL;
	struct attest_request q;
	struct diag why = { 0 };
	char when[TIME_TEXT_SIZE];

	if (json_decode(in, &attest_request_fields, &q, &doc, &why) < 0) {
		reply_line(s->cli, "request: %s", why.text);
		return;
	}
	time_format(q.time, when);
	reply_line(s->cli, "request: version %u, host %.*s, its clock %s",
	    q.version, (int)q.host_name.len,
	    q.host_name.len == 0 ? "" : (const char *)q.host_name.p, when);
	json_doc_free(doc);
}

/* A part that cannot be read is told as such, and the others are shown. */
static void
put_part(struct show *s, const struct evidence *e, enum evidence_part part,
    const char *key,
    int (*show)(struct show *, const char *, struct bytes, struct diag *))
{
	struct diag why = { 0 };

	if (e->part[part].p == NULL)
		return;
	reply_line(s->cli, "-- %s", evidence_part_name(part));
	if (show(s, key, e->part[part], &why) < 0)
		reply_line(s->cli, "  not readable: %s", why.text);
}

static int
show_boot_log(struct show *s, const char *part, struct bytes in, struct diag *d)
{
	auto_window struct window w = window_of(in);

	return show_log(s, part, &w, d);
}

static int
show_ima_log(struct show *s, const char *part, struct bytes in, struct diag *d)
{
	auto_window struct window w = window_of(in);

	return in.len == 0 ? ERR_OK : show_ima(s, part, false, &w, d);
}

static void
put_bind(struct show *s, struct json_out *o, const char *key, const char *where,
    const struct cmdline_bind *b)
{
	char text[64];

	if (!b->bound)
		return;
	(void)snprintf(text, sizeof(text), "%s, event %u of it", where, b->nth);
	show_text(s, o, key, "measured in", bytes_of_text(text));
}

static void
put_cmdline(struct show *s, struct json_out *o, const struct findings *f)
{
	json_out_key(o, "command_line");
	json_out_begin_object(o);
	if (f->cmdline.present)
		show_text(s, o, "text", "command line", f->cmdline_text);
	show_flag(s, o, "bound", "is measured", f->cmdline.bound);
	put_bind(s, o, "load_options", "PCR 9, by the kernel's EFI stub",
	    &f->cmdline.load_options);
	put_bind(s, o, "uki_section", "PCR 11, by systemd-stub",
	    &f->cmdline.uki_section);
	put_bind(s, o, "grub", "PCR 8, by GRUB", &f->cmdline.grub);
	json_out_end_object(o);
}

static void
put_pcr15(struct show *s, struct json_out *o, const struct findings *f)
{
	const struct pcr15_facts *p = &f->pcr15;
	struct bytes lock = BYTES_OF_ARRAY(p->lock_digest);

	json_out_key(o, "pcr15");
	json_out_begin_object(o);
	show_flag(s, o, "recorded", "host key recorded", p->recorded);
	if (p->recorded) {
		show_hex(s, o, "host_key", "host key's name",
		    BYTES_OF_ARRAY(p->hk_name));
		show_hex(s, o, "lock", "kernel lock", lock);
		show_flag(s, o, "lock_known", "lock is known here",
		    digest_is_known(&known_locks, p->lock_digest));
		show_hex(s, o, "ima_policy", "IMA policy",
		    BYTES_OF_ARRAY(p->ima_policy));
		show_flag(s, o, "ima_policy_known", "it is known here",
		    digest_is_known(&known_ima_policies, p->ima_policy));
	}
	show_number(s, o, "events", "events in PCR 15", p->n_events);
	show_hex(s, o, "value", "PCR 15", BYTES_OF_ARRAY(p->value));
	json_out_end_object(o);
}

static void
put_check(struct show *s, struct json_out *o, const char *key, const char *name,
    const struct finding_check *c)
{
	const char *state = c->state == FINDING_GOOD ? "good"
	    : c->state == FINDING_BAD                ? "bad"
						     : "not examined";

	json_out_key(o, key);
	json_out_begin_object(o);
	json_out_put_string(o, "state", state);
	json_out_put_text(o, "text", c->text);
	json_out_end_object(o);
	reply_line(s->cli, "  %-19s %s%s%.*s", name, state,
	    c->text.len > 0 ? ": " : "", (int)c->text.len,
	    c->text.len == 0 ? "" : (const char *)c->text.p);
}

static int
put_findings(struct show *s, const struct evidence *e, struct diag *d)
{
	const struct evidence_parts parts = { e->part[EVIDENCE_BOOT_LOG],
		e->part[EVIDENCE_IMA_LOG], e->part[EVIDENCE_CMDLINE],
		e->part[EVIDENCE_PCR15_RECORDS] };
	auto_free struct findings_store *store = calloc(1, sizeof(*store));
	auto_buf struct buf json = BUF_INIT(PART_JSON_MAX);
	struct json_out o = json_out_of(&json);
	static struct findings f;

	if (store == NULL)
		return diag_nomem(d);
	measure_evidence(&parts, store, &f);
	reply_line(s->cli, "-- what an HGS finds in it");
	json_out_begin_object(&o);
	put_check(s, &o, "log", "boot log", &f.log);
	put_check(s, &o, "structure", "its structure", &f.structure);
	put_check(s, &o, "secure_boot", "PCR 7", &f.secureboot_check);
	put_check(s, &o, "cmdline", "command line", &f.cmdline_check);
	put_check(s, &o, "host_key", "PCR 15", &f.pcr15_check);
	put_cmdline(s, &o, &f);
	put_pcr15(s, &o, &f);
	json_out_end_object(&o);
	return show_data(s, "findings", &json, d);
}

int
show_bundle(struct show *s, struct bytes in, struct diag *d)
{
	struct evidence e;
	int r;

	if ((r = evidence_decode(in, &e, d)) < 0)
		return r;
	put_parts(s, &e);
	put_request(s, e.part[EVIDENCE_REQUEST]);
	put_part(s, &e, EVIDENCE_QUOTE, "quote", show_attest);
	put_part(s, &e, EVIDENCE_QUOTE_SIG, "quote_signature", show_signature);
	put_part(s, &e, EVIDENCE_CERTIFY, "certify", show_attest);
	put_part(s, &e, EVIDENCE_CERTIFY_SIG, "certify_signature",
	    show_signature);
	put_part(s, &e, EVIDENCE_AK, "ak", show_public);
	put_part(s, &e, EVIDENCE_HK, "hk", show_public);
	put_part(s, &e, EVIDENCE_BOOT_LOG, "boot_log", show_boot_log);
	put_part(s, &e, EVIDENCE_IMA_LOG, "ima_log", show_ima_log);
	return put_findings(s, &e, d);
}
