/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's boot log: TCG PC Client Platform Firmware Profile 1.05,
 * 10.2 (TCG_PCR_EVENT2, crypto-agile) and 10.4.5.1 (TCG_EfiSpecIDEvent). The
 * older SHA-1 form (TCG_PCR_EVENT) is told apart so that it can be refused
 * with its name. Parsing decides nothing: types, order and data are the host's
 * words until a replay and a digest bear them out.
 */
#ifndef MEASURE_TCGLOG_H
#define MEASURE_TCGLOG_H

#include "base/err.h"
#include "base/reader.h"

#define TCGLOG_ALGS_MAX   8
#define TCGLOG_EVENTS_MAX 65536
#define TCGLOG_DATA_MAX   ((size_t)1 << 20) /* of one event */

/* Event types that the product knows by name (10.4.1). */
#define EV_NO_ACTION              0x00000003u
#define EV_SEPARATOR              0x00000004u
#define EV_EVENT_TAG              0x00000006u
#define EV_IPL                    0x0000000du
#define EV_EFI_VARIABLE_CONFIG    0x80000001u /* _DRIVER_CONFIG */
#define EV_EFI_VARIABLE_BOOT      0x80000002u
#define EV_EFI_APPLICATION        0x80000003u /* _BOOT_SERVICES_APPLICATION */
#define EV_EFI_GPT                0x80000006u
#define EV_EFI_ACTION             0x80000007u
#define EV_EFI_VARIABLE_AUTHORITY 0x800000e0u

struct tcglog_alg {
	uint16_t id; /* TPM_ALG_ID */
	uint16_t size;
};

struct tcglog {
	struct bytes in;
	bool legacy; /* SHA-1 only: can be walked, is never evidence */
	size_t n_algs;
	struct tcglog_alg algs[TCGLOG_ALGS_MAX];
};

struct tcg_digest {
	uint16_t alg;
	struct bytes digest;
};

struct tcg_event {
	uint32_t index; /* from 0; the header of a crypto-agile log counts */
	uint32_t pcr;
	uint32_t type;
	size_t offset;
	size_t n_digests;
	struct tcg_digest digests[TCGLOG_ALGS_MAX];
	struct bytes data;
	bool hashed; /* set by tcg_event_hash() */
};

struct tcglog_iter {
	const struct tcglog *log;
	struct reader r;
	uint32_t next;
};

/* All views point into `in`. Only the head is read: see tcglog_next(). */
MUST_CHECK int tcglog_open(struct bytes in, struct tcglog *ret, struct diag *d);
bool tcglog_has_bank(const struct tcglog *log, uint16_t alg);

/* Starts at the first event behind the header. */
struct tcglog_iter tcglog_iter(const struct tcglog *log);
/*
 * ERR_NOT_FOUND at the log's end (which may be padded with zeros or 0xFF);
 * any other error: the log is malformed at it->r.off.
 */
MUST_CHECK int tcglog_next(struct tcglog_iter *it, struct tcg_event *ret,
    struct diag *d);

/*
 * Notes whether data hash to the SHA-256 digest. Databases of revoked hashes
 * are most of a log, so this is done once for all who want to know.
 */
void tcg_event_hash(struct tcg_event *e);
/* Empty when the event has no digest of this bank. */
struct bytes tcg_event_digest(const struct tcg_event *e, uint16_t alg);
/* "EV_SEPARATOR", or "event type 0x1234" through a caller's array. */
const char *tcg_event_type_name(uint32_t type, char *ret, size_t size);

#endif
