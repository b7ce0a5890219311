/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/hgsctl/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "crypto/random.h"
#include "crypto/x509.h"
#include "guardian/guardian.h"

/* Clocks differ: what is new here must not be "not yet valid" there. */
#define BACKDATE_SECONDS 3600
#define YEARS(n)         ((uint64_t)(n)*365 * 86400)

void
service_keys_free(struct service_keys *k)
{
	for (size_t i = 0; i < k->n; i++) {
		buf_free(&k->list[i].certificate);
		secret_free(&k->list[i].plain);
	}
	k->n = 0;
}

const struct service_key *
service_keys_primary(const struct service_keys *k, enum key_use use)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->list[i].use == (uint8_t)use && k->list[i].primary)
			return &k->list[i];
	return NULL;
}

int
service_keys_add(struct service_keys *k, const char *id, enum key_use use,
    struct bytes certificate, struct bytes plain, struct diag *d)
{
	struct service_key *s;
	int r;

	if (k->n == SERVICE_KEYS_MAX)
		return diag_fail(d, ERR_LIMIT, "more than %d keys",
		    SERVICE_KEYS_MAX);
	s = &k->list[k->n];
	*s = (struct service_key){ .use = (uint8_t)use,
		.primary = true,
		.certificate = BUF_INIT(CERTIFICATE_LIMIT) };
	if ((r = name_check("key", bytes_of_text(id), d)) < 0)
		return r;
	(void)snprintf(s->id, sizeof(s->id), "%s", id);
	if (!buf_put(&s->certificate, certificate))
		return buf_check(&s->certificate, id, d);
	if ((r = secret_copy(&s->plain, plain, d)) < 0) {
		buf_free(&s->certificate);
		return r;
	}
	k->n++;
	return ERR_OK;
}

static int
add_key(struct service_keys *k, const char *id, enum key_use use,
    struct bytes certificate, const struct key *key, struct diag *d)
{
	auto_secret struct secret plain = SECRET_NONE;
	int r;

	if ((r = key_to_pkcs8(key, &plain, d)) < 0)
		return r;
	return service_keys_add(k, id, use, certificate, secret_bytes(&plain),
	    d);
}

static int
make_guardian(const struct service_keys_new *in, struct service_keys *k,
    struct diag *d)
{
	auto_guardian_file struct guardian_file file = { 0 };
	auto_key struct key *sign = NULL, *enc = NULL;
	struct guardian_new g = { .name = in->name,
		.not_before = in->now - BACKDATE_SECONDS,
		.not_after = in->now + YEARS(10) };
	uint8_t random[CERT_SERIAL_SIZE];
	int r;

	if ((r = key_generate(KEY_P256, 0, &sign, d)) < 0 ||
	    (r = key_generate(KEY_P256, 0, &enc, d)) < 0)
		return r;
	for (size_t i = 0; i < 2; i++) {
		random_bytes(random, sizeof(random));
		cert_serial(random, g.serial[i]);
	}
	g.sign = sign;
	g.enc = enc;
	if ((r = guardian_create(&g, &file, d)) < 0 ||
	    (r = add_key(k, "sign-1", KEY_USE_SIGN, file.g.sign_cert, sign,
		 d)) < 0)
		return r;
	return add_key(k, "encrypt-1", KEY_USE_ENCRYPT, file.g.enc_cert, enc,
	    d);
}

/* Certificate and private key from one PEM text; they must be a pair. */
static int
take_pem(struct service_keys *k, const char *id, enum key_use use,
    struct bytes pem, struct diag *d)
{
	auto_buf struct buf cert = BUF_INIT(CERTIFICATE_LIMIT);
	auto_buf struct buf der = BUF_INIT(KEY_PKCS8_MAX);
	auto_key struct key *key = NULL;
	struct guardian_cert parsed = { 0 };
	struct bytes at = pem;
	bool pair;
	int r;

