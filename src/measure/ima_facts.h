/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reader of an IMA list tells the judge: how far the quote covers it,
 * and which of the HGS's code integrity policies admit what was run. Made by
 * policy/ima_verdict.c.
 */
#ifndef MEASURE_IMA_FACTS_H
#define MEASURE_IMA_FACTS_H

#include "base/field.h"
#include "crypto/hash.h"
#include "measure/ima.h"
#include "measure/ima_dm_state.h"

#define IMA_POLICIES_MAX 8 /* one bit each in `admitting` */
#define IMA_NO_POLICY    0xff
#define IMA_REFUSALS_MAX 16
#define IMA_PATH_SHOWN   160 /* characters of a path, escaped */
#define IMA_MAPPED_MAX   16
#define IMA_MAPPED_NAME  128 /* characters: as the kernel allows */

/* Why the list is no evidence; the text is in findings.ima_check. */
enum ima_problem {
	IMA_PROBLEM_NONE,
	IMA_PROBLEM_ABSENT,
	IMA_PROBLEM_MALFORMED,
	IMA_PROBLEM_QUOTE,     /* no prefix of it is what was quoted */
	IMA_PROBLEM_TEMPLATE,  /* a logged digest is not of its data */
	IMA_PROBLEM_AGGREGATE, /* it does not begin with this boot */
	IMA_PROBLEMS
};

/* An entry that a policy does not admit. */
struct ima_refusal {
	uint64_t index;
	uint8_t result;              /* enum ci_result */
	uint8_t digest[SHA256_SIZE]; /* of the file; zero: none of SHA-256 */
	struct bytes path;           /* escaped */
};
extern const struct fields ima_refusal_fields;

/* Where a list may be gone on with: all before it was admitted. */
struct ima_cursor {
	uint64_t next;
	uint8_t value[SHA256_SIZE]; /* PCR 10 before entry `next` */
	uint8_t admitting;          /* bit n: policy n admits all before */
};
extern const struct fields ima_cursor_fields;
#define IMA_CURSOR_START ((struct ima_cursor){ .admitting = 0xff })

/* A device of device-mapper, by the events that the quote covers. */
struct ima_mapped {
	struct bytes name; /* plain: letters, digits, '.', '_', '-' */
	uint8_t kind;      /* enum ima_dm_kind: VERITY or CRYPT */
};
extern const struct fields ima_mapped_fields;

/* Indices count from the first entry of the boot on. */
struct ima_facts {
	uint8_t problem;            /* enum ima_problem */
	uint64_t first;             /* entry that the list sent begins with */
	uint64_t n_entries;         /* behind the last that was sent */
	uint64_t n_covered;         /* behind the last that the quote covers */
	uint8_t value[SHA256_SIZE]; /* PCR 10 there */
	/* Of the entries from `first` on that the quote covers: */
	uint64_t n_violations;
	uint64_t n_events;  /* buffers: keys, critical data */
	uint8_t admitting;  /* bit n: policy n admits them, and all before */
	uint8_t nearest;    /* the policy that refuses the fewest */
	uint64_t n_refused; /* by that one */
	size_t n_refusals;  /* the first of them */
	struct ima_refusal refusals[IMA_REFUSALS_MAX];
	struct ima_cursor cursor; /* for the next time */
	/*
	 * Devices are known where the list is whole, every event of
	 * device-mapper was understood, and no device has another's name.
	 */
	bool mapped_known;
	size_t n_mapped;
	struct ima_mapped mapped[IMA_MAPPED_MAX];
};
extern const struct fields ima_facts_fields;

/*
 * That they do not contradict themselves; examined: findings.ima_check is not
 * FINDING_NONE, good: it is FINDING_GOOD.
 */
MUST_CHECK int ima_facts_check(const struct ima_facts *f, bool examined,
    bool good, struct diag *d);

#endif
