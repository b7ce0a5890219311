/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPM2_MakeCredential in software; see credential.h. The TPM's own key
 * derivations (Part 1, 11.4.10) are here because nothing else uses them.
 */
#include "tpm/credential.h"

#include <string.h>

#include "crypto/cfb.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "tpm/public.h"

/* The labels are hashed with their NUL, and OAEP takes it too. */
static const char label_identity[] = "IDENTITY";
static const char label_storage[] = "STORAGE";
static const char label_integrity[] = "INTEGRITY";

#define LABEL(text) bytes_of(text, sizeof(text))

/* KDFa (Part 1, 11.4.10.2) with SHA-256, for at most 256 bits. */
static void
kdf_a(struct bytes key, struct bytes label, struct bytes context, uint16_t bits,
    uint8_t ret[static SHA256_SIZE])
{
	static const uint8_t one[4] = { 0, 0, 0, 1 };
	const uint8_t size[4] = { 0, 0, (uint8_t)(bits >> 8), (uint8_t)bits };
	const struct bytes parts[] = { BYTES_OF_ARRAY(one), label, context,
		BYTES_OF_ARRAY(size) };

	hmac_sha256(key, parts, ARRAY_LEN(parts), ret);
}

/* KDFe (Part 1, 11.4.10.3) with SHA-256, for 256 bits. */
static void
kdf_e(struct bytes z, struct bytes label, struct bytes party_u,
    struct bytes party_v, uint8_t ret[static SHA256_SIZE])
{
	static const uint8_t one[4] = { 0, 0, 0, 1 };
	const struct bytes parts[] = { BYTES_OF_ARRAY(one), z, label, party_u,
		party_v };

	hash_parts(HASH_SHA256, parts, ARRAY_LEN(parts), ret);
}

/* The seed, encrypted to an RSA key (Part 1, B.10.4). */
static int
seed_rsa(const struct key *ek, struct bytes seed, struct secret *ret_seed,
    struct credential *c, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(sizeof(c->secret));
	int rc;

	if (seed.len != SHA256_SIZE)
		return diag_fail(d, ERR_USAGE, "credential: seed of %zu bytes",
		    seed.len);
	if ((rc = rsa_oaep_encrypt(ek, LABEL(label_identity), seed, &b, d)) < 0)
		return rc;
	BUG_ON(b.len > sizeof(c->secret));
	memcpy(c->secret, b.p, b.len);
	c->secret_len = b.len;
	return secret_copy(ret_seed, seed, d);
}

/* The seed agreed with an ECC key (Part 1, C.6.4): TPMS_ECC_POINT is sent. */
static int
seed_ecc(const struct key *ek, const struct key *ephemeral,
    struct secret *ret_seed, struct credential *c, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(sizeof(c->secret));
	auto_secret struct secret z = SECRET_NONE;
	uint8_t own[P256_POINT_SIZE], peer[P256_POINT_SIZE];
	int rc;

	if (ephemeral == NULL || key_type(ephemeral) != KEY_P256)
		return diag_fail(d, ERR_USAGE,
		    "credential: no ephemeral P-256 key");
	if ((rc = secret_alloc(&z, P256_SIZE, d)) < 0 ||
	    (rc = secret_alloc(ret_seed, SHA256_SIZE, d)) < 0 ||
	    (rc = ecdh_derive(ephemeral, ek, z.p, z.len, d)) < 0)
		return rc;
	key_p256_point(ephemeral, own);
	key_p256_point(ek, peer);
	kdf_e(secret_bytes(&z), LABEL(label_identity),
	    bytes_of(own + 1, P256_SIZE), bytes_of(peer + 1, P256_SIZE),
	    ret_seed->p);
	if (!buf_put_be16_blob(&b, bytes_of(own + 1, P256_SIZE)) ||
	    !buf_put_be16_blob(&b, bytes_of(own + 1 + P256_SIZE, P256_SIZE)))
		return buf_check(&b, "credential", d);
	memcpy(c->secret, b.p, b.len);
	c->secret_len = b.len;
	return ERR_OK;
}

/* TPMS_ID_OBJECT (Part 2, 12.4.3; Part 1, 24.4 and 24.5). */
static int
seal(struct bytes seed, const uint8_t *ak_name, struct bytes secret,
    struct credential *c, struct diag *d)
{
	const struct bytes name = bytes_of(ak_name, TPM_NAME_SIZE);
	auto_secret struct secret keys = SECRET_NONE;
	uint8_t *mac = c->blob + 2, *sealed = mac + SHA256_SIZE;
	uint8_t *mac_key;
	int rc;

	if ((rc = secret_alloc(&keys, 2 * (size_t)SHA256_SIZE, d)) < 0)
		return rc;
	mac_key = keys.p + SHA256_SIZE;
	kdf_a(seed, LABEL(label_storage), name, 128, keys.p);
	kdf_a(seed, LABEL(label_integrity), BYTES_NONE, 256, mac_key);

	sealed[0] = 0;
	sealed[1] = CREDENTIAL_SECRET_SIZE;
	memcpy(sealed + 2, secret.p, CREDENTIAL_SECRET_SIZE);
	aes128_cfb_encrypt(keys.p, sealed, 2 + CREDENTIAL_SECRET_SIZE);

	const struct bytes parts[] = {
		bytes_of(sealed, 2 + CREDENTIAL_SECRET_SIZE), name
	};
	c->blob[0] = 0;
	c->blob[1] = SHA256_SIZE;
	hmac_sha256(bytes_of(mac_key, SHA256_SIZE), parts, ARRAY_LEN(parts),
	    mac);
	c->blob_len = sizeof(c->blob);
	return ERR_OK;
}

int
credential_make(struct bytes ek_public,
    const uint8_t ak_name[static TPM_NAME_SIZE], struct bytes secret,
    struct bytes seed, const struct key *ephemeral, struct credential *ret,
    struct diag *d)
{
	auto_secret struct secret agreed = SECRET_NONE;
	auto_key struct key *ek = NULL;
	struct credential c = { 0 };
	int rc;

	if (secret.len != CREDENTIAL_SECRET_SIZE)
		return diag_fail(d, ERR_USAGE,
		    "credential: secret of %zu bytes", secret.len);
	if ((rc = public_is_ek(ek_public, d)) < 0 ||
	    (rc = public_key(ek_public, &ek, d)) < 0)
		return rc;
	rc = key_type(ek) == KEY_RSA ? seed_rsa(ek, seed, &agreed, &c, d)
				     : seed_ecc(ek, ephemeral, &agreed, &c, d);
	if (rc < 0 ||
	    (rc = seal(secret_bytes(&agreed), ak_name, secret, &c, d)) < 0)
		return rc;
	*ret = c;
	return ERR_OK;
}
