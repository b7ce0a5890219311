/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-attest: holds the attestation signer, judges hosts, issues health
 * certificates. It reads fixed-size structures alone; logs are read by
 * hgs-measure, whose findings count only where the quote covers them.
 */
#ifndef HGS_ATTEST_ATTEST_H
#define HGS_ATTEST_ATTEST_H

#include "hgs/attest/policies.h"
#include "hgs/attest/token.h"
#include "hgs/common/keyring.h"
#include "ipc/service.h"

#define MEASURE_WORKERS 2
#define MEASURE_CALL_MS 20000

struct attestor {
	int store_fd;
	int measure_fd[MEASURE_WORKERS];
	unsigned next_worker;
	bool unlocked;
	struct keyring keys;       /* signer and shared key */
	uint8_t signer_digest[32]; /* SHA-256 of the signer's certificate */
	struct policies *policies;
	struct tokens tokens;
	uint64_t certificate_seconds;
	uint64_t release_max_age;
	uint64_t started;
	uint64_t n_requests, n_refusals;
	bool production;
};

/* Handlers of the permit table; call->context is struct attestor. */
int attest_on_info(struct service_call *call, struct diag *d);
int attest_on_signers(struct service_call *call, struct diag *d);
int attest_on_challenge(struct service_call *call, struct diag *d);
int attest_on_attest(struct service_call *call, struct diag *d);
int attest_on_unlock(struct service_call *call, struct diag *d);
int attest_on_reload(struct service_call *call, struct diag *d);
int attest_on_status(struct service_call *call, struct diag *d);

#endif
