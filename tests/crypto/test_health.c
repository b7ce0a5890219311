/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/health.h"

#include "crypto/der.h"
#include "crypto/oid.h"
#include "crypto/x509_impl.h"
#include "example.h"
#include "health_sample.h"
#include "hex.h"

static struct key *key, *other_key;
static struct buf signer_der = BUF_INIT(2000);
static struct cert signer_cert;

static struct health_signer
signer_of(const struct key *with)
{
	return (
	    struct health_signer){ signer_cert.subject, signer_cert.ski, with };
}

static struct health
good(void)
{
	struct health h = health_sample();

	key_p256_point(other_key, h.host_key);
	return h;
}

static int
accept(struct bytes der, struct diag *d)
{
	struct health_signer signer = signer_of(key);
	struct health h;
	int r;

	if ((r = health_parse(der, &h, d)) < 0)
		return r;
	return health_verify(&h, &signer, d);
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	return accept(bytes_of(p, n), arg) == 0;
}

static void
make_signer(void)
{
	struct x509_profile profile = {
		.common_name = bytes_of_text("Attestation signer 1"),
		.serial = { 0x40 },
		.not_before = 1600000000,
		.not_after = 2600000000,
		.usage = CERT_USAGE_ISSUE,
	};

	if (key_generate(KEY_P256, 0, &key, NULL) < 0 ||
	    key_generate(KEY_P256, 0, &other_key, NULL) < 0 ||
	    x509_self_signed(&profile, key, &signer_der, NULL) < 0 ||
	    cert_parse(buf_bytes(&signer_der), &signer_cert, NULL) < 0)
		t_bail("no signer");
}

static void
test_good(struct buf *der)
{
	struct health_signer signer = signer_of(key);
	struct health h = good(), back;
	struct diag d = { 0 };

	CHECK(health_encode(&h, &signer, der, &d) == 0, "it is written: %s",
	    d.text);
	CHECK(health_parse(buf_bytes(der), &back, &d) == 0, "it is read: %s",
	    d.text);
	CHECK(bytes_equal(BYTES_OF_ARRAY(h.serial),
		  BYTES_OF_ARRAY(back.serial)) &&
		h.not_before == back.not_before &&
		h.not_after == back.not_after &&
		bytes_equal(BYTES_OF_ARRAY(h.host_key),
		    BYTES_OF_ARRAY(back.host_key)),
	    "serial number, times and host key come back");
	CHECK(bytes_equal_text(back.host_name, "host-1") &&
		bytes_equal(back.ak_name, h.ak_name) &&
		bytes_equal(back.hk_name, h.hk_name) &&
		back.mode == HEALTH_MODE_TPM && back.host_id[0] == 7 &&
		back.baseline_id[0] == 8 && back.ci_id[0] == 9 &&
		back.reset_count == 10 && back.restart_count == 11 &&
		back.policy_epoch == 12 && back.attested_at == 1700000000 &&
		back.audit_head[0] == 13,
	    "the facts come back");
	CHECK(health_verify(&back, &signer, &d) == 0, "it verifies: %s",
	    d.text);
	CHECK(health_check_time(&back, 1700000000, &d) == 0 &&
		health_check_time(&back, 1700028800, &d) == 0,
	    "it is valid at its first and last second");
	CHECK(health_check_time(&back, 1699999999, &d) < 0 &&
		d.reason == REASON_CertificateExpired,
	    "T51 before its time: %s", d.text);
	CHECK(health_check_time(&back, 1700028801, &d) < 0 &&
		d.reason == REASON_CertificateExpired,
	    "T51 after its time: %s", d.text);
}

static void
test_forged(const struct buf *der)
{
	struct health_signer wrong_key = signer_of(other_key);
	struct health_signer wrong_name = signer_of(key);
	struct health_signer wrong_id = signer_of(key);
	uint8_t id[CERT_SKI_SIZE] = { 0 };
	struct health h;
	struct diag d = { 0 };

	if (health_parse(buf_bytes(der), &h, NULL) < 0)
		t_bail("not parsed");
	CHECK(health_verify(&h, &wrong_key, &d) < 0 &&
		d.reason == REASON_CertificateInvalid,
	    "T52 signed by another key: %s", d.text);
	wrong_name.name = BYTES_NONE;
	CHECK(health_verify(&h, &wrong_name, &d) < 0 &&
		d.reason == REASON_CertificateInvalid,
	    "T52 from another issuer: %s", d.text);
	wrong_id.key_id = BYTES_OF_ARRAY(id);
	CHECK(health_verify(&h, &wrong_id, &d) < 0 &&
		d.reason == REASON_CertificateInvalid,
	    "T52 another issuer key of the same name: %s", d.text);
	CHECK(t_bitflips(der->p, der->len, accepts, &d) == 0,
	    "T52 every flipped bit is refused");
	CHECK(t_truncations(der->p, der->len, accepts, &d) == 0,
	    "T58 every truncation is refused");
	CHECK(!t_trailing(der->p, der->len, accepts, &d),
	    "T58 a trailing byte is refused: %s", d.text);
}

/*
 * The good certificate with `from` replaced by `to` of the same length, signed
 * anew by the true signer: only the form can be refused.
 */
