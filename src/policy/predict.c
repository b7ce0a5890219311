/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/predict.h"

#include <string.h>

#include "measure/efi.h"
#include "measure/pe_signer.h"

int
predict_start(const struct baseline *from, struct predict *ret, struct diag *d)
{
	struct reader r = reader_of(from->events);
	struct finding_event e;

	ret->b = *from;
	ret->n = 0;
	while (finding_event_read(&r, &e)) {
		if (ret->n == FINDINGS_EVENTS_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "baseline: over %d events", FINDINGS_EVENTS_MAX);
		ret->events[ret->n++] = (struct predict_event){ .e = e };
	}
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "baseline: malformed events");
	return ERR_OK;
}

unsigned
predict_replace(struct predict *p, unsigned pcr,
    const uint8_t old[static SHA256_SIZE],
    const uint8_t new[static SHA256_SIZE])
{
	unsigned n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct predict_event *x = &p->events[i];

		if (x->e.pcr != pcr || x->changed ||
		    !bytes_equal(BYTES_OF_ARRAY(x->e.digest),
			bytes_of(old, SHA256_SIZE)))
			continue;
		memcpy(x->e.digest, new, SHA256_SIZE);
		/* The data that the log had are not those of this digest. */
		x->e.flags = 0;
		if (pcr == 8)
			x->e.label = BYTES_NONE;
		x->changed = true;
		n++;
	}
	return n;
}

/* Both by their contents. */
static unsigned
replace_data(struct predict *p, unsigned pcr, struct bytes old,
    struct bytes new)
{
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];

	sha256(old, a);
	sha256(new, b);
	return predict_replace(p, pcr, a, b);
}

static unsigned
replace_program(struct predict *p, const struct pe *old, const struct pe *new)
{
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];

	pe_authenticode(old, a);
	pe_authenticode(new, b);
	return predict_replace(p, 4, a, b);
}

int
predict_file(struct predict *p, struct bytes old, struct bytes new,
    struct diag *d)
{
	if (replace_data(p, 9, old, new) == 0)
		return diag_fail(d, ERR_NOT_FOUND,
		    "the boot did not measure the old file in PCR 9");
	return ERR_OK;
}

int
predict_program(struct predict *p, const struct pe *old, const struct pe *new,
    struct diag *d)
{
	int e;

	if (replace_program(p, old, new) == 0)
		return diag_fail(d, ERR_NOT_FOUND,
		    "the boot did not measure the old program in PCR 4");
	if ((e = pe_same_authority(old, new, d)) < 0)
		return e;
	return ERR_OK;
}

int
predict_kernel(struct predict *p, const struct pe *old, const struct pe *new,
    struct diag *d)
{
	unsigned n_file = replace_data(p, 9, old->in, new->in);
	unsigned n_program = replace_program(p, old, new);
	int e;

	if (n_file == 0 && n_program == 0)
		return diag_fail(d, ERR_NOT_FOUND,
		    "the boot did not measure the old kernel");
	if (n_program != 0 && (e = pe_same_authority(old, new, d)) < 0)
		return e;
	return ERR_OK;
}

static bool
same_section(const struct pe *old, const struct pe *new, const char *name)
{
	struct bytes a, b;

	return pe_count(old, name) == 1 && pe_count(new, name) == 1 &&
	    pe_section(old, name, &a, NULL) == ERR_OK &&
	    pe_section(new, name, &b, NULL) == ERR_OK && bytes_equal(a, b);
}

/*
 * shim measures its vendor certificate (PCR 7, 14) and the SBAT level that it
 * brings, or the machine's newer one (PCR 7).
 */
static int
check_shim(const struct pe *old, const struct pe *new, struct diag *d)
{
	static const char *const names[] = { ".vendor_cert", ".sbatlevel" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!same_section(old, new, names[i]))
			return diag_fail(d, ERR_REFUSED,
			    "the new shim's %s is not the old one's: what it "
			    "will measure in PCR 7 and 14 is not known",
			    names[i]);
	return ERR_OK;
}

int
predict_shim(struct predict *p, const struct pe *old, const struct pe *new,
    struct diag *d)
{
	int e;

	if ((e = predict_program(p, old, new, d)) < 0 ||
	    (e = check_shim(old, new, d)) < 0)
		return e;
	return ERR_OK;
}

