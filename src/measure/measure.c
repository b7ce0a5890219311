/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From hostile bytes to findings: each part is read as far as it can be, and
 * what is wrong with it becomes a finding, never a failure of this function.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "measure/efi.h"
#include "measure/findings.h"

#define CALLING   "Calling EFI Application from Boot Option"
#define RETURNING "Returning from EFI Application from Boot Option"
#define EXITED    "Exit Boot Services Returned with Success"

static const uint8_t sep_zero[4] = { 0 };
static const uint8_t sep_ones[4] = { 0xff, 0xff, 0xff, 0xff };

/* Everything that is gathered in the one walk over the log. */
struct walk {
	struct findings *f;
	struct buf events;
	struct replay replay;
	struct secureboot_reader secureboot;
	struct cmdline_matcher cmdline;
	uint8_t n_separators[8];
	bool has_exited; /* the firmware gave up control */
	/* SHA-256 of known data */
	uint8_t zero[SHA256_SIZE];
	uint8_t ones[SHA256_SIZE];
	uint8_t calling[SHA256_SIZE];
	uint8_t returning[SHA256_SIZE];
	uint8_t exited[SHA256_SIZE];
};

enum text_slot {
	TEXT_LOG,
	TEXT_STRUCTURE,
	TEXT_SECUREBOOT,
	TEXT_PCR15,
	TEXT_CMDLINE
};

/* The first reason stays: later ones follow from it. */
static void
set_bad(struct finding_check *c, struct findings_store *store,
    enum text_slot slot, const char *text)
{
	char *to = store->text[slot];

	if (c->state == FINDING_BAD)
		return;
	text_escape(bytes_of_text(text), to, FINDINGS_TEXT_MAX);
	c->state = FINDING_BAD;
	c->text = bytes_of(to, strlen(to));
}

static size_t
copy_plain(struct bytes in, size_t step, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len && n < FINDINGS_LABEL_MAX; i += step) {
		uint8_t c = in.p[i];

		if (c == '\0')
			break;
		ret[n++] = c >= 0x20 && c <= 0x7e ? (char)c : '?';
	}
	return n;
}

/* For people only: nothing is judged by it. */
static size_t
make_label(const struct tcg_event *e, char ret[static FINDINGS_LABEL_MAX + 1])
{
	struct efi_variable v;

	if (e->type == EV_SEPARATOR)
		return copy_plain(bytes_of_text("separator"), 1, ret);
	if (e->type == EV_EVENT_TAG)
		return copy_plain(efi_tag_text(e->data), 1, ret);
	if (e->type == EV_EFI_ACTION)
		return copy_plain(e->data, 1, ret);
	if (e->type == EV_IPL)
		return copy_plain(e->data,
		    e->data.len > 1 && e->data.p[1] == '\0' ? 2 : 1, ret);
	if (efi_variable_parse(e->data, &v, NULL) == ERR_OK) {
		efi_variable_name(&v, ret, FINDINGS_LABEL_MAX + 1);
		return strlen(ret);
	}
	return 0;
}

static int
keep_event(struct walk *w, const struct tcg_event *e, struct diag *d)
{
	struct finding_event out = { .type = e->type };
	char label[FINDINGS_LABEL_MAX + 1];
	size_t left, needed;

	if (w->f->n_events >= FINDINGS_EVENTS_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "boot log: over %d events extend PCRs",
		    FINDINGS_EVENTS_MAX);
	out.pcr = (uint8_t)e->pcr;
	memcpy(out.digest, tcg_event_digest(e, TPM_ALG_SHA256).p, SHA256_SIZE);
	if (e->hashed)
		out.flags = FINDING_EVENT_HASHED;

	/* Labels give way when a long log needs the room for digests. */
	out.label = bytes_of(label, make_label(e, label));
	left = FINDINGS_EVENTS_SIZE_MAX - w->events.len;
	needed = (FINDINGS_EVENTS_MAX - w->f->n_events) * (size_t)39;
	if (left < needed + out.label.len)
		out.label.len = 0;
	if (!finding_event_put(&w->events, &out))
		return diag_fail(d, ERR_NOMEM, "boot log: out of memory");
	w->f->n_events++;
	return ERR_OK;
}

