/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings against a baseline, event by event. No differences, and only that,
 * is a match. Each difference names the component that it is about: where the
 * baseline has an event, by the baseline's own words.
 */
#ifndef POLICY_COMPARE_H
#define POLICY_COMPARE_H

#include "policy/baseline.h"
#include "policy/component.h"

#define DIFFERENCES_MAX 64
#define DIFFERENCE_TEXT 192

enum difference_kind {
	DIFFERENCE_CHANGED, /* another digest */
	DIFFERENCE_ADDED,   /* an event the baseline does not have */
	DIFFERENCE_MISSING, /* an event the host does not have */
	DIFFERENCE_VALUE,   /* same events, another value: startup locality */
	DIFFERENCE_CMDLINE, /* text or where it is bound */
	DIFFERENCE_FINDINGS /* the findings cannot be compared at all */
};

#define DIFFERENCE_NO_PCR 0xff

struct difference {
	uint8_t kind;
	uint8_t component; /* enum component */
	uint8_t pcr;       /* or DIFFERENCE_NO_PCR */
	uint32_t nth;      /* event within the PCR, from 0 */
	uint32_t event;    /* extended event of the whole log, from 0, or ~0 */
	uint8_t expected[SHA256_SIZE]; /* zero where there is none */
	uint8_t got[SHA256_SIZE];
	char text[DIFFERENCE_TEXT];
};

struct comparison {
	bool equal;      /* set only after everything was compared */
	uint32_t n_pcrs; /* that differ */
	size_t n;
	bool cut; /* there are more than DIFFERENCES_MAX */
	struct difference list[DIFFERENCES_MAX];
};

void baseline_compare(const struct baseline *b, const struct findings *f,
    struct comparison *ret);
/* Bit n: some difference is about component n. */
uint32_t comparison_components(const struct comparison *c);

#endif
