/* SPDX-License-Identifier: Apache-2.0 */
#include "guardian/guardian.h"
#include "party.h"

static int
make(const struct key *key, enum cert_usage usage, struct buf *ret)
{
	struct x509_profile profile = { .common_name = bytes_of_text("owner"),
		.not_before = T_NOT_BEFORE,
		.not_after = T_NOT_AFTER,
		.usage = usage };
	uint8_t random[CERT_SERIAL_SIZE];

	t_fill(random, sizeof(random), 1);
	cert_serial(random, profile.serial);
	return x509_self_signed(&profile, key, ret, NULL);
}

static void
test_usage(const struct key *key, const char *type)
{
	struct buf sign = BUF_INIT(8192), enc = BUF_INIT(8192);
	struct guardian_cert c = { 0 };
	struct diag d;
	int r;

	if (make(key, CERT_USAGE_SIGN, &sign) < 0 ||
	    make(key, CERT_USAGE_ENCRYPT, &enc) < 0)
		t_bail("x509_self_signed");
	CHECK(guardian_cert_parse(buf_bytes(&sign), GUARDIAN_SIGN, &c, &d) ==
		    ERR_OK &&
		c.ski.len == CERT_SKI_SIZE && key_public_equal(c.key, key),
	    "%s: a signing certificate", type);
	guardian_cert_free(&c);
	CHECK(guardian_cert_parse(buf_bytes(&enc), GUARDIAN_ENCRYPT, &c, &d) ==
		ERR_OK,
	    "%s: an encryption certificate", type);
	guardian_cert_free(&c);
	r = guardian_cert_parse(buf_bytes(&sign), GUARDIAN_ENCRYPT, &c, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid) && c.key == NULL,
	    "%s: a signing certificate is not for encryption", type);
	r = guardian_cert_parse(buf_bytes(&enc), GUARDIAN_SIGN, &c, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid) && c.key == NULL,
	    "%s: an encryption certificate is not for signing", type);
	buf_free(&sign);
	buf_free(&enc);
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct guardian_cert c = { 0 };
	bool good;

	(void)arg;
	good = guardian_cert_parse(bytes_of(p, n), GUARDIAN_SIGN, &c, NULL) ==
	    ERR_OK;
	guardian_cert_free(&c);
	return good;
}

static void
test_digest(void)
{
	static const uint8_t whole[] = { 1, 2, 3, 4 };
	uint8_t a[32], b[32];

	guardian_pair_digest(bytes_of(whole, 1), bytes_of(whole + 1, 3), a);
	guardian_pair_digest(bytes_of(whole, 2), bytes_of(whole + 2, 2), b);
	CHECK(memcmp(a, b, sizeof(a)) != 0,
	    "a pair's digest tells where one certificate ends");
	guardian_pair_digest(bytes_of(whole + 1, 3), bytes_of(whole, 1), b);
	CHECK(memcmp(a, b, sizeof(a)) != 0,
	    "a pair's digest tells which one signs");
}

int
main(void)
{
	struct buf cert = BUF_INIT(8192);

	for (unsigned i = 0; i < T_KINDS; i++) {
		struct key *key = t_key((enum t_kind)i);

		test_usage(key, t_kind_name[i]);
		if (i == T_P256 && make(key, CERT_USAGE_SIGN, &cert) < 0)
			t_bail("x509_self_signed");
		key_free(key);
	}
	CHECK(t_truncations(cert.p, cert.len, accepts, NULL) == 0,
	    "no truncation of a certificate is accepted");
	CHECK(!t_trailing(cert.p, cert.len, accepts, NULL),
	    "a trailing byte is refused");
	buf_free(&cert);
	test_digest();
	return t_done();
}