/*
 * The old image must account for all of PCR 11: then the stub measures as it
 * is told here, and what the new one will come to is known.
 */
static int
check_pcr11(const struct predict *p, const struct uki *old, struct diag *d)
{
	struct uki_event want[UKI_EVENTS_MAX];
	size_t n_want, cmdline, n = 0;

	n_want = uki_measure(old, want, &cmdline);
	for (size_t i = 0; i < p->n; i++) {
		const struct finding_event *e = &p->events[i].e;

		if (e->pcr != 11)
			continue;
		if (n == n_want ||
		    !bytes_equal(BYTES_OF_ARRAY(e->digest),
			BYTES_OF_ARRAY(want[n].digest)))
			return diag_fail(d, ERR_REFUSED,
			    "PCR 11, event %zu is not what systemd-stub %u "
			    "measures of the old image",
			    n, old->version);
		n++;
	}
	if (n != n_want)
		return diag_fail(d, ERR_REFUSED,
		    "PCR 11 has %zu events, not the %zu of the old image", n,
		    n_want);
	return ERR_OK;
}

/* The new image's events where the first of the old one's was. */
static int
replace_pcr11(struct predict *p, const struct uki *new, struct diag *d)
{
	struct uki_event want[UKI_EVENTS_MAX];
	size_t n_want, cmdline, at = 0, kept = 0;

	n_want = uki_measure(new, want, &cmdline);
	while (at < p->n && p->events[at].e.pcr != 11)
		at++;
	for (size_t i = 0; i < p->n; i++)
		if (p->events[i].e.pcr != 11)
			p->events[kept++] = p->events[i];
	if (n_want > FINDINGS_EVENTS_MAX - kept)
		return diag_fail(d, ERR_LIMIT, "over %d events",
		    FINDINGS_EVENTS_MAX);
	memmove(&p->events[at + n_want], &p->events[at],
	    (kept - at) * sizeof(p->events[0]));
	for (size_t i = 0; i < n_want; i++) {
		struct predict_event *x = &p->events[at + i];

		*x = (struct predict_event){ .changed = true,
			.e = { .pcr = 11, .type = EV_IPL } };
		x->e.label = bytes_of_text(want[i].section);
		memcpy(x->e.digest, want[i].digest, SHA256_SIZE);
	}
	p->n = kept + n_want;
	p->b.uki_section.bound = cmdline != 0;
	p->b.uki_section.nth = (uint32_t)cmdline;
	for (size_t i = 0; i < p->b.n_exceptions; i++)
		if (p->b.exceptions[i].pcr == 11 && p->b.exceptions[i].cmdline)
			p->b.exceptions[i].nth = (uint32_t)cmdline;
	return ERR_OK;
}

/* The kernel's EFI stub, and a loader that measures as it does. */
static int
replace_options(struct predict *p, struct bytes old, struct bytes new,
    struct diag *d)
{
	struct cmdline_matcher a, b;
	struct bytes text;
	int e;

	if ((e = cmdline_text(new, &text, d)) < 0)
		return e;
	cmdline_matcher_start(&b, text);
	if (cmdline_text(old, &text, d) == ERR_OK) {
		cmdline_matcher_start(&a, text);
		(void)predict_replace(p, 8, a.load_options, b.load_options);
		(void)predict_replace(p, 12, a.load_options, b.load_options);
		if (predict_replace(p, 9, a.load_options, b.load_options) != 0)
			return ERR_OK;
	}
	return diag_fail(d, ERR_REFUSED,
	    "the boot did not measure the old command line in PCR 9");
}

/*
 * The initrd that the kernel measures is the section, unless the stub put
 * something beside it.
 */
static int
replace_stub_events(struct predict *p, const struct uki *old,
    const struct uki *new, struct diag *d)
{
	int e;

	if ((old->initrd.len == 0) != (new->initrd.len == 0) ||
	    (old->cmdline.len == 0) || (new->cmdline.len == 0))
		return diag_fail(d, ERR_UNSUPPORTED,
		    "an image without a command line, or without the initrd "
		    "of the other one");
	if (old->initrd.len != 0 &&
	    replace_data(p, 9, old->initrd, new->initrd) == 0)
		return diag_fail(d, ERR_REFUSED,
		    "the boot did not measure the old image's initrd in PCR 9");
	if ((e = replace_options(p, old->cmdline, new->cmdline, d)) < 0)
		return e;
	return ERR_OK;
}

