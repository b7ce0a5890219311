/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hgs-attest and hgs-key answer to hgs-front: a message, or a refusal in
 * the words of base/reason.def (struct attest_outcome).
 */
#ifndef HGS_COMMON_OUTCOME_H
#define HGS_COMMON_OUTCOME_H

#include "proto/attest.h"

/* 200 with this message in its byte form. */
MUST_CHECK int outcome_message(const struct fields *f, const void *message,
    struct buf *ret, struct diag *d);
/* A refusal as it stands in `e`; its code decides the HTTP status. */
MUST_CHECK int outcome_error(const struct wire_error *e, struct buf *ret,
    struct diag *d);
/*
 * A refusal with one reason, from a failed call: its reason code, or what its
 * error comes to (InternalError, BadRequest...). Texts of internal errors stay
 * here: the other side hears the code's meaning alone.
 */
MUST_CHECK int outcome_refusal(int err, const struct diag *why,
    const char *attestation_status, struct buf *ret, struct diag *d);
/* The reason code that a failed call comes to. */
enum reason outcome_reason(int err, const struct diag *why);

#endif
