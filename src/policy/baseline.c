/* SPDX-License-Identifier: Apache-2.0 */
/* doc/FORMAT.baseline: the file's form, and what makes one acceptable. */
#include "policy/baseline.h"

#include <string.h>

#include "base/text.h"
#include "policy/arguments.h"

/* What is allowed to vary on a host in production. */
#define IGNORABLE (1u << 1 | 1u << 3 | 1u << 5 | 1u << 6)
#define VARIABLE  (IGNORABLE | 1u << 8 | 1u << 9)
/* Where a command line can be measured. */
#define CMDLINE_PCRS (1u << 8 | 1u << 9 | 1u << 11)

static const struct field rule_list[] = {
	FIELD_U8(struct baseline_rule, pcr),
	FIELD_U8(struct baseline_rule, kind),
	FIELD_FIXED(struct baseline_rule, value),
	FIELD_TEXT(struct baseline_rule, reason, BASELINE_TEXT_MAX),
};
static const struct fields rule_fields =
    FIELDS(struct baseline_rule, "rule", rule_list);

static const struct field exception_list[] = {
	FIELD_U8(struct baseline_exception, pcr),
	FIELD_U32(struct baseline_exception, nth),
	FIELD_BOOL(struct baseline_exception, cmdline),
	FIELD_TEXT(struct baseline_exception, reason, BASELINE_TEXT_MAX),
};
static const struct fields exception_fields =
    FIELDS(struct baseline_exception, "exception", exception_list);

static const struct field baseline_list[] = {
	FIELD_NAME(struct baseline, name),
	FIELD_TEXT(struct baseline, description, BASELINE_TEXT_MAX),
	FIELD_U8(struct baseline, purpose),
	FIELD_U64(struct baseline, created),
	FIELD_TEXT(struct baseline, source, BASELINE_TEXT_MAX),
	FIELD_U8(struct baseline, locality),
	FIELD_LIST(struct baseline, rules, n_rules, &rule_fields),
	FIELD_LIST(struct baseline, exceptions, n_exceptions,
	    &exception_fields),
	FIELD_U32(struct baseline, n_events),
	FIELD_BYTES(struct baseline, events, FINDINGS_EVENTS_SIZE_MAX),
	FIELD_TEXT(struct baseline, cmdline, CMDLINE_MAX),
	FIELD_RECORD(struct baseline, load_options, &cmdline_bind_fields),
	FIELD_RECORD(struct baseline, uki_section, &cmdline_bind_fields),
	FIELD_RECORD(struct baseline, grub, &cmdline_bind_fields),
};
const struct fields baseline_fields =
    FIELDS(struct baseline, "baseline", baseline_list);

const struct baseline_rule *
baseline_rule(const struct baseline *b, unsigned pcr)
{
	for (size_t i = 0; i < b->n_rules; i++)
		if (b->rules[i].pcr == pcr)
			return &b->rules[i];
	return NULL;
}

const struct baseline_exception *
baseline_exception(const struct baseline *b, unsigned pcr, uint32_t nth)
{
	for (size_t i = 0; i < b->n_exceptions; i++)
		if (b->exceptions[i].pcr == pcr && b->exceptions[i].nth == nth)
			return &b->exceptions[i];
	return NULL;
}

/* What the events come to, and how many each PCR has. */
struct sums {
	struct replay replay;
	uint32_t n[PCR_COUNT];
};

static int
sum_events(const struct baseline *b, struct sums *ret, struct diag *d)
{
	struct reader r = reader_of(b->events);
	struct finding_event e;
	uint32_t n = 0;

	*ret = (struct sums){ 0 };
	replay_start(&ret->replay);
	ret->replay.pcrs.v[0][SHA256_SIZE - 1] = b->locality;
	for (; finding_event_read(&r, &e); n++) {
		const struct baseline_rule *rule = baseline_rule(b, e.pcr);

		if (rule == NULL || rule->kind != BASELINE_EXACT)
			return diag_fail(d, ERR_FORMAT,
			    "baseline: event %u is of PCR %u, which has no "
			    "exact rule",
			    n, e.pcr);
		sha256_extend(ret->replay.pcrs.v[e.pcr], e.digest,
		    ret->replay.pcrs.v[e.pcr]);
		ret->n[e.pcr]++;
	}
	if (reader_left(&r) != 0 || n != b->n_events || n > FINDINGS_EVENTS_MAX)
		return diag_fail(d, ERR_FORMAT,
		    "baseline: event %u of %u is malformed", n, b->n_events);
	return ERR_OK;
}