/* 3.3.4.1 and others: PCR 0-7 have one separator each, and know it is one. */
static int
structure_event(struct walk *w, const struct tcg_event *e, struct diag *d)
{
	struct bytes digest = tcg_event_digest(e, TPM_ALG_SHA256);
	bool separates = bytes_equal(digest, BYTES_OF_ARRAY(w->zero)) ||
	    bytes_equal(digest, BYTES_OF_ARRAY(w->ones));

	if (e->pcr == 4 && bytes_equal(digest, BYTES_OF_ARRAY(w->calling)))
		w->f->boot_attempts++;
	if (e->pcr == 4 && bytes_equal(digest, BYTES_OF_ARRAY(w->returning)))
		w->f->boot_returns++;
	if (e->pcr > 7)
		return ERR_OK;
	if (e->type == EV_SEPARATOR && !separates)
		return diag_fail(d, ERR_REFUSED, "PCR %u: event %u: %s", e->pcr,
		    e->index,
		    efi_separator(e->data) == EFI_SEPARATOR_ERROR
			? "the separator tells an error"
			: "a separator with another digest");
	/* In PCR 0 the root of trust may measure four zeros of its own. */
	if (e->type != EV_SEPARATOR && separates && e->pcr != 0)
		return diag_fail(d, ERR_REFUSED,
		    "PCR %u: event %u: separator of another type", e->pcr,
		    e->index);
	if (e->type != EV_SEPARATOR)
		return ERR_OK;
	if (!bytes_equal(e->data, BYTES_OF_ARRAY(sep_zero)) &&
	    !bytes_equal(e->data, BYTES_OF_ARRAY(sep_ones)))
		return diag_fail(d, ERR_REFUSED,
		    "PCR %u: event %u: separator's data are not what was "
		    "measured",
		    e->pcr, e->index);
	if (w->n_separators[e->pcr]++ != 0)
		return diag_fail(d, ERR_REFUSED,
		    "PCR %u: event %u: a second separator", e->pcr, e->index);
	return ERR_OK;
}

/* 8.2.4: then nobody is left who may extend PCR 0-7. */
static int
order_event(struct walk *w, const struct tcg_event *e, struct diag *d)
{
	if (e->pcr > 7)
		return ERR_OK;
	if (w->has_exited)
		return diag_fail(d, ERR_REFUSED,
		    "PCR %u: event %u: after boot services were left", e->pcr,
		    e->index);
	w->has_exited = e->pcr == 5 &&
	    bytes_equal(tcg_event_digest(e, TPM_ALG_SHA256),
		BYTES_OF_ARRAY(w->exited));
	return ERR_OK;
}

/*
 * An event that was extended and is told as one that was not. A replay shows
 * that too; this names the event. Windows tells a key under no PCR's index.
 */
static int
no_action_event(const struct tcg_event *e, struct diag *d)
{
	if (e->pcr < PCR_COUNT &&
	    !bytes_all_zero(tcg_event_digest(e, TPM_ALG_SHA256)))
		return diag_fail(d, ERR_REFUSED,
		    "PCR %u: event %u: a digest in an event that extends "
		    "nothing",
		    e->pcr, e->index);
	return ERR_OK;
}

static void
structure_end(struct walk *w, struct findings_store *store)
{
	char text[64];

	for (unsigned i = 0; i < ARRAY_LEN(w->n_separators); i++) {
		if (w->n_separators[i] != 0)
			continue;
		(void)snprintf(text, sizeof(text), "PCR %u: no separator", i);
		set_bad(&w->f->structure, store, TEXT_STRUCTURE, text);
	}
	if (w->f->structure.state == FINDING_NONE)
		w->f->structure.state = FINDING_GOOD;
}

static int
walk_event(struct walk *w, struct tcg_event *e, struct findings_store *store,
    struct diag *d)
{
	struct findings *f = w->f;
	struct diag why = { 0 };
	int err;

	if ((err = replay_check(&w->replay, e, d)) < 0)
		return err;
	if (e->type == EV_NO_ACTION) {
		if (no_action_event(e, &why) < 0)
			set_bad(&f->structure, store, TEXT_STRUCTURE, why.text);
		return ERR_OK;
	}
	if (e->pcr == PCR_HOST_KEY)
		return diag_fail(d, ERR_REFUSED,
		    "boot log: event %u extends PCR %d", e->index,
		    PCR_HOST_KEY);
	tcg_event_hash(e);
	if ((err = keep_event(w, e, d)) < 0)
		return err;
	if (structure_event(w, e, &why) < 0 || order_event(w, e, &why) < 0)
		set_bad(&f->structure, store, TEXT_STRUCTURE, why.text);
	if (secureboot_event(&w->secureboot, e, &why) < 0)
		set_bad(&f->secureboot_check, store, TEXT_SECUREBOOT, why.text);
	if (f->bad_index == UINT32_MAX &&
	    (f->structure.state == FINDING_BAD ||
		f->secureboot_check.state == FINDING_BAD)) {
		f->bad_index = e->index;
		f->bad_offset = e->offset;
	}
	cmdline_matcher_event(&w->cmdline, e);
	return ERR_OK;
}

static int
walk_log(struct walk *w, struct bytes in, struct findings_store *store,
    struct diag *d)
{
	struct tcglog_iter it;
	struct tcglog log;
	struct tcg_event e;
	int err;

