/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's boot log: TCG PC Client Platform Firmware Profile 1.05,
 * 10.2 (TCG_PCR_EVENT2, crypto-agile) and 10.4.5.1 (TCG_EfiSpecIDEvent). The
 * older SHA-1 form (TCG_PCR_EVENT) is told apart so that it can be refused as
 * evidence with its name. Logs of confidential guests (CCEL) have the same
 * form. Parsing decides nothing: types, order and data are the host's words
 * until a replay and a digest bear them out.
 */
#ifndef MEASURE_TCGLOG_H
#define MEASURE_TCGLOG_H

#include "base/err.h"
#include "base/reader.h"

#define TCGLOG_ALGS_MAX   8
#define TCGLOG_EVENTS_MAX 65536
#define TCGLOG_DATA_MAX   ((size_t)1 << 20) /* of one event */

/* Event types that the product knows by name (10.4.1). */
#define EV_PREBOOT_CERT             0x00000000u
#define EV_POST_CODE                0x00000001u
#define EV_NO_ACTION                0x00000003u
#define EV_SEPARATOR                0x00000004u
#define EV_ACTION                   0x00000005u
#define EV_EVENT_TAG                0x00000006u
#define EV_S_CRTM_CONTENTS          0x00000007u
#define EV_S_CRTM_VERSION           0x00000008u
#define EV_CPU_MICROCODE            0x00000009u
#define EV_PLATFORM_CONFIG_FLAGS    0x0000000au
#define EV_TABLE_OF_DEVICES         0x0000000bu
#define EV_COMPACT_HASH             0x0000000cu
#define EV_IPL                      0x0000000du
#define EV_IPL_PARTITION_DATA       0x0000000eu
#define EV_NONHOST_CODE             0x0000000fu
#define EV_NONHOST_CONFIG           0x00000010u
#define EV_NONHOST_INFO             0x00000011u
#define EV_OMIT_BOOT_DEVICE_EVENTS  0x00000012u
#define EV_EFI_VARIABLE_CONFIG      0x80000001u /* _DRIVER_CONFIG */
#define EV_EFI_VARIABLE_BOOT        0x80000002u
#define EV_EFI_APPLICATION          0x80000003u /* _BOOT_SERVICES_APPLICATION */
#define EV_EFI_BOOT_DRIVER          0x80000004u /* _BOOT_SERVICES_DRIVER */
#define EV_EFI_RUNTIME_DRIVER       0x80000005u /* _RUNTIME_SERVICES_DRIVER */
#define EV_EFI_GPT                  0x80000006u
#define EV_EFI_ACTION               0x80000007u
#define EV_EFI_FIRMWARE_BLOB        0x80000008u /* _PLATFORM_FIRMWARE_BLOB */
#define EV_EFI_HANDOFF_TABLES       0x80000009u
#define EV_EFI_FIRMWARE_BLOB2       0x8000000au /* _PLATFORM_FIRMWARE_BLOB2 */
#define EV_EFI_HANDOFF_TABLES2      0x8000000bu
#define EV_EFI_VARIABLE_BOOT2       0x8000000cu
#define EV_EFI_GPT2                 0x8000000du
#define EV_EFI_HCRTM                0x80000010u /* _HCRTM_EVENT */
#define EV_EFI_VARIABLE_AUTHORITY   0x800000e0u
#define EV_EFI_SPDM_FIRMWARE_BLOB   0x800000e1u
#define EV_EFI_SPDM_FIRMWARE_CONFIG 0x800000e2u

/* What a log is held to; evidence is held to tcglog_strict. */
struct tcglog_limits {
	uint32_t events; /* with the header */
	size_t data;     /* bytes of one event */
	bool partial;    /* an event may lack digests of some banks */
};
extern const struct tcglog_limits tcglog_strict;
/* For a person who looks at any log: nothing is judged by it. */
extern const struct tcglog_limits tcglog_any;

struct tcglog_alg {
	uint16_t id; /* TPM_ALG_ID */
	uint16_t size;
};

struct tcglog {
	struct bytes in;
	struct tcglog_limits limits;
	bool legacy; /* SHA-1 only: can be walked, is never evidence */
	/*
	 * Written by firmware of a confidential guest: an index n is not PCR n
	 * but the measurement register n, which is RTMR n - 1 (0: MRTD).
	 */
	bool registers;
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
	uint64_t offset;
	size_t n_digests;
	struct tcg_digest digests[TCGLOG_ALGS_MAX];
	struct bytes data;
	bool hashed; /* set by tcg_event_hash() */
};

struct tcglog_iter {
	const struct tcglog *log;
	struct reader r; /* over the window */
	uint64_t base;   /* where in the log the window starts */
	uint32_t next;
	bool more;    /* the log goes on behind the window */
	bool padding; /* the window was full of nothing else */
	uint8_t fill;
};

/* All views point into `in`. Only the head is read: see tcglog_next(). */
MUST_CHECK int tcglog_open(struct bytes in, struct tcglog *ret, struct diag *d);
MUST_CHECK int tcglog_open_limited(struct bytes in,
    const struct tcglog_limits *limits, struct tcglog *ret, struct diag *d);
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
 * A log that is not in memory as a whole: tcglog_open() looks at its first
 * window (the header must be in it), and tcglog_window() gives the iterator
 * another one, which starts at byte tcglog_offset() of the log. While there is
 * more, ERR_SHORT means that the window ends inside an event (or inside
 * padding) and nothing else is wrong; a window of limits.data and 1 KiB more
 * always makes progress. Views of earlier windows end with them.
 */
void tcglog_window(struct tcglog_iter *it, struct bytes window, bool more);
uint64_t tcglog_offset(const struct tcglog_iter *it);

/*
 * Notes whether data hash to the SHA-256 digest. Databases of revoked hashes
 * are most of a log, so this is done once for all who want to know.
 */
void tcg_event_hash(struct tcg_event *e);
/* Empty when the event has no digest of this bank. */
struct bytes tcg_event_digest(const struct tcg_event *e, uint16_t alg);
/* "PCR 7", "no PCR"; "MRTD" or "RTMR 1" where the log counts registers. */
#define TCGLOG_REGISTER_SIZE 24
void tcglog_register_name(const struct tcglog *log, uint32_t index,
    char ret[static TCGLOG_REGISTER_SIZE]);
/* "EV_SEPARATOR", or "event type 0x1234" through a caller's array. */
const char *tcg_event_type_name(uint32_t type, char *ret, size_t size);

#endif
