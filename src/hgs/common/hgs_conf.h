/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs.conf (hgs.conf(5)): how the service runs. Modes, policies and keys are
 * in the store and have no place here.
 */
#ifndef HGS_COMMON_HGS_CONF_H
#define HGS_COMMON_HGS_CONF_H

#include "base/err.h"

struct hgs_conf {
	/* [service] */
	char listen[256];     /* "http://ADDRESS:PORT", space between them */
	char tls_listen[256]; /* "https://ADDRESS:PORT" */
	char tls_cert[256];
	char tls_key[256];
	char url[256]; /* what hosts and tenants are told; may be empty */
	/* [keys] */
	char passphrase_file[256];
	/* [attestation] */
	uint64_t certificate_lifetime; /* seconds */
	uint64_t evidence_max;         /* bytes */
	uint64_t rate_per_peer;        /* requests in a minute */
	/* [release] */
	uint64_t release_max_age; /* seconds */
	uint64_t start_lease;     /* seconds */
	/* [store] */
	uint64_t max_size; /* bytes; 0: no limit */
};

/* root + /etc/shieldwall/hgs.conf and its drop-ins. */
MUST_CHECK int hgs_conf_load(const char *root, struct hgs_conf *ret,
    struct diag *d);

#endif
