/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What logs of any length replay to, against values that somebody read from
 * the TPM. That these are the TPM's only a quote could show.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/shield/evidence_ima.h"
#include "ctl/shield/evidence_log.h"
#include "ctl/shield/evidence_verify.h"

static int
pass_event(struct log_walk *w, const struct tcg_event *e,
    const struct log_event *more, void *arg, struct diag *d)
{
	(void)w;
	(void)e;
	(void)more;
	(void)arg;
	(void)d;
	return ERR_OK;
}

/* systemd extends PCR 11 with words that no log has. */
static const char *
phase_of(const struct replay_bank *bank, const uint8_t *want)
{
	struct pcr_values log = { 0 }, after;

	if (bank->hash != HASH_SHA256)
		return NULL;
	memcpy(log.v[11], bank->v[11], TPM_SHA256_SIZE);
	for (unsigned phase = 1; phase < REPLAY_PHASES; phase++) {
		replay_phase(&log, phase, &after);
		if (bytes_equal(BYTES_OF_ARRAY(after.v[11]),
			bytes_of(want, TPM_SHA256_SIZE)))
			return replay_phase_name(phase);
	}
	return NULL;
}

/* True if the PCR is what the log makes. */
static bool
compare_pcr(struct checks *c, const struct log_walk *w,
    const struct replay_bank *bank, unsigned pcr, const uint8_t *want)
{
	struct bytes got = replay_bank_value(bank, pcr);
	char name[REPLAY_BANK_NAME_SIZE], where[TCGLOG_REGISTER_SIZE];
	char what[48];
	const char *phase;

	if (bytes_equal(got, bytes_of(want, got.len)))
		return true;
	replay_bank_name(bank, name);
	tcglog_register_name(&w->log, pcr, where);
	(void)snprintf(what, sizeof(what), "%s %s", name, where);
	if (pcr == 11 && (phase = phase_of(bank, want)) != NULL) {
		checks_good(c, what, "after systemd's words: %s", phase);
		return false;
	}
	checks_differ(c, what, REASON_TcgLogVerification, (int)pcr,
	    bytes_of(want, got.len), got);
	return false;
}

static void
compare_bank(struct checks *c, const struct log_walk *w,
    const struct replay_bank *bank, const struct pcr_file *given)
{
	char name[REPLAY_BANK_NAME_SIZE], list[PCR_LIST_MAX];
	uint32_t equal = 0, asked;

	replay_bank_name(bank, name);
	if (!bank->known) {
		checks_open(c, name, "no hash of this bank is known here");
		return;
	}
	asked = given->given[bank->hash] & bank->extended;
	if (asked == 0) {
		checks_open(c, name, "no value of this bank was given");
		return;
	}
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((asked >> pcr & 1) != 0 &&
		    compare_pcr(c, w, bank, pcr, given->v[bank->hash][pcr]))
			equal |= 1u << pcr;
	pcr_list(equal, list);
	if (equal != 0)
		checks_good(c, name, "the log replays to PCR %s", list);
	pcr_list(bank->extended & ~given->given[bank->hash], list);
	if ((bank->extended & ~given->given[bank->hash]) != 0)
		checks_open(c, name, "no value given of PCR %s", list);
}

static void
tell_problems(struct checks *c, const struct log_walk *w)
{
	const struct log_problems *p = &w->problems, *b = &w->broken;

	for (size_t i = 0; i < p->n && i < LOG_PROBLEMS_MAX; i++)
		checks_bad(c, "boot log", REASON_TcgLogVerification, "%s",
		    p->text[i]);
	for (size_t i = 0; i < b->n && i < LOG_PROBLEMS_MAX; i++)
		checks_open(c, "order of events", "%s", b->text[i]);
	if (p->n == 0)
		checks_good(c, "boot log",
		    "%u events, well formed, each digest of its data where it "
		    "must be",
		    w->n_events);
}

