/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every bank of a TPM (or a confidential guest's registers) holds after
 * the events of any log. For people and offline comparison: evidence is
 * replayed by measure/replay.h, in the SHA-256 bank alone.
 */
#ifndef MEASURE_REPLAY_BANKS_H
#define MEASURE_REPLAY_BANKS_H

#include "crypto/hash.h"
#include "measure/tcglog.h"
#include "tpm/pcr.h"

struct replay_bank {
	uint16_t alg; /* TPM_ALG_ID */
	enum hash_alg hash;
	bool known;        /* false: cannot be replayed (SHA-3) */
	uint32_t extended; /* bit n: the log extends PCR n in this bank */
	uint32_t
	    n_missing; /* events that extend, with no digest of this bank */
	uint8_t v[PCR_COUNT][HASH_SIZE_MAX]; /* hash_size(hash) bytes each */
};

struct replay_banks {
	size_t n;
	struct replay_bank bank[TCGLOG_ALGS_MAX]; /* in the header's order */
	uint32_t extended;                        /* in any bank */
	uint8_t locality;                         /* PCR 0 started from it */
	bool has_locality; /* a StartupLocality event told it */
	bool hcrtm;        /* EV_EFI_HCRTM_EVENT: it is 4 */
	bool launched;     /* a dynamic launch: PCR 17-22 started from 0 */
};

/* PCR 17-22 start as 0xFF and all others as 0; all registers as 0. */
void replay_banks_start(const struct tcglog *log, struct replay_banks *ret);
/*
 * One event, in each bank that it has a digest of. An EV_NO_ACTION extends
 * nothing; its startup locality is looked at as in replay_event(). The first
 * event in PCR 17 shows a dynamic launch (TCG D-RTM Architecture 1.0), which
 * resets PCR 17-22 to zero. An error leaves *b as it was, so that somebody who
 * only shows a log can go on.
 */
MUST_CHECK int replay_banks_event(struct replay_banks *b,
    const struct tcg_event *e, struct diag *d);
/* The whole log; the first error is the result. */
MUST_CHECK int replay_banks_log(const struct tcglog *log,
    struct replay_banks *ret, struct diag *d);

/* NULL when the log has no such bank. */
const struct replay_bank *replay_banks_find(const struct replay_banks *b,
    uint16_t alg);
struct bytes replay_bank_value(const struct replay_bank *bank, unsigned pcr);
/* "sha256", or "0x0027" for one that is not known. */
#define REPLAY_BANK_NAME_SIZE 8
void replay_bank_name(const struct replay_bank *bank,
    char ret[static REPLAY_BANK_NAME_SIZE]);
/* TPM_ALG_ID to the hash; false when there is none. */
MUST_CHECK bool replay_bank_hash(uint16_t alg, enum hash_alg *ret);

#endif
