/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service's private keys: passphrase containers in the store's bucket
 * "key", opened once per process, for the uses that process may have.
 */
#ifndef HGS_COMMON_KEYRING_H
#define HGS_COMMON_KEYRING_H

#include "base/secret.h"
#include "crypto/key.h"
#include "proto/records.h"

#define KEYRING_MAX       32
#define KEYRING_NAME_SIZE 64

struct keyring_key {
	char name[KEYRING_NAME_SIZE];
	uint8_t use; /* enum key_use */
	bool primary;
	struct key *key;      /* private, or public; NULL for KEY_USE_SHARED */
	struct secret shared; /* KEY_USE_SHARED */
	struct buf certificate;
};

struct keyring {
	struct keyring_key keys[KEYRING_MAX];
	size_t n;
};

void keyring_free(struct keyring *k);
#define auto_keyring CLEANUP(keyring_free)

/*
 * Opens every enabled key whose use is in `uses` (bits 1 << enum key_use).
 * PassphraseWrong; ERR_NOT_FOUND when a use has no primary key. *ret must be
 * zero; it is replaced only on success.
 */
MUST_CHECK int keyring_load(int store_fd, struct bytes passphrase,
    uint32_t uses, struct keyring *ret, struct diag *d);
/* The same keys' public halves, from their certificates; no passphrase. */
MUST_CHECK int keyring_load_public(int store_fd, uint32_t uses,
    struct keyring *ret, struct diag *d);
/* NULL when there is none. */
const struct keyring_key *keyring_primary(const struct keyring *k,
    enum key_use use);

#endif
