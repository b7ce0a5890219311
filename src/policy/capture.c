/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A baseline from a reference host's findings. The default rules follow what
 * recordings of real hosts show: PCR 5 holds the partition table with its
 * random identifiers and the tries at leaving boot services, PCR 6 the
 * maker's own data and wake-ups; all others repeat from boot to boot.
 */
#include <string.h>

#include "policy/variance.h"

static const struct {
	uint8_t pcr;
	const char *reason;
} ignored[] = {
	{ 5,
	    "partition table with its identifiers, and retries of leaving "
	    "boot services" },
	{ 6, "data and wake-up events of the machine's maker" },
};

bool
baseline_ignores_by_default(unsigned pcr)
{
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		if (ignored[i].pcr == pcr)
			return true;
	return false;
}

/* Empty: the PCR is not ignored. */
static struct bytes
ignore_reason(const struct baseline_source *src, unsigned pcr)
{
	for (size_t i = 0; i < src->n_variances; i++)
		if (src->variances[i].whole && src->variances[i].pcr == pcr)
			return src->variances[i].reason;
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		if (ignored[i].pcr == pcr)
			return bytes_of_text(ignored[i].reason);
	return BYTES_NONE;
}

static int
validate_check(const struct finding_check *c, const char *what, struct diag *d)
{
	if (c->state == FINDING_GOOD)
		return ERR_OK;
	return diag_refuse(d, REASON_TcgLogVerification, "%s: %.*s", what,
	    c->text.len == 0 ? 12 : (int)c->text.len,
	    c->text.len == 0 ? "not examined" : (const char *)c->text.p);
}

static int
validate(const struct findings *f, struct diag *d)
{
	int e;

	if ((e = validate_check(&f->structure, "structure", d)) < 0 ||
	    (e = validate_check(&f->secureboot_check, "Secure Boot", d)) < 0 ||
	    (e = validate_check(&f->cmdline_check, "command line", d)) < 0)
		return e;
	if (f->secureboot.state != SECUREBOOT_ON || !f->secureboot.user_mode ||
	    f->secureboot.shim_insecure)
		return diag_refuse(d, REASON_SecureBoot,
		    "Secure Boot is not enforced on the reference host");
	if (f->secureboot.firmware_debug)
		return diag_refuse(d, REASON_UefiDebug,
		    "the reference host's firmware is in debug mode");
	return ERR_OK;
}

/* Those events that an exact rule covers, in the log's order. */
static int
copy_events(const struct baseline_source *src, const struct findings *f,
    struct buf *store, struct baseline *b, struct diag *d)
{
	struct reader r = reader_of(f->events);
	struct finding_event e;

	buf_reset(store);
	while (finding_event_read(&r, &e)) {
		if (e.pcr >= PCR_COUNT || (BASELINE_PCRS >> e.pcr & 1) == 0 ||
		    ignore_reason(src, e.pcr).len != 0)
			continue;
		(void)finding_event_put(store, &e);
		b->n_events++;
	}
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "findings: malformed events");
	b->events = buf_bytes(store);
	return buf_check(store, "baseline", d);
}

static int
add_exception(struct baseline *b, uint8_t pcr, uint32_t nth, bool cmdline,
    struct bytes reason, struct diag *d)
{
	if (b->n_exceptions == BASELINE_EXCEPTIONS_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "baseline: over %d events may differ",
		    BASELINE_EXCEPTIONS_MAX);
	b->exceptions[b->n_exceptions++] =
	    (struct baseline_exception){ pcr, nth, cmdline, reason };
	return ERR_OK;
}

/* What is open in the command line changes the events that measure it. */
static int
take_template(const struct baseline_source *src, const struct findings *f,
    struct baseline *b, struct diag *d)
{
	const struct {
		uint8_t pcr;
		const struct cmdline_bind *at;
	} places[] = { { 8, &b->grub }, { 9, &b->load_options },
		{ 11, &b->uki_section } };
	int e;

	if (src->template.len == 0)
		return ERR_OK;
	if ((e = cmdline_match(src->template, f->cmdline_text, d)) < 0)
		return e;
	b->cmdline = src->template;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!places[i].at->bound)
			continue;
		e = add_exception(b, places[i].pcr, places[i].at->nth, true,
		    bytes_of_text(VARIANCE_CMDLINE), d);
		if (e < 0)
			return e;
	}
	return ERR_OK;
}

static int
take_variances(const struct baseline_source *src, struct baseline *b,
    struct diag *d)
{
	int e = ERR_OK;

	for (size_t i = 0; i < src->n_variances && e == ERR_OK; i++) {
		const struct baseline_variance *v = &src->variances[i];

		if (!v->whole)
			e = add_exception(b, v->pcr, v->nth, false, v->reason,
			    d);
		else if (baseline_rule(b, v->pcr) == NULL)
			e = diag_fail(d, ERR_USAGE,
			    "baseline: no rule is about PCR %u", v->pcr);
	}
	return e;
}

int
baseline_capture(const struct baseline_source *src, const struct findings *f,
    struct buf *store, struct baseline *ret, struct diag *d)
{
	struct baseline b = {
		.name = src->name,
		.description = src->description,
		.source = src->source,
		.purpose = src->purpose,
		.created = src->created,
		.locality = f->locality,
	};
	int e;

	if ((e = validate_check(&f->log, "boot log", d)) < 0 ||
	    (!src->skip_validation && (e = validate(f, d)) < 0))
		return e;
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		struct baseline_rule *rule = &b.rules[b.n_rules];
		struct bytes reason = ignore_reason(src, pcr);

		if ((BASELINE_PCRS >> pcr & 1) == 0)
			continue;
		b.n_rules++;
		rule->pcr = (uint8_t)pcr;
		rule->kind = reason.len == 0 ? BASELINE_EXACT : BASELINE_IGNORE;
		if (reason.len == 0)
			memcpy(rule->value, f->pcrs.v[pcr], SHA256_SIZE);
		rule->reason = reason;
	}
	if (f->cmdline.bound) {
		b.cmdline = f->cmdline_text;
		b.load_options = f->cmdline.load_options;
		b.uki_section = f->cmdline.uki_section;
		b.grub = f->cmdline.grub;
	}
	if ((e = take_template(src, f, &b, d)) < 0 ||
	    (e = take_variances(src, &b, d)) < 0 ||
	    (e = copy_events(src, f, store, &b, d)) < 0 ||
	    (e = baseline_check(&b, d)) < 0)
		return e;
	*ret = b;
	return ERR_OK;
}
