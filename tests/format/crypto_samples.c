/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes certificates and keys of every kind that src/crypto makes into the
 * current directory, for tests/format/crypto.sh.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "crypto/health.h"
#include "crypto/pem.h"
#include "crypto/random.h"

static void
save(const char *name, struct bytes b)
{
	struct diag d = { 0 };

	if (file_write_atomic(AT_FDCWD, name, 0600, b, &d) < 0) {
		fprintf(stderr, "%s\n", d.text);
		exit(1);
	}
}

/* A key, its certificate in DER and PEM; the key is the caller's. */
static struct key *
make(const char *name, enum key_type type, enum cert_usage usage,
    struct buf *ret_der)
{
	struct x509_profile profile = {
		.common_name = bytes_of_text(name),
		.not_before = 1700000000,
		.not_after = 2600000000, /* 2052: GeneralizedTime */
		.usage = usage,
	};
	struct secret pkcs8 = SECRET_NONE;
	struct buf pem = BUF_INIT(16384);
	struct key *key = NULL;
	uint8_t random[CERT_SERIAL_SIZE];
	struct diag d = { 0 };
	char file[100];

	random_bytes(random, sizeof(random));
	cert_serial(random, profile.serial);
	if (key_generate(type, 2048, &key, &d) < 0 ||
	    x509_self_signed(&profile, key, ret_der, &d) < 0 ||
	    key_to_pkcs8(key, &pkcs8, &d) < 0) {
		fprintf(stderr, "%s\n", d.text);
		exit(1);
	}
	(void)snprintf(file, sizeof(file), "%s.der", name);
	save(file, buf_bytes(ret_der));
	(void)snprintf(file, sizeof(file), "%s.pem", name);
	pem_put(&pem, PEM_CERTIFICATE, buf_bytes(ret_der));
	save(file, buf_bytes(&pem));
	(void)snprintf(file, sizeof(file), "%s.p8", name);
	save(file, secret_bytes(&pkcs8));
	secret_free(&pkcs8);
	buf_free(&pem);
	return key;
}

static void
make_health(const struct key *signer_key, struct bytes signer_der)
{
	uint8_t tpm_name[HEALTH_NAME_SIZE] = { 0, 0x0b };
	struct health h = {
		.serial = { 0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		    15 },
		.not_before = 1700000000,
		.not_after = 1700028800,
		.version = HEALTH_VERSION,
		.host_name = bytes_of_text("host-1"),
		.mode = HEALTH_MODE_TPM,
		.ak_name = BYTES_OF_ARRAY(tpm_name),
		.hk_name = BYTES_OF_ARRAY(tpm_name),
		.reset_count = 10,
		.restart_count = 11,
		.policy_epoch = 12,
		.attested_at = 1700000000,
	};
	struct buf der = BUF_INIT(HEALTH_MAX);
	struct health_signer signer;
	struct key *host = NULL;
	struct diag d = { 0 };
	struct cert c;

	if (cert_parse(signer_der, &c, &d) < 0 ||
	    key_generate(KEY_P256, 0, &host, &d) < 0)
		exit(1);
	key_p256_point(host, h.host_key);
	signer = (struct health_signer){ c.subject, c.ski, signer_key };
	if (health_encode(&h, &signer, &der, &d) < 0) {
		fprintf(stderr, "%s\n", d.text);
		exit(1);
	}
	save("health.der", buf_bytes(&der));
	key_free(host);
	buf_free(&der);
}

int
main(void)
{
	static const struct {
		const char *name;
		enum key_type type;
		enum cert_usage usage;
	} kinds[] = {
		{ "issuer", KEY_P256, CERT_USAGE_ISSUE },
		{ "sign-p256", KEY_P256, CERT_USAGE_SIGN },
		{ "sign-p384", KEY_P384, CERT_USAGE_SIGN },
		{ "sign-rsa", KEY_RSA, CERT_USAGE_SIGN },
		{ "encrypt-p256", KEY_P256, CERT_USAGE_ENCRYPT },
		{ "encrypt-rsa", KEY_RSA, CERT_USAGE_ENCRYPT },
	};
	struct buf ders[ARRAY_LEN(kinds)], bag = BUF_INIT(65536);
	struct bytes all[ARRAY_LEN(kinds)];

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct key *key;

		ders[i] = (struct buf)BUF_INIT(CERT_MAX);
		key = make(kinds[i].name, kinds[i].type, kinds[i].usage,
		    &ders[i]);
		all[i] = buf_bytes(&ders[i]);
		if (i == 0)
			make_health(key, all[0]);
		key_free(key);
	}
	if (pkcs7_bag(all, ARRAY_LEN(kinds), &bag, NULL) < 0)
		return 1;
	save("bag.p7b", buf_bytes(&bag));
	buf_free(&bag);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		buf_free(&ders[i]);
	return 0;
}
