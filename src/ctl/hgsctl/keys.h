/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a new HGS, in memory: generated, read from PEM files, or taken
 * from a backup.
 */
#ifndef CTL_HGSCTL_KEYS_H
#define CTL_HGSCTL_KEYS_H

#include "base/buf.h"
#include "base/secret.h"
#include "proto/records.h"

#define SERVICE_KEYS_MAX 16

struct service_key {
	char id[64]; /* name in the store's bucket "key" */
	uint8_t use; /* enum key_use */
	bool primary;
	struct buf certificate; /* DER; SPKI of the audit key */
	struct secret plain;    /* PKCS#8, or the 32 shared bytes */
};

struct service_keys {
	struct service_key list[SERVICE_KEYS_MAX];
	size_t n;
};

void service_keys_free(struct service_keys *k);
#define auto_service_keys CLEANUP(service_keys_free)

struct service_keys_new {
	struct bytes name; /* of the HGS */
	uint64_t now;
	struct bytes sign;    /* PEM of certificate and key, or empty */
	struct bytes encrypt; /* the same; both or none */
};
/* Attestation signer, guardian's two, audit key, shared key. */
MUST_CHECK int service_keys_make(const struct service_keys_new *in,
    struct service_keys *ret, struct diag *d);
/* NULL when there is none. */
const struct service_key *service_keys_primary(const struct service_keys *k,
    enum key_use use);
/* Room for one more, with this id, use and contents. */
MUST_CHECK int service_keys_add(struct service_keys *k, const char *id,
    enum key_use use, struct bytes certificate, struct bytes plain,
    struct diag *d);
/* Hex of the guardian's fingerprint, 64 characters. */
void service_keys_fingerprint(const struct service_keys *k,
    char ret[static 65]);

#endif
