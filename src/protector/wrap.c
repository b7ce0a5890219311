/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CMS AuthEnvelopedData in the one form of doc/FORMAT.protector. Reading is
 * "take apart, write again, compare", and only for a known list of recipients.
 */
#include "protector/wrap.h"

#include <string.h>

#include "crypto/aead.h"
#include "crypto/der.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/oid.h"

#define WRAPPED_CEK_SIZE (AEAD_KEY_SIZE + WRAP_OVERHEAD)

/*
 * id-RSAES-OAEP { [0] id-sha256, [1] id-mgf1 { id-sha256 } } (RFC 4055, 4.1;
 * the label is empty, so pSourceFunc is left out).
 */
static const uint8_t alg_oaep[] = { 0x30, 0x38, 0x06, 0x09, 0x2a, 0x86, 0x48,
	0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07, 0x30, 0x2b, 0xa0, 0x0d, 0x30, 0x0b,
	0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0xa1,
	0x1a, 0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x08, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
	0x04, 0x02, 0x01 };
/* ECC-CMS-SharedInfo { id-aes256-wrap, [2] 256 } (RFC 5753, 7.2). */
static const uint8_t shared_info[] = { 0x30, 0x15, 0x30, 0x0b, 0x06, 0x09, 0x60,
	0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d, 0xa2, 0x06, 0x04, 0x04,
	0x00, 0x00, 0x01, 0x00 };

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_ProtectorInvalid, "wrap: %s", what);
}

/* KeyTransRecipientInfo, RFC 5652, 6.2.1: version 2, by key identifier. */
static void
put_ktri(struct buf *b, const struct wrap_recipient *w)
{
	size_t ktri = der_begin(b, DER_SEQUENCE);

	(void)der_put_u64(b, 2);
	(void)der_put(b, DER_CONTEXT(0), w->ski);
	(void)buf_put(b, BYTES_OF_ARRAY(alg_oaep));
	(void)der_put(b, DER_OCTET_STRING, w->key);
	(void)der_end(b, ktri);
}

/* KeyAgreeRecipientInfo, RFC 5652, 6.2.2 and RFC 5753, 3.1: version 3. */
static void
put_kari(struct buf *b, const struct wrap_recipient *w)
{
	size_t kari = der_begin(b, DER_CONSTRUCTED(1)), part, inner;

	(void)der_put_u64(b, 3);
	part = der_begin(b, DER_CONSTRUCTED(0)); /* originator */
	inner = der_begin(b, DER_CONSTRUCTED(1));
	(void)der_put_algorithm(b, OID_EC_PUBLIC_KEY, false);
	(void)der_put_bits(b, w->ephemeral);
	(void)der_end(b, inner);
	(void)der_end(b, part);
	part = der_begin(b, DER_SEQUENCE); /* keyEncryptionAlgorithm */
	(void)der_put_oid(b, OID_ECDH_SHA256_KDF);
	(void)der_put_algorithm(b, OID_AES256_WRAP, false);
	(void)der_end(b, part);
	part = der_begin(b, DER_SEQUENCE); /* recipientEncryptedKeys */
	inner = der_begin(b, DER_SEQUENCE);
	size_t rid = der_begin(b, DER_CONSTRUCTED(0));
	(void)der_put(b, DER_OCTET_STRING, w->ski);
	(void)der_end(b, rid);
	(void)der_put(b, DER_OCTET_STRING, w->key);
	(void)der_end(b, inner);
	(void)der_end(b, part);
	(void)der_end(b, kari);
}

static void
put_recipient(struct buf *b, const struct wrap_recipient *w)
{
	if (w->ec)
		put_kari(b, w);
	else
		put_ktri(b, w);
}

/* EncryptedContentInfo, RFC 5652, 6.1 with GCMParameters, RFC 5084, 3.2. */
static void
put_content(struct buf *b, const struct wrap *w)
{
	size_t content = der_begin(b, DER_SEQUENCE), alg, params;

	(void)der_put_oid(b, OID_CMS_DATA);
	alg = der_begin(b, DER_SEQUENCE);
	(void)der_put_oid(b, OID_AES256_GCM);
	params = der_begin(b, DER_SEQUENCE);
	(void)der_put(b, DER_OCTET_STRING, w->nonce);
	(void)der_put_u64(b, AEAD_TAG_SIZE);
	(void)der_end(b, params);
	(void)der_end(b, alg);
	(void)der_put(b, DER_CONTEXT(0), w->ciphertext);
	(void)der_end(b, content);
}