	if ((r = pem_next(&at, PEM_CERTIFICATE, &cert, d)) == ERR_OK) {
		at = pem;
		r = pem_next(&at, PEM_PRIVATE_KEY, &der, d);
	}
	if (r < 0) {
		diag_prefix(d,
		    "%s: needs a PEM certificate and its unencrypted"
		    " PKCS#8 key in one file",
		    id);
		return r;
	}
	if ((r = key_from_pkcs8(buf_bytes(&der), &key, d)) < 0 ||
	    (r = guardian_cert_parse(buf_bytes(&cert),
		 use == KEY_USE_SIGN ? GUARDIAN_SIGN : GUARDIAN_ENCRYPT,
		 &parsed, d)) < 0)
		return r;
	pair = key_public_equal(key, parsed.key);
	guardian_cert_free(&parsed);
	if (!pair)
		return diag_fail(d, ERR_FORMAT,
		    "%s: the key is not the certificate's", id);
	return add_key(k, id, use, buf_bytes(&cert), key, d);
}

static int
make_signer(const struct service_keys_new *in, struct service_keys *k,
    struct diag *d)
{
	struct x509_profile p = { .common_name = in->name,
		.not_before = in->now - BACKDATE_SECONDS,
		.not_after = in->now + YEARS(10),
		.usage = CERT_USAGE_ISSUE };
	auto_buf struct buf cert = BUF_INIT(CERTIFICATE_LIMIT);
	uint8_t random[CERT_SERIAL_SIZE];
	auto_key struct key *key = NULL;
	int r;

	random_bytes(random, sizeof(random));
	cert_serial(random, p.serial);
	if ((r = key_generate(KEY_P256, 0, &key, d)) < 0 ||
	    (r = x509_self_signed(&p, key, &cert, d)) < 0)
		return r;
	return add_key(k, "attest-1", KEY_USE_ATTEST, buf_bytes(&cert), key, d);
}

static int
make_audit_and_shared(struct service_keys *k, struct diag *d)
{
	auto_buf struct buf spki = BUF_INIT(KEY_SPKI_MAX);
	auto_secret struct secret shared = SECRET_NONE;
	auto_key struct key *key = NULL;
	int r;

	if ((r = key_generate(KEY_P256, 0, &key, d)) < 0 ||
	    (r = key_to_spki(key, &spki, d)) < 0 ||
	    (r = add_key(k, "audit-1", KEY_USE_AUDIT, buf_bytes(&spki), key,
		 d)) < 0 ||
	    (r = secret_alloc(&shared, 32, d)) < 0)
		return r;
	random_bytes(shared.p, shared.len);
	return service_keys_add(k, "shared-1", KEY_USE_SHARED, BYTES_NONE,
	    secret_bytes(&shared), d);
}

int
service_keys_make(const struct service_keys_new *in, struct service_keys *ret,
    struct diag *d)
{
	int r;

	if ((in->sign.len == 0) != (in->encrypt.len == 0))
		return diag_fail(d, ERR_USAGE,
		    "give both --signing-cert and --encryption-cert");
	if (in->sign.len == 0)
		r = make_guardian(in, ret, d);
	else if ((r = take_pem(ret, "sign-1", KEY_USE_SIGN, in->sign, d)) ==
	    ERR_OK)
		r = take_pem(ret, "encrypt-1", KEY_USE_ENCRYPT, in->encrypt, d);
	if (r < 0 || (r = make_signer(in, ret, d)) < 0)
		return r;
	return make_audit_and_shared(ret, d);
}

void
service_keys_fingerprint(const struct service_keys *k, char ret[static 65])
{
	const struct service_key *sign = service_keys_primary(k, KEY_USE_SIGN);
	const struct service_key *enc =
	    service_keys_primary(k, KEY_USE_ENCRYPT);
	uint8_t digest[GUARDIAN_FINGERPRINT_SIZE];

	BUG_ON(sign == NULL || enc == NULL);
	guardian_pair_digest(buf_bytes(&sign->certificate),
	    buf_bytes(&enc->certificate), digest);
	hex_format(BYTES_OF_ARRAY(digest), ret);
}
