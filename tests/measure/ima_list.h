/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks IMA lists as a verifier does, and builds entries as a kernel does.
 */
#ifndef TESTS_MEASURE_IMA_LIST_H
#define TESTS_MEASURE_IMA_LIST_H

#include "measure/ima.h"
#include "t.h"

/* HASH_SHA1 to HASH_SM3 */
#define LIST_BANKS 5

struct list_result {
	int err; /* ERR_NOT_FOUND: read to its end */
	struct diag d;
	size_t n, n_violations, n_sigs;
	size_t n_mismatches;
	uint64_t first_mismatch;
	size_t off; /* where it ended */
	uint8_t pcr[LIST_BANKS][HASH_SIZE_MAX];
	struct ima_entry last; /* views into the list */
};

/* Takes p over, to hold it as long as the test lasts. */
static inline void *
list_keep(void *p, size_t n)
{
	static struct kept {
		struct kept *before;
		uint64_t bytes[];
	} * last;
	struct kept *k = malloc(sizeof(*k) + n);

	if (k == NULL)
		t_bail("out of memory");
	k->before = last;
	memcpy(k->bytes, p, n);
	last = k;
	free(p);
	return k->bytes;
}

static inline struct list_result
list_walk(enum ima_form form, enum hash_alg alg, struct bytes list)
{
	static struct ima_scratch scratch;
	static struct ima_iter it;
	struct list_result r = { 0 };
	struct ima_entry e;

	ima_iter_start(&it, form, alg, list, 0);
	ima_iter_scratch(&it, &scratch);
	while ((r.err = ima_next(&it, &e, &r.d)) == ERR_OK) {
		ima_check(&e);
		if (!e.violation && !e.template_ok && r.n_mismatches++ == 0)
			r.first_mismatch = e.index;
		r.n_violations += e.violation ? 1 : 0;
		r.n_sigs += e.sig.len != 0 ? 1 : 0;
		r.n++;
		for (unsigned i = 0; i < LIST_BANKS; i++)
			ima_extend((enum hash_alg)i, &e, r.pcr[i]);
		r.last = e;
	}
	r.off = it.off;
	return r;
}

#endif
