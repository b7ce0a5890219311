/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one walk over an IMA list of any length: its entries, and what PCR 10 is
 * after them in each bank.
 */
#ifndef CTL_SHIELD_EVIDENCE_IMA_H
#define CTL_SHIELD_EVIDENCE_IMA_H

#include "ctl/shield/window.h"
#include "measure/ima.h"

#define IMA_BANKS      ((size_t)HASH_SM3 + 1)
#define IMA_TEMPLATES  8
#define IMA_SHOWN_NAME 64

struct ima_walk {
	const char *part; /* its name in a bundle */
	bool ascii;
	enum hash_alg alg; /* of the logged digests */
	uint64_t n;
	uint64_t n_violations;
	uint64_t n_wrong; /* by ima_event_check_kind() */
	uint64_t n_other; /* entries of another PCR than 10 */
	uint64_t n_signed;
	uint64_t n_buffers; /* keys, policies, critical data */
	uint64_t first_wrong;
	bool aggregate; /* the first entry is boot_aggregate */
	size_t n_templates;
	char templates[IMA_TEMPLATES][IMA_SHOWN_NAME];
	uint8_t pcr[IMA_BANKS][HASH_SIZE_MAX]; /* by enum hash_alg */
};

typedef int (*ima_entry_fn)(struct ima_walk *w, const struct ima_entry *e,
    uint64_t offset, void *arg, struct diag *d);

/*
 * w is zero but for part and ascii. On an error *w tells what was read up to
 * there.
 */
MUST_CHECK int ima_walk(struct ima_walk *w, struct window *in, ima_entry_fn fn,
    void *arg, struct diag *d);

#endif
