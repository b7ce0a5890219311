/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-key: holds the guardian's private keys, and releases transport keys to
 * hosts that prove themselves. Everything it is told is checked here again.
 */
#ifndef HGS_KEY_KEYHOLD_H
#define HGS_KEY_KEYHOLD_H

#include "guardian/guardian.h"
#include "hgs/common/keyring.h"
#include "ipc/service.h"

#define REQUEST_SKEW 120 /* seconds between host's and service's clock */

struct keyhold {
	int store_fd;
	bool unlocked;
	struct keyring keys;      /* guardian's, and the shared key */
	struct keyring signers;   /* attestation signers: certificates only */
	struct buf metadata;      /* metadata.xml */
	uint64_t release_max_age; /* seconds */
	uint32_t lease_seconds;
	uint64_t started;
	uint64_t n_requests, n_refusals;
};

int key_on_metadata(struct service_call *call, struct diag *d);
int key_on_call(struct service_call *call, struct diag *d);
int key_on_unlock(struct service_call *call, struct diag *d);
int key_on_reload(struct service_call *call, struct diag *d);
int key_on_status(struct service_call *call, struct diag *d);

#endif
