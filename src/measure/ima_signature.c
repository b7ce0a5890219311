/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/integrity/integrity.h, struct signature_v2_hdr and ima_file_id;
 * digsig_asymmetric.c and ima_appraise.c are what a kernel does with them.
 */
#include "measure/ima_signature.h"

#include <string.h>

#include "base/reader.h"
#include "crypto/der.h"

#define SIGNATURE_MAX 1024

/* enum hash_algo of the kernel's uapi/linux/hash_info.h. */
static bool
alg_of(uint8_t number, enum hash_alg *ret)
{
	static const struct {
		uint8_t number;
		enum hash_alg alg;
	} algs[] = {
		{ 2, HASH_SHA1 },
		{ 4, HASH_SHA256 },
		{ 5, HASH_SHA384 },
		{ 6, HASH_SHA512 },
		{ 17, HASH_SM3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (algs[i].number == number) {
			*ret = algs[i].alg;
			return true;
		}
	return false;
}

static uint8_t
number_of(enum hash_alg alg)
{
	enum hash_alg a;

	for (uint8_t i = 0; i < UINT8_MAX; i++)
		if (alg_of(i, &a) && a == alg)
			return i;
	BUG_ON(true);
}

/* The kernel knows no third pair of type and version. */
static int
check_version(uint8_t type, uint8_t version, struct diag *d)
{
	if (type != IMA_XATTR_DIGSIG && type != IMA_XATTR_VERITY_DIGSIG)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "IMA signature: attribute of type %u is none", type);
	if (version != (type == IMA_XATTR_DIGSIG ? 2 : 3))
		return diag_fail(d, ERR_UNSUPPORTED,
		    "IMA signature: version %u with type %u", version, type);
	return ERR_OK;
}

int
ima_signature_parse(struct bytes xattr, struct ima_signature *ret,
    struct diag *d)
{
	struct reader r = reader_of(xattr);
	struct ima_signature s = { 0 };
	uint8_t alg;
	int err;

	if (!reader_u8(&r, &s.type) || !reader_u8(&r, &s.version))
		return diag_fail(d, ERR_SHORT, "IMA signature: cut short");
	if ((err = check_version(s.type, s.version, d)) < 0)
		return err;
	if (!reader_u8(&r, &alg) ||                       /* hash_algo */
	    !reader_copy(&r, s.keyid, sizeof(s.keyid)) || /* keyid */
	    !reader_be16_blob(&r, SIGNATURE_MAX, &s.sig)) /* sig_size, sig */
		return diag_fail(d, ERR_SHORT,
		    "IMA signature: cut short, or over %d bytes",
		    SIGNATURE_MAX);
	if (!alg_of(alg, &s.alg))
		return diag_fail(d, ERR_UNSUPPORTED,
		    "IMA signature: digest algorithm %u", alg);
	if (s.sig.len == 0 || reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "IMA signature: length does not fit");
	*ret = s;
	return ERR_OK;
}

static int
bad(struct diag *d, const char *problem)
{
	(void)diag_refuse(d, REASON_SignatureInvalid, "IMA signature: %s",
	    problem);
	return ERR_CRYPTO;
}

/* struct ima_file_id: type, algorithm, digest without the rest of its room. */
static void
file_id_digest(const struct ima_signature *s, struct bytes digest,
    uint8_t ret[static HASH_SIZE_MAX])
{
	const uint8_t head[] = { s->type, number_of(s->alg) };
	const struct bytes parts[] = { BYTES_OF_ARRAY(head), digest };

	hash_parts(s->alg, parts, ARRAY_LEN(parts), ret);
}

static int
verify_ecdsa(const struct ima_signature *s, struct bytes digest,
    const struct key *k, struct diag *d)
{
	struct reader in = reader_of(s->sig), seq;
	struct bytes r_number, s_number;

	if (!der_enter(&in, DER_SEQUENCE, &seq) || reader_left(&in) != 0 ||
	    !der_uint(&seq, &r_number) || !der_uint(&seq, &s_number) ||
	    reader_left(&seq) != 0)
		return bad(d, "not DER of two numbers");
	return key_verify_ecdsa_raw(k, s->alg, digest, r_number, s_number, d);
}

int
ima_signature_verify(const struct ima_signature *s, const struct ima_entry *e,
    const struct key *k, struct diag *d)
{
	uint8_t file_id[HASH_SIZE_MAX];
	struct bytes digest = e->digest.value;

	if ((e->fields & IMA_F_DIGEST) == 0 || e->violation ||
	    !e->digest.known || e->digest.alg != s->alg ||
	    digest.len != hash_size(s->alg))
		return bad(d, "of another algorithm than the file's digest");
	/* One kind's digest must not pass for the other's. */
	if (e->digest.verity != (s->type == IMA_XATTR_VERITY_DIGSIG))
		return bad(d, "of another kind than the file's digest");
	if (s->type == IMA_XATTR_VERITY_DIGSIG) {
		file_id_digest(s, digest, file_id);
		digest.p = file_id;
	}
	if (key_type(k) == KEY_RSA)
		return key_verify_rsassa(k, s->alg, digest, s->sig, d);
	return verify_ecdsa(s, digest, k, d);
}

int
ima_signature_verify_any(const struct ima_signature *s,
    const struct ima_entry *e, const struct ima_signer *signers, size_t n,
    size_t *ret_signer, struct diag *d)
{
	int err = ERR_NOT_FOUND;

	for (size_t i = 0; i < n; i++) {
		if (!bytes_equal(BYTES_OF_ARRAY(signers[i].keyid),
			BYTES_OF_ARRAY(s->keyid)))
			continue;
		err = ima_signature_verify(s, e, signers[i].key, d);
		if (err == ERR_OK) {
			*ret_signer = i;
			return ERR_OK;
		}
	}
	if (err == ERR_NOT_FOUND)
		return diag_fail(d, ERR_NOT_FOUND,
		    "IMA signature: no key %02x%02x%02x%02x", s->keyid[0],
		    s->keyid[1], s->keyid[2], s->keyid[3]);
	return err;
}

int
ima_key_id(const struct cert *cert, uint8_t ret[static IMA_KEY_ID_SIZE],
    struct diag *d)
{
	struct reader in = reader_of(cert->spki), spki;
	struct bytes id = cert->ski, algorithm, bits;
	uint8_t digest[HASH_SIZE_MAX];

	if (id.len < IMA_KEY_ID_SIZE) {
		if (!der_enter(&in, DER_SEQUENCE, &spki) ||
		    !der_whole(&spki, DER_SEQUENCE, &algorithm) ||
		    !der_bits(&spki, &bits))
			return diag_fail(d, ERR_FORMAT,
			    "certificate: malformed key");
		hash_bytes(HASH_SHA1, bits, digest);
		id = bytes_of(digest, hash_size(HASH_SHA1));
	}
	memcpy(ret, id.p + id.len - IMA_KEY_ID_SIZE, IMA_KEY_ID_SIZE);
	return ERR_OK;
}
