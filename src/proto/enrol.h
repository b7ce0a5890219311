/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The enrolment file that 'guardctl enrol' writes and 'hgsctl host add' reads:
 * a host's identity, and what it would have as baseline and policy.
 * doc/FORMAT.enrolment.
 *
 *   "SWEN", u8 version = 1, then the fields of struct enrolment; nothing after.
 *
 * All of it is the host's own word: nothing is true because it stands here.
 */
#ifndef PROTO_ENROL_H
#define PROTO_ENROL_H

#include "proto/attest.h"

#define ENROL_BASELINE_MAX ((size_t)192 << 10)
#define ENROL_CI_MAX       ((size_t)1 << 20)
#define ENROL_MAX          ((size_t)2 << 20)

struct enrolment {
	struct bytes name;           /* what the host calls itself */
	struct bytes ek_certificate; /* DER; may be empty */
	struct bytes ek_public;      /* TPMT_PUBLIC */
	struct bytes ak_public;      /* TPMT_PUBLIC */
	struct bytes baseline;       /* FORMAT.baseline; may be empty */
	struct bytes ci_policy;      /* may be empty */
};

/* Appends the file. */
MUST_CHECK int enrolment_encode(const struct enrolment *e, struct buf *ret,
    struct diag *d);
/* FileInvalid; views point into the input. */
MUST_CHECK int enrolment_decode(struct bytes in, struct enrolment *ret,
    struct diag *d);

#endif
