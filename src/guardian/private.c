/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private container "SWGK": a public guardian, and under a passphrase the
 * PKCS#8 of its two keys, bound to it as associated data.
 */
#include "base/reader.h"
#include "crypto/key.h"
#include "guardian/guardian.h"

#define MAGIC         "SWGK"
#define VERSION       1
#define CONTAINER_MAX (PBE_OVERHEAD + 2 * (KEY_PKCS8_MAX + 4))

static int
put_key(const struct key *key, struct buf *ret, struct diag *d)
{
	auto_secret struct secret pkcs8 = SECRET_NONE;
	int r;

	if ((r = key_to_pkcs8(key, &pkcs8, d)) < 0)
		return r;
	(void)buf_put_be32_blob(ret, secret_bytes(&pkcs8));
	return buf_check(ret, "guardian", d);
}

int
guardian_private_write(const struct guardian *g, const struct key *sign,
    const struct key *enc, struct bytes passphrase,
    const uint8_t salt[static PBE_SALT_SIZE],
    const uint8_t nonce[static PBE_NONCE_SIZE], struct buf *ret, struct diag *d)
{
	auto_buf struct buf public = BUF_INIT(GUARDIAN_MAX);
	auto_buf struct buf keys = BUF_INIT(2 * (KEY_PKCS8_MAX + 4));
	auto_buf struct buf sealed = BUF_INIT(CONTAINER_MAX);
	int r;

	if ((r = guardian_check(g, d)) < 0 ||
	    (r = guardian_check_keys(g, sign, enc, d)) < 0 ||
	    (r = guardian_encode(g, &public, d)) < 0 ||
	    (r = put_key(sign, &keys, d)) < 0 ||
	    (r = put_key(enc, &keys, d)) < 0 ||
	    (r = pbe_seal(passphrase, buf_bytes(&keys), buf_bytes(&public),
		 salt, nonce, &sealed, d)) < 0)
		return r;
	(void)buf_put_text(ret, MAGIC);
	(void)buf_put_u8(ret, VERSION);
	(void)buf_put_be32_blob(ret, buf_bytes(&public));
	(void)buf_put_be32_blob(ret, buf_bytes(&sealed));
	return buf_check(ret, "guardian", d);
}

static int
split(struct bytes in, struct bytes *ret_public, struct bytes *ret_sealed,
    struct diag *d)
{
	struct reader r = reader_of(in);
	struct bytes magic, public, sealed;
	uint8_t version;

	if (!reader_take(&r, 4, &magic) || !bytes_equal_text(magic, MAGIC) ||
	    !reader_u8(&r, &version))
		return diag_refuse(d, REASON_FileInvalid,
		    "guardian: no header of a private container");
	if (version != VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "guardian: version %u is not 1", version);
	if (!reader_be32_blob(&r, GUARDIAN_MAX, &public) ||
	    !reader_be32_blob(&r, CONTAINER_MAX, &sealed) ||
	    reader_left(&r) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "guardian: lengths do not fit");
	*ret_public = public;
	*ret_sealed = sealed;
	return ERR_OK;
}

int
guardian_private_peek(struct bytes in, struct guardian_file *ret,
    struct diag *d)
{
	struct bytes public, sealed;
	int r;

	if ((r = split(in, &public, &sealed, d)) < 0)
		return r;
	return guardian_decode(public, ret, d);
}

static int
read_keys(struct bytes in, struct key **ret_sign, struct key **ret_enc,
    struct diag *d)
{
	auto_key struct key *sign = NULL, *enc = NULL;
	struct reader r = reader_of(in);
	struct bytes sign_der, enc_der;
	int e;

	if (!reader_be32_blob(&r, KEY_PKCS8_MAX, &sign_der) ||
	    !reader_be32_blob(&r, KEY_PKCS8_MAX, &enc_der) ||
	    reader_left(&r) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "guardian: its keys are malformed");
	if ((e = key_from_pkcs8(sign_der, &sign, d)) < 0 ||
	    (e = key_from_pkcs8(enc_der, &enc, d)) < 0)
		return e;
	*ret_sign = TAKE_PTR(&sign);
	*ret_enc = TAKE_PTR(&enc);
	return ERR_OK;
}

int
guardian_private_open(struct bytes in, struct bytes passphrase,
    struct guardian_file *ret, struct key **ret_sign, struct key **ret_enc,
    struct diag *d)
{
	auto_guardian_file struct guardian_file f = { 0 };
	auto_secret struct secret keys = SECRET_NONE;
	auto_key struct key *sign = NULL, *enc = NULL;
	struct bytes public, sealed;
	int r;

	if ((r = split(in, &public, &sealed, d)) < 0 ||
	    (r = guardian_decode(public, &f, d)) < 0 ||
	    (r = pbe_open(passphrase, sealed, public, &keys, d)) < 0 ||
	    (r = read_keys(secret_bytes(&keys), &sign, &enc, d)) < 0 ||
	    (r = guardian_check_keys(&f.g, sign, enc, d)) < 0)
		return r;
	*ret = f;
	f = (struct guardian_file){ 0 };
	*ret_sign = TAKE_PTR(&sign);
	*ret_enc = TAKE_PTR(&enc);
	return ERR_OK;
}