static int
verify_boot_log(struct input *in, struct checks *c, struct diag *d)
{
	auto_free struct log_walk *w = calloc(1, sizeof(*w));
	auto_window struct window win = window_of(in->parts.boot_log);
	struct diag why = { 0 };
	int r;

	if (w == NULL)
		return diag_nomem(d);
	if (in->boot_log != NULL &&
	    (r = window_open(in->boot_log, &win, d)) < 0)
		return r;
	r = log_walk(w, &win, pass_event, NULL, &why);
	if (r < 0) {
		checks_bad(c, "boot log", REASON_TcgLogVerification, "%s",
		    why.text);
		return ERR_OK;
	}
	tell_problems(c, w);
	for (size_t i = 0; i < w->banks.n; i++)
		compare_bank(c, w, &w->banks.bank[i], &in->pcrs);
	return ERR_OK;
}

/* The list may go on beyond what the TPM was asked for. */
struct prefix {
	const struct pcr_file *given;
	uint64_t n[IMA_BANKS]; /* entries up to the value given; 0: none */
};

static int
compare_entry(struct ima_walk *w, const struct ima_entry *e, uint64_t offset,
    void *arg, struct diag *d)
{
	struct prefix *p = arg;

	(void)e;
	(void)offset;
	(void)d;
	for (unsigned i = 0; i < IMA_BANKS; i++) {
		size_t size = hash_size((enum hash_alg)i);

		if (pcr_file_has(p->given, (enum hash_alg)i, IMA_PCR) &&
		    bytes_equal(bytes_of(w->pcr[i], size),
			bytes_of(p->given->v[i][IMA_PCR], size)))
			p->n[i] = w->n;
	}
	return ERR_OK;
}

static void
compare_list(struct checks *c, const struct ima_walk *w, const struct prefix *p)
{
	for (unsigned i = 0; i < IMA_BANKS; i++) {
		enum hash_alg bank = (enum hash_alg)i;
		size_t size = hash_size(bank);
		char what[24];

		if (!pcr_file_has(p->given, bank, IMA_PCR))
			continue;
		(void)snprintf(what, sizeof(what), "%s PCR 10",
		    hash_name(bank));
		if (p->n[i] != 0)
			checks_good(c, what,
			    "after %llu of the list's %llu entries",
			    (unsigned long long)p->n[i],
			    (unsigned long long)w->n);
		else
			checks_differ(c, what, REASON_ImaLogVerification,
			    IMA_PCR, bytes_of(p->given->v[i][IMA_PCR], size),
			    bytes_of(w->pcr[i], size));
	}
}

static int
verify_ima_log(struct input *in, struct checks *c, struct diag *d)
{
	auto_free struct ima_walk *w = calloc(1, sizeof(*w));
	auto_window struct window win = window_of(in->parts.ima_log);
	struct prefix p = { .given = &in->pcrs };
	struct diag why = { 0 };
	int r;

	if (w == NULL)
		return diag_nomem(d);
	if (in->ima_log != NULL && (r = window_open(in->ima_log, &win, d)) < 0)
		return r;
	w->ascii = file_kind_find(win.in) == FILE_IMA_ASCII;
	r = ima_walk(w, &win, compare_entry, &p, &why);
	if (r < 0) {
		checks_bad(c, "IMA list", REASON_ImaLogVerification, "%s",
		    why.text);
		return ERR_OK;
	}
	if (w->n_wrong > 0)
		checks_bad(c, "IMA list", REASON_ImaLogVerification,
		    "%llu entries have a digest that is not of their data, or "
		    "are of another kind than shown, the first is %llu",
		    (unsigned long long)w->n_wrong,
		    (unsigned long long)w->first_wrong);
	else
		checks_good(c, "IMA list",
		    "%llu entries, each digest of its data, %llu violations",
		    (unsigned long long)w->n,
		    (unsigned long long)w->n_violations);
	compare_list(c, w, &p);
	return ERR_OK;
}

int
verify_logs(struct input *in, struct checks *c, struct diag *d)
{
	int r;

	if ((in->boot_log != NULL || in->parts.boot_log.p != NULL) &&
	    (r = verify_boot_log(in, c, d)) < 0)
		return r;
	if ((in->ima_log != NULL || in->parts.ima_log.p != NULL) &&
	    (r = verify_ima_log(in, c, d)) < 0)
		return r;
	checks_open(c, "origin",
	    "that the values are a TPM's is not shown without its quote");
	return checks_end(c, "replay", d);
}