/* AuthEnvelopedData, RFC 5083, 2.1: version 0. */
static int
put_wrap(struct buf *b, const struct wrap *w, struct bytes recipients,
    struct diag *d)
{
	size_t info = der_begin(b, DER_SEQUENCE), outer, data;

	(void)der_put_oid(b, OID_CMS_AUTH_ENVELOPED);
	outer = der_begin(b, DER_CONSTRUCTED(0));
	data = der_begin(b, DER_SEQUENCE);
	(void)der_put_u64(b, 0);
	(void)der_put(b, DER_SET, recipients);
	put_content(b, w);
	(void)der_put(b, DER_OCTET_STRING, w->mac);
	(void)der_end(b, data);
	(void)der_end(b, outer);
	(void)der_end(b, info);
	return buf_check(b, "wrap", d);
}

/* ANSI X9.63 KDF (SEC 1, 3.6.1) for one block of SHA-256. */
static void
derive_kek(struct bytes z, uint8_t ret[static AEAD_KEY_SIZE])
{
	static const uint8_t one[] = { 0, 0, 0, 1 };
	const struct bytes parts[] = { z, BYTES_OF_ARRAY(one),
		BYTES_OF_ARRAY(shared_info) };

	hash_parts(HASH_SHA256, parts, ARRAY_LEN(parts), ret);
}

static int
agree(const struct key *own, const struct key *peer,
    uint8_t ret_kek[static AEAD_KEY_SIZE], struct diag *d)
{
	uint8_t z[KEY_COORDINATE_MAX];
	size_t size = key_type(own) == KEY_P256 ? 32 : 48;
	int r;

	if ((r = ecdh_derive(own, peer, z, size, d)) == ERR_OK)
		derive_kek(bytes_of(z, size), ret_kek);
	explicit_bzero(z, sizeof(z));
	return r;
}

static int
add_ec(struct buf *b, const struct guardian_cert *to, struct bytes cek,
    struct diag *d)
{
	auto_buf struct buf wrapped = BUF_INIT(WRAPPED_CEK_SIZE);
	auto_key struct key *ephemeral = NULL;
	struct wrap_recipient w = { .ec = true, .ski = to->ski };
	uint8_t point[KEY_POINT_MAX], kek[AEAD_KEY_SIZE];
	int r;

	if ((r = key_generate(key_type(to->key), 0, &ephemeral, d)) < 0 ||
	    (r = agree(ephemeral, to->key, kek, d)) < 0)
		return r;
	r = key_wrap(kek, cek, &wrapped, d);
	explicit_bzero(kek, sizeof(kek));
	if (r < 0)
		return r;
	w.ephemeral = bytes_of(point, key_point(ephemeral, point));
	w.key = buf_bytes(&wrapped);
	put_recipient(b, &w);
	return ERR_OK;
}

static int
add_rsa(struct buf *b, const struct guardian_cert *to, struct bytes cek,
    struct diag *d)
{
	auto_buf struct buf encrypted = BUF_INIT(KEY_RSA_MODULUS_MAX);
	struct wrap_recipient w = { .ski = to->ski };
	int r;

	if ((r = rsa_oaep_encrypt(to->key, BYTES_NONE, cek, &encrypted, d)) < 0)
		return r;
	w.key = buf_bytes(&encrypted);
	put_recipient(b, &w);
	return ERR_OK;
}