static int
resigned(const struct buf *der, const char *from, const char *to,
    struct diag *d)
{
	struct buf tbs = BUF_INIT(2000), signature = BUF_INIT(100),
		   whole = BUF_INIT(2000), a = BUF_INIT(100), b = BUF_INIT(100);
	struct health h;
	uint8_t *at;
	int r;

	t_hex(&a, from);
	t_hex(&b, to);
	if (a.len != b.len || health_parse(buf_bytes(der), &h, NULL) < 0)
		t_bail("bad case");
	buf_put(&tbs, h.tbs);
	at = memmem(tbs.p, tbs.len, a.p, a.len);
	if (at == NULL)
		t_bail("%s is not in it", from);
	memcpy(at, b.p, b.len);
	if (key_sign(key, buf_bytes(&tbs), &signature, NULL) < 0)
		t_bail("not signed");
	x509_put_certificate(&whole, buf_bytes(&tbs), KEY_P256,
	    buf_bytes(&signature));
	r = accept(buf_bytes(&whole), d);
	buf_free(&tbs);
	buf_free(&signature);
	buf_free(&whole);
	buf_free(&a);
	buf_free(&b);
	return r;
}

static void
test_resigned(const struct buf *der)
{
	static const struct {
		const char *from, *to, *what;
	} cases[] = {
		{ "2a8648ce3d040302", "2a8648ce3d040303",
		    "T52 another signature algorithm" },
		{ "2a8648ce3d040302", "2a8648ce3d040301",
		    "T52 a signature by SHA-1" },
		{ "2a8648ce3d030107", "2a8648ce3d030106",
		    "T52 a host key on another curve" },
		{ "0603551d0f0101ff", "0603551d130101ff",
		    "T52 another critical extension instead of key usage" },
		{ "0603551d250101ff", "0603551d250101fe",
		    "T58 a boolean that is not ff" },
		{ "b1ba550101", "b1ba550103", "T52 another purpose" },
		{ "0603551d23", "0603551d24",
		    "T52 another extension instead of the issuer's key" },
		{ "b1ba550102", "b1ba550103",
		    "T52 an unknown extension instead of the facts" },
		{ "020102", "020101", "T52 version 2" },
		{ "040403020308", "040403020208",
		    "T58 key usage with other unused bits" },
		{ "686f73742d31", "686f73742d32",
		    "T58 subject and facts name two hosts" },
	};
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK(resigned(der, cases[i].from, cases[i].to, &d) < 0 &&
			d.reason == REASON_CertificateInvalid,
		    "%s: %s", cases[i].what, d.text);
	}
	CHECK(resigned(der, "000000000000000c", "000000000000000d", &d) == 0,
	    "the same with another epoch is accepted: only the form was "
	    "refused");
}

static void
test_encode_refusals(void)
{
	struct health_signer signer = signer_of(key);
	struct buf b = BUF_INIT(2000);
	struct diag d = { 0 };
	struct health h = good();

	h.serial[0] = 0x80;
	CHECK(health_encode(&h, &signer, &b, &d) < 0, "%s", d.text);
	h = good();
	h.mode = 0;
	CHECK(health_encode(&h, &signer, &b, &d) < 0, "%s", d.text);
	h = good();
	h.mode = HEALTH_MODE_HOST_KEY;
	CHECK(health_encode(&h, &signer, &b, &d) < 0, "%s", d.text);
	h.ak_name = h.hk_name = BYTES_NONE;
	CHECK(health_encode(&h, &signer, &b, &d) == 0 &&
		accept(buf_bytes(&b), &d) == 0,
	    "without the TPM's names in host key mode: %s", d.text);
	h = good();
	h.host_name = BYTES_NONE;
	CHECK(health_encode(&h, &signer, &b, &d) < 0, "%s", d.text);
	h = good();
	h.version = 2;
	CHECK(health_encode(&h, &signer, &b, &d) < 0, "%s", d.text);
	h = good();
	h.not_after = h.not_before;
	CHECK(health_encode(&h, &signer, &b, &d) < 0, "%s", d.text);
	buf_free(&b);
}

static void
test_example(void)
{
	struct buf signer = BUF_INIT(2000), der = BUF_INIT(2000);
	struct health_signer s;
	struct diag d = { 0 };
	struct key *k = NULL;
	struct health h;
	struct cert c;

	t_example_n("FORMAT.health-certificate", 0, &der);
	t_example_n("FORMAT.health-certificate", 1, &signer);
	CHECK(cert_parse(buf_bytes(&signer), &c, &d) == 0 &&
		cert_public_key(&c, &k, &d) == 0,
	    "the document's signer is read: %s", d.text);
	s = (struct health_signer){ c.subject, c.ski, k };
	CHECK(health_parse(buf_bytes(&der), &h, &d) == 0 &&
		health_verify(&h, &s, &d) == 0,
	    "the document's example is read and verifies: %s", d.text);
	CHECK(bytes_equal_text(h.host_name, "host-1") && h.policy_epoch == 12,
	    "and says what the document says");
	key_free(k);
	buf_free(&signer);
	buf_free(&der);
}

int
main(void)
{
	struct buf der = BUF_INIT(2000);

	make_signer();
	test_good(&der);
	test_forged(&der);
	test_resigned(&der);
	test_encode_refusals();
	test_example();
	buf_free(&der);
	buf_free(&signer_der);
	key_free(key);
	key_free(other_key);
	return t_done();
}