	w->f->bad_index = 0;
	w->f->bad_offset = 0;
	if ((err = tcglog_open(in, &log, d)) < 0)
		return err;
	if (log.legacy)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "boot log: the old form with SHA-1 alone is no evidence");
	if (!tcglog_has_bank(&log, TPM_ALG_SHA256))
		return diag_fail(d, ERR_UNSUPPORTED,
		    "boot log: no SHA-256 bank");
	w->f->bad_index = UINT32_MAX;
	it = tcglog_iter(&log);
	while ((err = tcglog_next(&it, &e, d)) == ERR_OK) {
		if ((err = walk_event(w, &e, store, d)) < 0) {
			w->f->bad_index = e.index;
			w->f->bad_offset = e.offset;
			return err;
		}
	}
	if (err != ERR_NOT_FOUND) {
		w->f->bad_index = it.next;
		w->f->bad_offset = it.r.off;
		return err;
	}
	if (w->replay.extended == 0)
		return diag_fail(d, ERR_REFUSED,
		    "boot log: no event extends a PCR");
	return ERR_OK;
}

static void
start_walk(struct walk *w, struct findings *f, struct findings_store *store)
{
	*w = (struct walk){ .f = f };
	/* A fixed place, filled by hand: this directory does not allocate. */
	w->events = (struct buf){ .p = store->events,
		.size = FINDINGS_EVENTS_SIZE_MAX,
		.max = FINDINGS_EVENTS_SIZE_MAX };
	replay_start(&w->replay);
	sha256(BYTES_OF_ARRAY(sep_zero), w->zero);
	sha256(BYTES_OF_ARRAY(sep_ones), w->ones);
	sha256(bytes_of_text(CALLING), w->calling);
	sha256(bytes_of_text(RETURNING), w->returning);
	sha256(bytes_of_text(EXITED), w->exited);
}

static void
measure_log(const struct evidence_parts *in, struct findings_store *store,
    struct findings *f)
{
	struct diag d = { 0 };
	struct walk w;

	start_walk(&w, f, store);
	if (f->cmdline.present)
		cmdline_matcher_start(&w.cmdline, f->cmdline_text);
	if (in->boot_log.p == NULL) {
		set_bad(&f->log, store, TEXT_LOG, "boot log: absent");
		return;
	}
	if (walk_log(&w, in->boot_log, store, &d) < 0) {
		set_bad(&f->log, store, TEXT_LOG, d.text);
		f->structure = (struct finding_check){ 0 };
		f->secureboot_check = (struct finding_check){ 0 };
		f->n_events = 0;
		f->boot_attempts = f->boot_returns = 0;
		return;
	}
	f->log.state = FINDING_GOOD;
	f->locality = w.replay.locality;
	f->events = buf_bytes(&w.events);
	structure_end(&w, store);
	if (secureboot_end(&w.secureboot, &f->secureboot, &d) < 0)
		set_bad(&f->secureboot_check, store, TEXT_SECUREBOOT, d.text);
	else
		f->secureboot_check.state = FINDING_GOOD;
	if (f->cmdline.present)
		f->cmdline = w.cmdline.facts;
}

static void
measure_cmdline_text(const struct evidence_parts *in,
    struct findings_store *store, struct findings *f)
{
	struct diag d = { 0 };

	if (in->command_line.p == NULL)
		return;
	if (cmdline_text(in->command_line, &f->cmdline_text, &d) < 0) {
		set_bad(&f->cmdline_check, store, TEXT_CMDLINE, d.text);
		return;
	}
	f->cmdline.present = true;
	sha256(f->cmdline_text, f->cmdline.digest);
}

void
measure_parts(const struct evidence_parts *in, struct findings_store *store,
    struct findings *ret)
{
	struct diag d = { 0 };

	*ret = (struct findings){ 0 };
	ret->version = FINDINGS_VERSION;
	ret->bad_index = UINT32_MAX;
	sha256(in->boot_log, ret->boot_log);
	sha256(in->ima_log, ret->ima_log);
	sha256(in->command_line, ret->command_line);
	sha256(in->pcr15, ret->pcr15_list);

	measure_cmdline_text(in, store, ret);
	measure_log(in, store, ret);
	if (ret->cmdline.bound)
		ret->cmdline_check.state = FINDING_GOOD;
	else if (ret->cmdline.present)
		set_bad(&ret->cmdline_check, store, TEXT_CMDLINE,
		    "command line: its hash is not among the measurements");

	if (in->pcr15.p == NULL)
		set_bad(&ret->pcr15_check, store, TEXT_PCR15,
		    "PCR 15: no events were sent");
	else if (pcr15_examine(in->pcr15, &ret->pcr15, &d) < 0)
		set_bad(&ret->pcr15_check, store, TEXT_PCR15, d.text);
	else
		ret->pcr15_check.state = FINDING_GOOD;
}

void
measure_evidence(const struct evidence_parts *in, struct findings_store *store,
    struct findings *ret)
{
	measure_parts(in, store, ret);
	/* Events of our own writing. */
	BUG_ON(findings_replay(ret, NULL) < 0);
}