int
wrap_make(const struct guardian_cert *const *to, size_t n,
    struct bytes plaintext, const struct wrap_random *random, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf recipients = BUF_INIT(WRAP_MAX);
	auto_buf struct buf sealed = BUF_INIT(WRAP_PLAIN_MAX + AEAD_TAG_SIZE);
	auto_buf struct buf out = BUF_INIT(WRAP_MAX);
	struct wrap w = { .nonce = BYTES_OF_ARRAY(random->nonce) };
	struct bytes cek = BYTES_OF_ARRAY(random->cek);
	int r;

	if (n == 0 || n > WRAP_RECIPIENTS_MAX || plaintext.len == 0 ||
	    plaintext.len > WRAP_PLAIN_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "wrap: %zu recipients, %zu bytes", n, plaintext.len);
	for (size_t i = 0; i < n; i++) {
		if (key_type(to[i]->key) == KEY_RSA)
			r = add_rsa(&recipients, to[i], cek, d);
		else
			r = add_ec(&recipients, to[i], cek, d);
		if (r < 0)
			return r;
	}
	if ((r = buf_check(&recipients, "wrap", d)) < 0 ||
	    (r = aead_seal(random->cek, random->nonce, BYTES_NONE, plaintext,
		 &sealed, d)) < 0)
		return r;
	w.ciphertext = bytes_of(sealed.p, plaintext.len);
	w.mac = bytes_of(sealed.p + plaintext.len, AEAD_TAG_SIZE);
	if ((r = put_wrap(&out, &w, buf_bytes(&recipients), d)) < 0)
		return r;
	(void)buf_put(ret, buf_bytes(&out));
	return buf_check(ret, "wrap", d);
}

static bool
read_ktri(struct reader *set, struct wrap_recipient *w)
{
	struct reader r;
	struct bytes alg;
	uint64_t version;

	return der_enter(set, DER_SEQUENCE, &r) && der_u64(&r, &version) &&
	    der_take(&r, DER_CONTEXT(0), &w->ski) &&
	    der_take(&r, DER_SEQUENCE, &alg) &&
	    der_take(&r, DER_OCTET_STRING, &w->key);
}

static bool
read_kari(struct reader *set, struct wrap_recipient *w)
{
	struct reader r, originator, inner, keys, rid;
	struct bytes alg;
	uint64_t version;

	w->ec = true;
	return der_enter(set, DER_CONSTRUCTED(1), &r) &&
	    der_u64(&r, &version) &&
	    der_enter(&r, DER_CONSTRUCTED(0), &originator) &&
	    der_enter(&originator, DER_CONSTRUCTED(1), &inner) &&
	    der_take(&inner, DER_SEQUENCE, &alg) &&
	    der_bits(&inner, &w->ephemeral) &&
	    der_take(&r, DER_SEQUENCE, &alg) &&
	    der_enter(&r, DER_SEQUENCE, &keys) &&
	    der_enter(&keys, DER_SEQUENCE, &inner) &&
	    der_enter(&inner, DER_CONSTRUCTED(0), &rid) &&
	    der_take(&rid, DER_OCTET_STRING, &w->ski) &&
	    der_take(&inner, DER_OCTET_STRING, &w->key);
}

/* This recipient is the one the grant has at this place. */
static bool
recipient_fits(const struct wrap_recipient *w, const struct guardian_cert *to)
{
	size_t point = key_type(to->key) == KEY_P256 ? 65 : 97;

	if (!bytes_equal(w->ski, to->ski))
		return false;
	if (key_type(to->key) == KEY_RSA)
		return !w->ec && w->key.len == (key_bits(to->key) + 7) / 8;
	return w->ec && w->ephemeral.len == point && w->ephemeral.p[0] == 4 &&
	    w->key.len == WRAPPED_CEK_SIZE;
}

static int
read_recipients(struct reader *set, const struct guardian_cert *const *to,
    size_t n, struct wrap *w, struct diag *d)
{
	for (w->n = 0; reader_left(set) != 0; w->n++) {
		struct wrap_recipient *one = &w->list[w->n];
		bool good;

		if (w->n == n)
			return refuse(d, "more recipients than granted");
		if (der_peek(set) == DER_CONSTRUCTED(1))
			good = read_kari(set, one);
		else
			good = read_ktri(set, one);
		if (!good)
			return refuse(d, "a recipient is malformed");
		if (!recipient_fits(one, to[w->n]))
			return refuse(d,
			    "recipients are not the granted ones in their order");
	}
	if (w->n != n)
		return refuse(d, "fewer recipients than granted");
	return ERR_OK;
}

static bool
read_content(struct reader *data, struct wrap *w)
{
	struct reader content, alg, params;
	struct bytes oid;

	return der_enter(data, DER_SEQUENCE, &content) &&
	    der_oid(&content, &oid) &&
	    der_enter(&content, DER_SEQUENCE, &alg) && der_oid(&alg, &oid) &&
	    der_enter(&alg, DER_SEQUENCE, &params) &&
	    der_take(&params, DER_OCTET_STRING, &w->nonce) &&
	    w->nonce.len == AEAD_NONCE_SIZE &&
	    der_take(&content, DER_CONTEXT(0), &w->ciphertext) &&
	    w->ciphertext.len != 0 && w->ciphertext.len <= WRAP_PLAIN_MAX &&
	    der_take(data, DER_OCTET_STRING, &w->mac) &&
	    w->mac.len == AEAD_TAG_SIZE;
}

