/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an attempt to attest proves, apart from judgement: the registered
 * host's keys, the activation, quote and certify over one transcript. Pure:
 * the registry's record and the findings come as arguments, so that a test
 * verifies by the very code that the service runs.
 */
#ifndef HGS_ATTEST_VERIFY_H
#define HGS_ATTEST_VERIFY_H

#include "hgs/attest/token.h"
#include "policy/proof.h"
#include "proto/attest.h"
#include "proto/records.h"

/* AkMismatch, ActivationFailed. */
MUST_CHECK int identity_verify(const struct attest_parts *parts,
    const struct attest_request *request, const struct token *token,
    const struct host_record *host, struct diag *d);
/*
 * signer: SHA-256 of the attestation signer's certificate. proof_check() over
 * the transcript of what was received.
 */
MUST_CHECK int proof_verify(const struct attest_parts *parts,
    const struct token *token, const struct findings *f,
    const uint8_t signer[static 32], struct proof *ret, struct diag *d);

#endif