static int
check_rule(const struct baseline *b, const struct baseline_rule *rule,
    const struct sums *sums, struct diag *d)
{
	unsigned pcr = rule->pcr;

	if (rule->kind == BASELINE_EXACT) {
		if (!bytes_equal(BYTES_OF_ARRAY(rule->value),
			BYTES_OF_ARRAY(sums->replay.pcrs.v[pcr])))
			return diag_fail(d, ERR_FORMAT,
			    "baseline: the events do not make PCR %u's value",
			    pcr);
		/* Nothing boots without these two being extended. */
		if ((pcr == 4 || pcr == 7) && sums->n[pcr] == 0)
			return diag_fail(d, ERR_FORMAT,
			    "baseline: PCR %u has no event", pcr);
		return ERR_OK;
	}
	if (rule->kind != BASELINE_IGNORE)
		return diag_fail(d, ERR_FORMAT, "baseline: PCR %u: rule %u",
		    pcr, rule->kind);
	if (rule->reason.len == 0 ||
	    !bytes_all_zero(BYTES_OF_ARRAY(rule->value)))
		return diag_fail(d, ERR_FORMAT,
		    "baseline: PCR %u is ignored with a value or without a "
		    "reason",
		    pcr);
	if (b->purpose == BASELINE_PRODUCTION && (IGNORABLE >> pcr & 1) == 0)
		return diag_fail(d, ERR_REFUSED,
		    "baseline: PCR %u cannot be ignored in production", pcr);
	return ERR_OK;
}

/* Each PCR of BASELINE_PCRS once, ascending: nothing is left out unsaid. */
static int
check_rules(const struct baseline *b, const struct sums *sums, struct diag *d)
{
	uint32_t missing = BASELINE_PCRS;
	int e;

	for (size_t i = 0; i < b->n_rules; i++) {
		unsigned pcr = b->rules[i].pcr;

		if (pcr >= PCR_COUNT || (missing >> pcr & 1) == 0 ||
		    (missing & ((1u << pcr) - 1)) != 0)
			return diag_fail(d, ERR_FORMAT,
			    "baseline: rule %zu is for PCR %u", i, pcr);
		missing &= ~(1u << pcr);
		if ((e = check_rule(b, &b->rules[i], sums, d)) < 0)
			return e;
	}
	if (missing != 0)
		return diag_fail(d, ERR_FORMAT,
		    "baseline: no rule for PCRs of mask 0x%04x", missing);
	return ERR_OK;
}

static const struct cmdline_bind *
bind_of(const struct baseline *b, unsigned pcr)
{
	if (pcr == 8)
		return &b->grub;
	return pcr == 9 ? &b->load_options : &b->uki_section;
}

static int
check_exceptions(const struct baseline *b, const struct sums *sums,
    struct diag *d)
{
	for (size_t i = 0; i < b->n_exceptions; i++) {
		const struct baseline_exception *x = &b->exceptions[i];
		const struct baseline_rule *rule = baseline_rule(b, x->pcr);

		if (rule == NULL || rule->kind != BASELINE_EXACT ||
		    x->nth >= sums->n[x->pcr] || x->reason.len == 0 ||
		    baseline_exception(b, x->pcr, x->nth) != x)
			return diag_fail(d, ERR_FORMAT,
			    "baseline: exception %zu names no event, or has "
			    "no reason",
			    i);
		if (x->cmdline) {
			if ((CMDLINE_PCRS >> x->pcr & 1) == 0 ||
			    !bind_of(b, x->pcr)->bound ||
			    bind_of(b, x->pcr)->nth != x->nth)
				return diag_fail(d, ERR_FORMAT,
				    "baseline: exception %zu is not where "
				    "the command line is measured",
				    i);
		} else if (b->purpose == BASELINE_PRODUCTION &&
		    (VARIABLE >> x->pcr & 1) == 0) {
			return diag_fail(d, ERR_REFUSED,
			    "baseline: an event of PCR %u cannot vary in "
			    "production",
			    x->pcr);
		}
	}
	return ERR_OK;
}

/*
 * Whoever boots a host would fill in what is open. Quotes are taken off by the
 * kernel, so the name behind them would not be the one that is looked up here.
 */