int
wrap_parse(struct bytes der, const struct guardian_cert *const *to, size_t n,
    struct wrap *ret, struct diag *d)
{
	auto_buf struct buf recipients = BUF_INIT(WRAP_MAX);
	auto_buf struct buf expected = BUF_INIT(WRAP_MAX);
	struct reader in = reader_of(der), info, outer, data, set;
	struct wrap w = { .der = der };
	uint64_t version;
	int r;

	if (n > WRAP_RECIPIENTS_MAX || der.len > WRAP_MAX)
		return refuse(d, "too long");
	if (!der_enter(&in, DER_SEQUENCE, &info) || reader_left(&in) != 0 ||
	    !der_expect_oid(&info, OID_CMS_AUTH_ENVELOPED) ||
	    !der_enter(&info, DER_CONSTRUCTED(0), &outer) ||
	    !der_enter(&outer, DER_SEQUENCE, &data) ||
	    !der_u64(&data, &version) || !der_enter(&data, DER_SET, &set))
		return refuse(d, "not authenticated enveloped data");
	if ((r = read_recipients(&set, to, n, &w, d)) < 0)
		return r;
	if (!read_content(&data, &w))
		return refuse(d, "its encrypted part is malformed");

	for (size_t i = 0; i < w.n; i++)
		put_recipient(&recipients, &w.list[i]);
	if ((r = buf_check(&recipients, "wrap", d)) < 0 ||
	    (r = put_wrap(&expected, &w, buf_bytes(&recipients), d)) < 0)
		return r;
	if (!bytes_equal(buf_bytes(&expected), der))
		return refuse(d, "not written in its one form");
	*ret = w;
	return ERR_OK;
}

static int
unwrap_ec(const struct wrap_recipient *w, const struct key *own,
    struct secret *ret, struct diag *d)
{
	auto_key struct key *peer = NULL;
	uint8_t kek[AEAD_KEY_SIZE];
	size_t half = (w->ephemeral.len - 1) / 2;
	int r;

	if ((r = key_from_point(key_type(own),
		 bytes_of(w->ephemeral.p + 1, half),
		 bytes_of(w->ephemeral.p + 1 + half, half), &peer, d)) < 0 ||
	    (r = agree(own, peer, kek, d)) < 0)
		return r;
	r = key_unwrap(kek, w->key, ret, d);
	explicit_bzero(kek, sizeof(kek));
	return r;
}

static int
open_content(const struct wrap *w, struct bytes cek, struct secret *ret)
{
	auto_buf struct buf sealed = BUF_INIT(WRAP_PLAIN_MAX + AEAD_TAG_SIZE);

	(void)buf_put(&sealed, w->ciphertext);
	if (!buf_put(&sealed, w->mac))
		return ERR_NOMEM;
	if (cek.len != AEAD_KEY_SIZE)
		return ERR_CRYPTO;
	return aead_open(cek.p, w->nonce.p, BYTES_NONE, buf_bytes(&sealed), ret,
	    NULL);
}

int
wrap_open(const struct wrap *w, size_t index, const struct guardian_cert *cert,
    const struct key *private_key, struct secret *ret, struct diag *d)
{
	auto_secret struct secret cek = SECRET_NONE;
	int r;

	if (index >= w->n || !key_is_private(private_key) ||
	    !bytes_equal(w->list[index].ski, cert->ski) ||
	    !key_public_equal(private_key, cert->key))
		r = ERR_CRYPTO;
	else if (w->list[index].ec)
		r = unwrap_ec(&w->list[index], private_key, &cek, NULL);
	else
		r = rsa_oaep_decrypt(private_key, BYTES_NONE,
		    w->list[index].key, &cek, NULL);
	if (r == ERR_OK)
		r = open_content(w, secret_bytes(&cek), ret);
	if (r == ERR_NOMEM)
		return diag_nomem(d);
	/* One answer for all causes: no oracle. */
	if (r < 0)
		return diag_refuse(d, REASON_ProtectorNotOpenable,
		    "protector: not openable");
	return ERR_OK;
}
