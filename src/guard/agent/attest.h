/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attestation, from the challenge to the certificate in guard-tpm's hands:
 * blocking, run in a child of guardd. It holds no secret: the release key is
 * encrypted to the host key.
 */
#ifndef GUARD_AGENT_ATTEST_H
#define GUARD_AGENT_ATTEST_H

#include "guard/common/guard_conf.h"
#include "proto/attest.h"

#define ATTEST_EVIDENCE_MAX ((size_t)64 << 20)

/* Where this host's parts are, with the root in front. */
struct attest_place {
	char tpm_socket[512];
	char boot_log[512];
	char ima_log[512];
	char command_line[512];
	char bundle[512];      /* the last evidence is kept here */
	char certificate[512]; /* and the last health certificate, DER */
};

struct attest_result {
	struct bytes url;    /* the HGS that answered */
	struct bytes status; /* of the reference's vocabulary */
	struct bytes certificate;
	uint64_t max_age;   /* release_max_age of the HGS */
	uint64_t skew;      /* seconds between the clocks */
	struct bytes error; /* encoded struct wire_error; empty: Passed */
};
extern const struct fields attest_result_fields;

/*
 * Tries url, then fallback where the first cannot be reached. ERR_OK for a
 * refusal too; an error is something that may pass (network, TPM).
 * *ret_reason_status: the AttestationStatus that an error stands for.
 */
MUST_CHECK int attest_run(const struct guard_conf *conf,
    const struct attest_place *place, struct buf *storage,
    struct attest_result *ret, const char **ret_status, struct diag *d);

#endif
