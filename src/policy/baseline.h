/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A baseline: the boot measurements that the administrator trusts, captured
 * from a reference host's evidence. doc/FORMAT.baseline has the file's bytes.
 */
#ifndef POLICY_BASELINE_H
#define POLICY_BASELINE_H

#include "measure/findings.h"

#define BASELINE_MAGIC          "SWBL"
#define BASELINE_VERSION        1
#define BASELINE_FILE_MAX       ((size_t)192 << 10)
#define BASELINE_PCRS           0x7bffu /* 0-9, 11-14: one rule each */
#define BASELINE_RULES_MAX      15
#define BASELINE_EXCEPTIONS_MAX 32
#define BASELINE_TEXT_MAX       256

enum baseline_purpose { BASELINE_PRODUCTION = 1, BASELINE_TEST = 2 };

enum baseline_rule_kind {
	BASELINE_EXACT = 1,  /* the baseline's events, no more, no fewer */
	BASELINE_IGNORE = 2, /* with a reason; production: PCR 1, 3, 5, 6 */
};

struct baseline_rule {
	uint8_t pcr;
	uint8_t kind;
	uint8_t value[SHA256_SIZE]; /* EXACT: what the events come to */
	struct bytes reason;        /* IGNORE */
};

/* One event of an EXACT PCR that may differ; production: PCR 1,3,5,6,8,9. */
struct baseline_exception {
	uint8_t pcr;
	uint32_t nth;
	bool cmdline; /* else anything: it must hash the bound command line */
	struct bytes reason;
};

struct baseline {
	struct bytes name;        /* NAME */
	struct bytes description; /* text */
	uint8_t purpose;          /* enum baseline_purpose */
	uint64_t created;         /* seconds since 1970 */
	struct bytes source;      /* "host NAME" or "predicted ..." */
	uint8_t locality;
	size_t n_rules;
	struct baseline_rule rules[BASELINE_RULES_MAX];
	size_t n_exceptions;
	struct baseline_exception exceptions[BASELINE_EXCEPTIONS_MAX];
	uint32_t n_events;
	struct bytes events;  /* struct finding_event, those of EXACT PCRs */
	struct bytes cmdline; /* template */
	struct cmdline_bind load_options; /* where its text must be bound */
	struct cmdline_bind uki_section;
	struct cmdline_bind grub;
};
extern const struct fields baseline_fields; /* behind magic and version */

/* Of a capture: policy/variance.h reads and tells them. */
struct baseline_variance {
	uint8_t pcr;
	bool whole; /* the PCR is ignored, else event `nth` may differ */
	uint32_t nth;
	struct bytes reason;
};

struct baseline_source {
	struct bytes name;
	struct bytes description;
	struct bytes source;
	uint8_t purpose;
	uint64_t created;
	bool
	    skip_validation; /* do not refuse a host without Secure Boot, ... */
	/* Beside what is ignored by default. */
	size_t n_variances;
	const struct baseline_variance *variances;
	/* Empty: the command line as it is. Else it matches this template. */
	struct bytes template;
};

/* PCR 5 and 6. */
bool baseline_ignores_by_default(unsigned pcr);
/*
 * From a reference host's findings with the default rules: exact but for PCR
 * 5 and 6. Without skip_validation, findings that no policy could pass
 * (log, structure, Secure Boot, command line) are ERR_REFUSED. Views point
 * into src, f and store.
 */
MUST_CHECK int baseline_capture(const struct baseline_source *src,
    const struct findings *f, struct buf *store, struct baseline *ret,
    struct diag *d);
MUST_CHECK int baseline_encode(const struct baseline *b, struct buf *ret,
    struct diag *d);
/* Checks all that baseline_check() does; views point into `in`. */
MUST_CHECK int baseline_decode(struct bytes in, struct baseline *ret,
    struct diag *d);
/* Rules complete and allowed, events and values agree, text well formed. */
MUST_CHECK int baseline_check(const struct baseline *b, struct diag *d);
/* SHA-256 of the file. */
void baseline_id(struct bytes file, uint8_t ret[static SHA256_SIZE]);

const struct baseline_rule *baseline_rule(const struct baseline *b,
    unsigned pcr);
/* NULL when this event must be equal. */
const struct baseline_exception *baseline_exception(const struct baseline *b,
    unsigned pcr, uint32_t nth);

#endif
