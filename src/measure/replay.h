/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SHA-256 bank of a TPM holds after the events of a log. The values
 * mean nothing until they equal quoted ones.
 */
#ifndef MEASURE_REPLAY_H
#define MEASURE_REPLAY_H

#include "measure/tcglog.h"
#include "tpm/pcr.h"

struct replay {
	struct pcr_values pcrs;
	uint32_t extended; /* bit n: the log extends PCR n */
	uint8_t locality;  /* startup locality: 0, 3 or 4 */
	uint8_t n_localities;
};

/* PCR 17-22 start as 0xFF, all others as 0. */
void replay_start(struct replay *ret);
/*
 * One event: an EV_NO_ACTION is never extended, and only its startup locality
 * is looked at. Refused: a PCR that does not exist, no SHA-256 digest, and a
 * second, late or strange startup locality.
 */
MUST_CHECK int replay_event(struct replay *r, const struct tcg_event *e,
    struct diag *d);
/* The same but for the hash: r->pcrs keeps what the PCRs start from. */
MUST_CHECK int replay_check(struct replay *r, const struct tcg_event *e,
    struct diag *d);
/*
 * The startup locality (10.4.5.3) that an EV_NO_ACTION tells; ERR_NOT_FOUND
 * when it tells something else.
 */
MUST_CHECK int replay_locality_parse(const struct tcg_event *e, uint8_t *ret,
    struct diag *d);
/* The whole log. */
MUST_CHECK int replay_log(const struct tcglog *log, struct replay *ret,
    struct diag *d);

/*
 * systemd-pcrphase extends PCR 11 with words and writes no log. A quote may
 * hold the log's value after any of these runs of words; 0 is "none".
 */
#define REPLAY_PHASES 7
/* E.g. "sysinit, ready". */
const char *replay_phase_name(unsigned phase);
/* *values with the words of this phase extended into PCR 11. */
void replay_phase(const struct pcr_values *values, unsigned phase,
    struct pcr_values *ret);

#endif
