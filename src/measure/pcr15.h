/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of PCR 15, which no firmware logs: guard-early's record of the
 * host key, the kernel lock and the IMA policy, its end mark, then whatever came
 * later.
 * The evidence part PCR15 is pcr15_list_fields over them in order.
 */
#ifndef MEASURE_PCR15_H
#define MEASURE_PCR15_H

#include "base/field.h"
#include "crypto/hash.h"
#include "tpm/types.h"

#define PCR15_LABEL      "shieldwall host key 2"
#define PCR15_END_MARK   "shieldwall end of early 1"
#define PCR15_EVENTS_MAX 64
#define PCR15_RECORD_MAX 256

struct pcr15_record {
	struct bytes label;               /* PCR15_LABEL */
	struct bytes hk_name;             /* TPM_NAME_SIZE bytes */
	uint8_t lock_digest[SHA256_SIZE]; /* zero: no lock */
	uint8_t ima_policy[SHA256_SIZE];  /* of its text; zero: none loaded */
};
extern const struct fields pcr15_record_fields;

struct pcr15_event {
	uint8_t digest[SHA256_SIZE]; /* as extended */
	struct bytes record; /* what it hashes; empty for later events */
};
extern const struct fields pcr15_event_fields;

struct pcr15_list {
	size_t n_events;
	struct pcr15_event events[PCR15_EVENTS_MAX];
};
extern const struct fields pcr15_list_fields;

/* The record's bytes; what is extended is their SHA-256. */
MUST_CHECK int pcr15_record_encode(const uint8_t hk_name[static TPM_NAME_SIZE],
    const uint8_t lock_digest[static SHA256_SIZE],
    const uint8_t ima_policy[static SHA256_SIZE], struct buf *ret,
    struct diag *d);
/*
 * The part with the record's event and the end mark's. `record` is
 * pcr15_record_encode()'s output.
 */
MUST_CHECK int pcr15_list_encode(struct bytes record, struct buf *ret,
    struct diag *d);
void pcr15_end_mark_digest(uint8_t ret[static SHA256_SIZE]);

struct pcr15_facts {
	uint8_t value[SHA256_SIZE]; /* PCR 15 after all events */
	uint32_t n_events;
	bool recorded; /* the first two events are the record and the mark */
	uint8_t hk_name[TPM_NAME_SIZE];
	uint8_t lock_digest[SHA256_SIZE];
	uint8_t ima_policy[SHA256_SIZE];
};
extern const struct fields pcr15_facts_fields;

/*
 * value and n_events are set whenever the list can be read at all, so that a
 * wrong first event is told as such and not as a quote that does not fit.
 */
MUST_CHECK int pcr15_examine(struct bytes part, struct pcr15_facts *ret,
    struct diag *d);

#endif