/* Without Secure Boot the stub starts the kernel through the firmware. */
static void
replace_inner_kernel(struct predict *p, const struct uki *old,
    const struct uki *new)
{
	struct pe a, b;

	if (pe_parse(old->linux_image, &a, NULL) == ERR_OK &&
	    pe_parse(new->linux_image, &b, NULL) == ERR_OK)
		(void)replace_program(p, &a, &b);
}

int
predict_uki(struct predict *p, const struct uki *old, const struct uki *new,
    struct diag *d)
{
	int e;

	/* A stub of another version may measure in other places. */
	if (old->version != new->version)
		return diag_fail(d, ERR_REFUSED,
		    "systemd-stub %u, not %u as before: what it will measure "
		    "is not known",
		    new->version, old->version);
	if ((e = predict_program(p, &old->pe, &new->pe, d)) < 0 ||
	    (e = check_pcr11(p, old, d)) < 0 ||
	    (e = replace_stub_events(p, old, new, d)) < 0 ||
	    (e = replace_pcr11(p, new, d)) < 0)
		return e;
	replace_inner_kernel(p, old, new);
	/* An open template ("=*") stays open where nothing was changed. */
	if (!bytes_equal(old->cmdline, new->cmdline))
		p->b.cmdline = new->cmdline;
	return ERR_OK;
}

int
predict_cmdline(struct predict *p, struct bytes text, struct diag *d)
{
	struct bytes new;
	int e;

	if (p->b.grub.bound)
		return diag_fail(d, ERR_REFUSED,
		    "GRUB has the command line from grub.cfg: give --grub-cfg");
	if (p->b.uki_section.bound)
		return diag_fail(d, ERR_REFUSED,
		    "the command line is in a unified kernel image: give "
		    "--uki");
	if ((e = cmdline_text(text, &new, d)) < 0 ||
	    (e = replace_options(p, p->b.cmdline, new, d)) < 0)
		return e;
	p->b.cmdline = new;
	return ERR_OK;
}

static void
hash_dbx(struct bytes data, uint8_t *ret)
{
	uint8_t head[EFI_DBX_HEAD];

	efi_dbx_head(data.len, head);
	hash_parts(HASH_SHA256, (struct bytes[]){ BYTES_OF_ARRAY(head), data },
	    2, ret);
}

int
predict_dbx(struct predict *p, struct bytes old, struct bytes new,
    struct diag *d)
{
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];

	hash_dbx(old, a);
	hash_dbx(new, b);
	if (predict_replace(p, 7, a, b) == 0)
		return diag_fail(d, ERR_NOT_FOUND,
		    "the boot did not measure the old dbx in PCR 7");
	return ERR_OK;
}

static void
new_values(struct predict *p)
{
	struct replay replay;

	replay_start(&replay);
	replay.pcrs.v[0][SHA256_SIZE - 1] = p->b.locality;
	for (size_t i = 0; i < p->n; i++) {
		const struct finding_event *e = &p->events[i].e;

		sha256_extend(replay.pcrs.v[e->pcr], e->digest,
		    replay.pcrs.v[e->pcr]);
	}
	for (size_t i = 0; i < p->b.n_rules; i++)
		if (p->b.rules[i].kind == BASELINE_EXACT)
			memcpy(p->b.rules[i].value,
			    replay.pcrs.v[p->b.rules[i].pcr], SHA256_SIZE);
}

int
predict_finish(struct predict *p, const struct baseline_source *src,
    struct buf *store, struct baseline *ret, struct diag *d)
{
	size_t changed = 0;
	int e;

	for (size_t i = 0; i < p->n; i++)
		changed += p->events[i].changed;
	if (changed == 0)
		return diag_fail(d, ERR_USAGE, "nothing was said to change");
	new_values(p);
	buf_reset(store);
	for (size_t i = 0; i < p->n; i++)
		(void)finding_event_put(store, &p->events[i].e);
	if ((e = buf_check(store, "baseline", d)) < 0)
		return e;
	p->b.events = buf_bytes(store);
	p->b.n_events = (uint32_t)p->n;
	p->b.name = src->name;
	p->b.description = src->description;
	p->b.source = src->source;
	p->b.purpose = src->purpose;
	p->b.created = src->created;
	if ((e = baseline_check(&p->b, d)) < 0)
		return e;
	*ret = p->b;
	return ERR_OK;
}
