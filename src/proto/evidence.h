/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence bundle, application/vnd.shieldwall.evidence (doc/PROTOCOL.
 * attestation): what a host shows for itself, the same bytes on the wire, in
 * a file and in a bug report.
 *
 *   "SWEV", u8 version = 1, u16 count, then parts {u16 type, u32 length,
 *   bytes}; types strictly ascending, none unknown, nothing after the last.
 *
 * Nothing in it is trusted, and no part is looked into here.
 */
#ifndef PROTO_EVIDENCE_H
#define PROTO_EVIDENCE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

#define EVIDENCE_MEDIA_TYPE  "application/vnd.shieldwall.evidence"
#define EVIDENCE_VERSION     1
#define EVIDENCE_MAX         ((size_t)64 << 20) /* the whole bundle */
#define EVIDENCE_SMALL_MAX   4096               /* parts 1 to 7 */
#define EVIDENCE_CMDLINE_MAX ((size_t)64 << 10)
#define EVIDENCE_PCR15_MAX   ((size_t)64 << 10)

enum evidence_part {
	EVIDENCE_REQUEST = 1,       /* JSON */
	EVIDENCE_QUOTE = 2,         /* TPMS_ATTEST */
	EVIDENCE_QUOTE_SIG = 3,     /* TPMT_SIGNATURE */
	EVIDENCE_CERTIFY = 4,       /* TPMS_ATTEST */
	EVIDENCE_CERTIFY_SIG = 5,   /* TPMT_SIGNATURE */
	EVIDENCE_AK = 6,            /* TPMT_PUBLIC */
	EVIDENCE_HK = 7,            /* TPMT_PUBLIC */
	EVIDENCE_BOOT_LOG = 8,      /* TCG log */
	EVIDENCE_IMA_LOG = 9,       /* binary_runtime_measurements */
	EVIDENCE_CMDLINE = 10,      /* kernel command line text */
	EVIDENCE_PCR15_RECORDS = 11 /* guard-early's events in order */
};
#define EVIDENCE_FIRST_BULK EVIDENCE_BOOT_LOG
#define EVIDENCE_PARTS      12 /* array size, index = type; 0 is unused */

struct evidence {
	struct bytes part[EVIDENCE_PARTS]; /* views; p NULL when absent */
};

/* "boot log"; "unknown part" for what is none. */
const char *evidence_part_name(unsigned type);
/* The largest that a part may be. */
size_t evidence_part_max(unsigned type);

MUST_CHECK int evidence_decode(struct bytes in, struct evidence *ret,
    struct diag *d);
/* Appends; an absent part (p NULL) is left out, an empty one is kept. */
MUST_CHECK int evidence_encode(const struct evidence *e, struct buf *ret,
    struct diag *d);

#endif
