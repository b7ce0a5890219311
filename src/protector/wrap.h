/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrap: CMS AuthEnvelopedData (RFC 5083, AES-256-GCM of RFC 5084, no
 * authAttrs), recipients exactly a given list in its order. GCM does not
 * authenticate the recipients: the list and the seal's tag do.
 * doc/FORMAT.protector; `openssl cms -decrypt` opens it.
 */
#ifndef PROTECTOR_WRAP_H
#define PROTECTOR_WRAP_H

#include "guardian/guardian.h"

#define WRAP_RECIPIENTS_MAX 17
#define WRAP_PLAIN_MAX      4096
#define WRAP_MAX            (16 * 1024)

/* Fresh random bytes for one wrap; wiped by the caller. */
struct wrap_random {
	uint8_t cek[32];
	uint8_t nonce[12];
};

struct wrap_recipient {
	bool ec; /* kari, else ktri */
	struct bytes ski;
	struct bytes ephemeral; /* kari: uncompressed point */
	struct bytes key;       /* encrypted or wrapped content key */
};

/* Views into the wrap. */
struct wrap {
	struct bytes der;
	struct wrap_recipient list[WRAP_RECIPIENTS_MAX];
	size_t n;
	struct bytes nonce, ciphertext, mac;
};

/* `to` are encryption certificates. Appends to ret. */
MUST_CHECK int wrap_make(const struct guardian_cert *const *to, size_t n,
    struct bytes plaintext, const struct wrap_random *random, struct buf *ret,
    struct diag *d);
/* ProtectorInvalid unless the recipients are exactly `to`. */
MUST_CHECK int wrap_parse(struct bytes der,
    const struct guardian_cert *const *to, size_t n, struct wrap *ret,
    struct diag *d);
/* ProtectorNotOpenable, whatever the cause. */
MUST_CHECK int wrap_open(const struct wrap *w, size_t index,
    const struct guardian_cert *cert, const struct key *private_key,
    struct secret *ret, struct diag *d);

#endif