static int
check_open(struct bytes template, struct diag *d)
{
	struct bytes arg, name, value;
	bool bad;

	while (cmdline_next(&template, &arg, &bad)) {
		if (!cmdline_is_open(arg))
			continue;
		cmdline_split(arg, &name, &value);
		if (arguments_fixed(name) ||
		    memchr(arg.p, '"', arg.len) != NULL)
			return diag_fail(d, ERR_REFUSED,
			    "baseline: the command line's template has %.*s: "
			    "this argument guards the host, so give its value",
			    (int)(arg.len < 80 ? arg.len : 80),
			    (const char *)arg.p);
	}
	return ERR_OK;
}

static int
check_cmdline(const struct baseline *b, const struct sums *sums, struct diag *d)
{
	static const uint8_t pcrs[] = { 8, 9, 11 };
	unsigned n_bound = 0;
	struct bytes text;
	int e;

	for (size_t i = 0; i < ARRAY_LEN(pcrs); i++) {
		const struct cmdline_bind *at = bind_of(b, pcrs[i]);

		if (!at->bound) {
			if (at->nth != 0)
				return diag_fail(d, ERR_FORMAT,
				    "baseline: place without a command line");
			continue;
		}
		if (at->nth >= sums->n[pcrs[i]])
			return diag_fail(d, ERR_FORMAT,
			    "baseline: PCR %u has no event %u for the command "
			    "line",
			    pcrs[i], at->nth);
		n_bound++;
	}
	if (b->cmdline.len == 0 && n_bound == 0 && b->purpose == BASELINE_TEST)
		return ERR_OK;
	if (n_bound == 0)
		return diag_fail(d, ERR_FORMAT,
		    "baseline: the command line is measured nowhere");
	if ((e = cmdline_text(b->cmdline, &text, d)) < 0 ||
	    (e = cmdline_match(text, text, d)) < 0) {
		/* A template with "=*" does not match itself, and need not. */
		if (e != ERR_REFUSED)
			return e;
	}
	return check_open(text, d);
}

int
baseline_check(const struct baseline *b, struct diag *d)
{
	struct sums sums;
	int e;

	if (!name_valid(b->name))
		return diag_fail(d, ERR_FORMAT, "baseline: no name");
	if (b->purpose != BASELINE_PRODUCTION && b->purpose != BASELINE_TEST)
		return diag_fail(d, ERR_FORMAT, "baseline: purpose %u",
		    b->purpose);
	if (b->locality != 0 && b->locality != 3 && b->locality != 4)
		return diag_fail(d, ERR_FORMAT, "baseline: locality %u",
		    b->locality);
	if ((e = sum_events(b, &sums, d)) < 0 ||
	    (e = check_rules(b, &sums, d)) < 0 ||
	    (e = check_exceptions(b, &sums, d)) < 0 ||
	    (e = check_cmdline(b, &sums, d)) < 0)
		return e;
	return ERR_OK;
}

int
baseline_encode(const struct baseline *b, struct buf *ret, struct diag *d)
{
	int e;

	if ((e = baseline_check(b, d)) < 0)
		return e;
	(void)buf_put_text(ret, BASELINE_MAGIC);
	(void)buf_put_u8(ret, BASELINE_VERSION);
	return fields_encode(&baseline_fields, b, ret, d);
}

int
baseline_decode(struct bytes in, struct baseline *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct baseline b;
	struct bytes magic;
	uint8_t version;
	int e;

	if (in.len > BASELINE_FILE_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "baseline: %zu bytes, at most %zu", in.len,
		    BASELINE_FILE_MAX);
	if (!reader_take(&r, strlen(BASELINE_MAGIC), &magic) ||
	    !bytes_equal_text(magic, BASELINE_MAGIC) ||
	    !reader_u8(&r, &version))
		return diag_fail(d, ERR_FORMAT, "baseline: not a baseline");
	if (version != BASELINE_VERSION)
		return diag_fail(d, ERR_UNSUPPORTED, "baseline: version %u",
		    version);
	if ((e = fields_read(&baseline_fields, &r, &b, d)) < 0)
		return e;
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT, "baseline: %zu bytes left over",
		    reader_left(&r));
	if ((e = baseline_check(&b, d)) < 0)
		return e;
	*ret = b;
	return ERR_OK;
}

void
baseline_id(struct bytes file, uint8_t ret[static SHA256_SIZE])
{
	sha256(file, ret);
}
