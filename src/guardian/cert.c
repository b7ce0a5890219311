/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of guardians: what is accepted, and how the product's own
 * are made.
 */
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/x509.h"
#include "guardian/guardian.h"
#include "guardian/guardian_impl.h"

#define SKI_MAX 32

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_FileInvalid, "guardian certificate: %s",
	    what);
}

/* RFC 5280, 4.2.1.3; a certificate without the extension may do anything. */
static bool
usage_fits(const struct cert *cert, enum guardian_use use, bool rsa)
{
	unsigned want = CERT_KU_DIGITAL_SIGNATURE;

	if (use == GUARDIAN_ENCRYPT)
		want = rsa ? CERT_KU_KEY_ENCIPHERMENT : CERT_KU_KEY_AGREEMENT;
	return cert->key_usage == 0 || (cert->key_usage & want) != 0;
}

int
guardian_cert_parse(struct bytes der, enum guardian_use use,
    struct guardian_cert *ret, struct diag *d)
{
	auto_key struct key *key = NULL;
	struct cert cert;
	int r;

	if (der.len > GUARDIAN_CERT_MAX)
		return refuse(d, "too long");
	if ((r = cert_parse(der, &cert, d)) < 0 ||
	    (r = cert_public_key(&cert, &key, d)) < 0) {
		if (r == ERR_NOMEM)
			return r;
		if (d != NULL)
			d->reason = REASON_FileInvalid;
		diag_prefix(d, "guardian certificate");
		return ERR_REFUSED;
	}
	if (cert.ski.len == 0 || cert.ski.len > SKI_MAX)
		return refuse(d, "no subject key identifier of 1 to 32 bytes");
	if (!usage_fits(&cert, use, key_type(key) == KEY_RSA))
		return refuse(d,
		    use == GUARDIAN_SIGN ? "its key usage is not signing"
					 : "its key usage is not encryption");
	ret->der = der;
	ret->ski = cert.ski;
	ret->key = TAKE_PTR(&key);
	return ERR_OK;
}

void
guardian_cert_free(struct guardian_cert *c)
{
	key_free(c->key);
	*c = (struct guardian_cert){ 0 };
}

void
guardian_pair_digest(struct bytes sign_cert, struct bytes enc_cert,
    uint8_t ret[static GUARDIAN_FINGERPRINT_SIZE])
{
	auto_buf struct buf all = BUF_INIT(2 * (GUARDIAN_CERT_MAX + 4));

	(void)buf_put_be32_blob(&all, sign_cert);
	BUG_ON(!buf_put_be32_blob(&all, enc_cert));
	sha256(buf_bytes(&all), ret);
}

void
guardian_fingerprint(const struct guardian *g,
    uint8_t ret[static GUARDIAN_FINGERPRINT_SIZE])
{
	guardian_pair_digest(g->sign_cert, g->enc_cert, ret);
}

static int
check_key(struct bytes cert, enum guardian_use use, const struct key *key,
    struct diag *d)
{
	struct guardian_cert c = { 0 };
	bool good;
	int r;

	if ((r = guardian_cert_parse(cert, use, &c, d)) < 0)
		return r;
	good = key_is_private(key) && key_public_equal(key, c.key);
	guardian_cert_free(&c);
	if (!good)
		return refuse(d, "the private key is not its own");
	return ERR_OK;
}

int
guardian_check_keys(const struct guardian *g, const struct key *sign,
    const struct key *enc, struct diag *d)
{
	int r;

	if ((r = check_key(g->sign_cert, GUARDIAN_SIGN, sign, d)) < 0)
		return r;
	return check_key(g->enc_cert, GUARDIAN_ENCRYPT, enc, d);
}

static int
self_signed(const struct guardian_new *in, enum guardian_use use,
    struct buf *ret, struct diag *d)
{
	bool signing = use == GUARDIAN_SIGN;
	struct x509_profile profile = { .common_name = in->name,
		.not_before = in->not_before,
		.not_after = in->not_after,
		.usage = signing ? CERT_USAGE_SIGN : CERT_USAGE_ENCRYPT };

	cert_serial(in->serial[signing ? 0 : 1], profile.serial);
	return x509_self_signed(&profile, signing ? in->sign : in->enc, ret, d);
}

int
guardian_create(const struct guardian_new *in, struct guardian_file *ret,
    struct diag *d)
{
	auto_buf struct buf sign = BUF_INIT(GUARDIAN_CERT_MAX);
	auto_buf struct buf enc = BUF_INIT(GUARDIAN_CERT_MAX);
	int r;

	if ((r = name_check("guardian", in->name, d)) < 0 ||
	    (r = self_signed(in, GUARDIAN_SIGN, &sign, d)) < 0 ||
	    (r = self_signed(in, GUARDIAN_ENCRYPT, &enc, d)) < 0)
		return r;
	return guardian_prove(in->name, buf_bytes(&sign), buf_bytes(&enc),
	    in->sign, ret, d);
}
