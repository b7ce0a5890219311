/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of what others send as keys and certificates: crypto/cert.c,
 * key_encode.c, health.c, ek.c, hpke.c, pem.c, pbe.c's header.
 */
#include "fuzz.h"

#include "crypto/ek.h"
#include "crypto/health.h"
#include "crypto/hpke.h"
#include "crypto/pbe.h"
#include "crypto/pem.h"

static void
try_cert(struct bytes in)
{
	struct key *key = NULL;
	struct cert c;
	uint8_t digest[32];

	if (cert_parse(in, &c, NULL) < 0)
		return;
	cert_fingerprint(&c, digest);
	(void)cert_valid_at(&c, 1700000000);
	if (cert_public_key(&c, &key, NULL) == 0) {
		struct buf spki = BUF_INIT(KEY_SPKI_MAX);

		/* A public key has one notation. */
		BUG_ON(key_to_spki(key, &spki, NULL) < 0 ||
		    !bytes_equal(buf_bytes(&spki), c.spki));
		(void)!cert_verify_signature(&c, key, NULL);
		buf_free(&spki);
	}
	key_free(key);
}

static void
try_health(struct bytes in)
{
	struct health h;

	if (health_parse(in, &h, NULL) < 0)
		return;
	BUG_ON(!bytes_equal(h.der, in));
	(void)!health_check_time(&h, 1700000000, NULL);
}

static void
try_others(struct bytes in)
{
	struct buf b = BUF_INIT(1 << 20);
	struct secret s = SECRET_NONE;
	struct ek_cert *ek = NULL;
	struct key *key = NULL;
	struct bytes text = in;
	uint8_t enc[HPKE_ENC_SIZE];

	if (ek_cert_read(in, &ek, NULL) == 0) {
		struct bytes der = ek_cert_der(ek);

		(void)!ek_cert_verify(ek, &der, 1, &der, 1, 1900000000, NULL);
	}
	ek_cert_free(ek);
	if (key_from_spki(in, &key, NULL) == 0) {
		key_free(key);
		key = NULL;
	}
	/* RSA halves are compared by prime tests: too slow for long inputs. */
	if (in.len < 400 && key_from_pkcs8(in, &key, NULL) == 0)
		key_free(key);
	(void)!hpke_enc(in, enc, NULL);
	while (pem_next(&text, PEM_CERTIFICATE, &b, NULL) == 0)
		;
	/* Only where scrypt is cheap. */
	if (in.len > 8 && in.p[5] == 10 && in.p[6] == 1 && in.p[7] == 1)
		(void)!pbe_open(bytes_of_text("p"), in, BYTES_NONE, &s, NULL);
	secret_free(&s);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n);

	try_cert(in);
	try_health(in);
	try_others(in);
	return 0;
}
