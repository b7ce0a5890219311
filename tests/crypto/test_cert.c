/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include "crypto/der.h"
#include "crypto/oid.h"
#include "crypto/pem.h"
#include "crypto/x509_impl.h"
#include "hex.h"

static struct x509_profile
profile_of(enum cert_usage usage)
{
	return (struct x509_profile){
		.common_name = bytes_of_text("Fabric A signing"),
		.serial = { 0x7f, 1, 2 },
		.not_before = 1700000000,
		.not_after = 2600000000,
		.usage = usage,
	};
}

static bool
verifies(const uint8_t *p, size_t n, void *arg)
{
	struct cert c;

	return cert_parse(bytes_of(p, n), &c, arg) == 0 &&
	    cert_verify_self_signed(&c, arg) == 0;
}

static bool
parses(const uint8_t *p, size_t n, void *arg)
{
	struct cert c;

	return cert_parse(bytes_of(p, n), &c, arg) == 0;
}

static void
test_kinds(void)
{
	static const struct {
		const char *what;
		enum key_type type;
		enum cert_usage usage;
		unsigned key_usage;
		bool is_ca;
	} cases[] = {
		{ "P-256 to sign", KEY_P256, CERT_USAGE_SIGN,
		    CERT_KU_DIGITAL_SIGNATURE, false },
		{ "P-256 to encrypt", KEY_P256, CERT_USAGE_ENCRYPT,
		    CERT_KU_KEY_AGREEMENT, false },
		{ "P-256 to issue", KEY_P256, CERT_USAGE_ISSUE,
		    CERT_KU_DIGITAL_SIGNATURE | CERT_KU_CERT_SIGN, true },
		{ "P-384 to sign", KEY_P384, CERT_USAGE_SIGN,
		    CERT_KU_DIGITAL_SIGNATURE, false },
		{ "RSA to sign", KEY_RSA, CERT_USAGE_SIGN,
		    CERT_KU_DIGITAL_SIGNATURE, false },
		{ "RSA to encrypt", KEY_RSA, CERT_USAGE_ENCRYPT,
		    CERT_KU_KEY_ENCIPHERMENT, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct x509_profile profile = profile_of(cases[i].usage);
		struct buf der = BUF_INIT(CERT_MAX);
		struct key *key = NULL, *back = NULL;
		struct diag d = { 0 };
		struct cert c;

		if (key_generate(cases[i].type, 2048, &key, &d) < 0)
			t_bail("%s", d.text);
		CHECK(x509_self_signed(&profile, key, &der, &d) == 0 &&
			cert_parse(buf_bytes(&der), &c, &d) == 0,
		    "%s: written and read %s", cases[i].what, d.text);
		CHECK(bytes_equal_text(c.common_name, "Fabric A signing") &&
			bytes_equal(c.issuer, c.subject) &&
			bytes_equal(c.serial, BYTES_OF_ARRAY(profile.serial)) &&
			c.not_before == 1700000000 &&
			c.not_after == 2600000000 &&
			c.ski.len == CERT_SKI_SIZE &&
			c.key_usage == cases[i].key_usage &&
			c.is_ca == cases[i].is_ca,
		    "%s: its fields", cases[i].what);
		CHECK(cert_public_key(&c, &back, &d) == 0 &&
			key_public_equal(key, back),
		    "%s: its key", cases[i].what);
		CHECK(cert_verify_self_signed(&c, &d) == 0,
		    "%s: it verifies with its own key %s", cases[i].what,
		    d.text);
		if (cases[i].type == KEY_P256 && i == 0) {
			CHECK(t_bitflips(der.p, der.len, verifies, &d) == 0,
			    "T52 every flipped bit is refused");
			CHECK(t_truncations(der.p, der.len, parses, &d) == 0,
			    "every truncation is refused");
			CHECK(!t_trailing(der.p, der.len, parses, &d),
			    "a trailing byte is refused: %s", d.text);
			CHECK(!cert_valid_at(&c, 1699999999) &&
				cert_valid_at(&c, 1700000000) &&
				cert_valid_at(&c, 2600000000) &&
				!cert_valid_at(&c, 2600000001),
			    "its times include both ends");
		}
		key_free(key);
		key_free(back);
		buf_free(&der);
	}
}

static void
test_wrong_issuer(void)
{
	struct x509_profile profile = profile_of(CERT_USAGE_SIGN);
	struct buf der = BUF_INIT(CERT_MAX);
	struct key *key = NULL, *other = NULL, *rsa = NULL, *p384 = NULL;
	struct diag d = { 0 };
	struct cert c;

	if (key_generate(KEY_P256, 0, &key, NULL) < 0 ||
	    key_generate(KEY_P256, 0, &other, NULL) < 0 ||
	    key_generate(KEY_P384, 0, &p384, NULL) < 0 ||
	    key_generate(KEY_RSA, 2048, &rsa, NULL) < 0 ||
	    x509_self_signed(&profile, key, &der, NULL) < 0 ||
	    cert_parse(buf_bytes(&der), &c, NULL) < 0)
		t_bail("no certificate");
	CHECK(cert_verify_signature(&c, other, &d) == ERR_CRYPTO,
	    "T52 another issuer: %s", d.text);
	CHECK(cert_verify_signature(&c, p384, &d) == ERR_CRYPTO,
	    "T52 an issuer on another curve: %s", d.text);
	CHECK(cert_verify_signature(&c, rsa, &d) == ERR_UNSUPPORTED,
	    "T52 an issuer whose key does not fit the algorithm: %s", d.text);
	key_free(key);
	key_free(other);
	key_free(p384);
	key_free(rsa);
	buf_free(&der);
}

/* A certificate of this tbs's tail; the signature is nobody's. */
static int
parse_with(const char *extensions_hex, const char *version_hex,
    const char *serial_hex, struct diag *d)
{
	struct buf tbs = BUF_INIT(CERT_MAX), whole = BUF_INIT(CERT_MAX),
		   part = BUF_INIT(CERT_MAX);
	struct key *key = NULL;
	struct cert c;
	size_t all;
	int r;

	if (key_generate(KEY_P256, 0, &key, NULL) < 0)
		t_bail("no key");
	all = der_begin(&tbs, DER_SEQUENCE);
	t_hex(&tbs, version_hex);
	t_hex(&tbs, serial_hex);
	x509_put_signature_algorithm(&tbs, KEY_P256);
	if (name_put(&tbs, bytes_of_text("a"), NULL) < 0)
		t_bail("no name");
	x509_put_validity(&tbs, 1, 2);
	if (name_put(&tbs, bytes_of_text("a"), NULL) < 0 ||
	    key_to_spki(key, &tbs, NULL) < 0)
		t_bail("no name");
	t_hex(&tbs, extensions_hex);
	der_end(&tbs, all);
	x509_put_certificate(&whole, buf_bytes(&tbs), KEY_P256,
	    bytes_of("\0", 1));
	r = cert_parse(buf_bytes(&whole), &c, d);
	key_free(key);
	buf_free(&tbs);
	buf_free(&whole);
	buf_free(&part);
	return r;
}

static void
test_refusals(void)
{
	static const struct {
		const char *extensions, *version, *serial;
		int err;
		const char *what;
	} cases[] = {
		{ "", "a003020102", "020101", ERR_OK, "no extensions" },
		{ "", "", "020101", ERR_FORMAT, "version 1" },
		{ "", "a003020101", "020101", ERR_FORMAT, "version 2" },
		{ "", "a003020102", "020100", ERR_FORMAT, "serial 0" },
		{ "", "a003020102", "0201ff", ERR_FORMAT, "serial -1" },
		{ "", "a003020102",
		    "0215010101010101010101010101010101010101010101",
		    ERR_FORMAT, "a serial of 21 bytes" },
		{ "a3023000", "a003020102", "020101", ERR_FORMAT,
		    "an empty list of extensions" },
		{ "8102ffff", "a003020102", "020101", ERR_FORMAT,
		    "a unique identifier" },
		{ "a30e300c300a06032a03040403040100", "a003020102", "020101",
		    ERR_OK, "an unknown extension" },
		{ "a311300f300d06032a03040101ff0403040100", "a003020102",
		    "020101", ERR_UNSUPPORTED,
		    "T52 an unknown critical extension" },
		{ "a311300f300d06032a03040101000403040100", "a003020102",
		    "020101", ERR_FORMAT, "a default value written out" },
		{ "a31a3018300a06032a03040403040100300a06032a03040403040100",
		    "a003020102", "020101", ERR_FORMAT,
		    "T58 an extension twice" },
		{ "a30e300c300a0603551d1304030101ff", "a003020102", "020101",
		    ERR_FORMAT, "basic constraints that are none" },
		{ "a30f300d300b0603551d0f040403020780", "a003020102", "020101",
		    ERR_OK, "key usage" },
		{ "a30f300d300b0603551d0f040403020680", "a003020102", "020101",
		    ERR_FORMAT, "key usage not minimal" },
		{ "a30f300d300b0603551d0f040403020781", "a003020102", "020101",
		    ERR_FORMAT, "key usage with unused bits set" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct diag d = { 0 };

		CHECK(parse_with(cases[i].extensions, cases[i].version,
			  cases[i].serial, &d) == cases[i].err,
		    "%s: %s", cases[i].what,
		    d.text[0] != '\0' ? d.text : "read");
	}
}

static void
test_writer_refusals(void)
{
	struct x509_profile profile = profile_of(CERT_USAGE_SIGN);
	struct buf der = BUF_INIT(CERT_MAX);
	uint8_t random[16] = { 0xff }, serial[16];
	struct key *key = NULL;
	struct diag d = { 0 };

	if (key_generate(KEY_P256, 0, &key, NULL) < 0)
		t_bail("no key");
	profile.serial[0] = 0;
	CHECK(x509_self_signed(&profile, key, &der, &d) < 0, "%s", d.text);
	cert_serial(random, serial);
	CHECK(serial[0] == 0x7f && serial[15] == 0, "a serial made positive");
	profile = profile_of(CERT_USAGE_SIGN);
	profile.common_name = BYTES_NONE;
	CHECK(x509_self_signed(&profile, key, &der, &d) < 0, "%s", d.text);
	profile = profile_of(CERT_USAGE_SIGN);
	profile.not_after = profile.not_before;
	CHECK(x509_self_signed(&profile, key, &der, &d) < 0, "%s", d.text);
	key_free(key);
	buf_free(&der);
}

static void
test_pem(void)
{
	struct buf pem = BUF_INIT(4000), der = BUF_INIT(4000);
	struct bytes text, first = bytes_of("0123456789", 10);
	uint8_t long_one[100] = { 1, 2, 3 };
	struct diag d = { 0 };

	buf_put_text(&pem, "subject=a\r\n");
	pem_put(&pem, PEM_CERTIFICATE, first);
	pem_put(&pem, PEM_PUBLIC_KEY, first);
	pem_put(&pem, PEM_CERTIFICATE, BYTES_OF_ARRAY(long_one));
	text = buf_bytes(&pem);
	CHECK(pem_is(text) && !pem_is(first), "PEM is known by its first line");
	CHECK(pem_next(&text, PEM_CERTIFICATE, &der, &d) == 0 &&
		bytes_equal(buf_bytes(&der), first),
	    "the first block");
	buf_reset(&der);
	CHECK(pem_next(&text, PEM_CERTIFICATE, &der, &d) == 0 &&
		bytes_equal(buf_bytes(&der), BYTES_OF_ARRAY(long_one)),
	    "the next of its kind, of two lines");
	CHECK(pem_next(&text, PEM_CERTIFICATE, &der, &d) == ERR_NOT_FOUND, "%s",
	    d.text);
	text = buf_bytes(&pem);
	text.len -= 4;
	buf_reset(&der);
	CHECK(pem_next(&text, PEM_CERTIFICATE, &der, &d) == 0 &&
		pem_next(&text, PEM_CERTIFICATE, &der, &d) == ERR_SHORT,
	    "%s", d.text);
	pem.p[50] = '!';
	text = buf_bytes(&pem);
	CHECK(pem_next(&text, PEM_CERTIFICATE, &der, &d) == ERR_FORMAT, "%s",
	    d.text);
	buf_free(&pem);
	buf_free(&der);
}

int
main(void)
{
	test_kinds();
	test_wrong_issuer();
	test_refusals();
	test_writer_refusals();
	test_pem();
	return t_done();
}
