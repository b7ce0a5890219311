/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was judged about a host, and why. All zero is a refusal.
 */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include "base/field.h"
#include "base/reason.h"
#include "crypto/hash.h"

#define VERDICT_SUBS_MAX    20
#define VERDICT_REASONS_MAX 32
#define VERDICT_NOTES_MAX   16
#define VERDICT_TEXT_MAX    250
#define VERDICT_NAME_MAX    64
#define VERDICT_NO_PCR      0xff
#define VERDICT_NO_EVENT    0xffffffffu

enum verdict_status {
	VERDICT_REFUSED = 0, /* "InsecureHostConfiguration" */
	VERDICT_PASSED = 1   /* "Passed" */
};

struct verdict_sub {
	uint16_t policy; /* enum policy */
	uint16_t reason; /* enum reason; REASON_NONE: passed */
};

struct verdict_reason {
	uint16_t code; /* enum reason */
	uint16_t policy;
	uint8_t pcr;
	uint32_t event; /* extended event of the log, from 0 */
	bool digests;   /* expected and got are set */
	uint8_t expected[SHA256_SIZE];
	uint8_t got[SHA256_SIZE];
	struct bytes text; /* points into the verdict's own texts */
};

struct verdict {
	uint8_t status;
	size_t n_sub; /* one per enabled policy */
	struct verdict_sub sub[VERDICT_SUBS_MAX];
	size_t n_reasons;
	struct verdict_reason reasons[VERDICT_REASONS_MAX];
	/* What an auditing policy did not admit: no reason to refuse. */
	size_t n_notes;
	struct verdict_reason notes[VERDICT_NOTES_MAX];
	bool matched;          /* a baseline matched completely */
	struct bytes baseline; /* name of the one that matched or is nearest */
	size_t baseline_index; /* in the judge's list */
	bool ci_judged;        /* a code integrity policy passed it */
	struct bytes ci;       /* its name */
	size_t ci_index;       /* in the judge's list */
	/* Storage of the views above: a verdict is copied by verdict_copy(). */
	char texts[VERDICT_REASONS_MAX][VERDICT_TEXT_MAX];
	char note_texts[VERDICT_NOTES_MAX][VERDICT_TEXT_MAX];
	char name[VERDICT_NAME_MAX];
	char ci_name[VERDICT_NAME_MAX];
};
extern const struct fields verdict_fields;

const char *verdict_status_name(const struct verdict *v);
void verdict_copy(const struct verdict *in, struct verdict *ret);
/* One more reason; the last one is overwritten when there are too many. */
struct verdict_reason *verdict_add(struct verdict *v, enum reason code,
    uint16_t policy, const char *fmt, ...) PRINTF(4, 5);
/* The same for notes. */
struct verdict_reason *verdict_note(struct verdict *v, enum reason code,
    uint16_t policy, const char *fmt, ...) PRINTF(4, 5);

#endif
