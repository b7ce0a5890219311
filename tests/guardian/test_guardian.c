/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"
#include "guardian/guardian.h"
#include "party.h"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct guardian_file f = { 0 };
	bool good;

	(void)arg;
	good = guardian_decode(bytes_of(p, n), &f, NULL) == ERR_OK;
	guardian_file_free(&f);
	return good;
}

static void
test_encoding(const struct party *p, const char *type)
{
	struct buf bytes = BUF_INIT(GUARDIAN_MAX),
		   again = BUF_INIT(GUARDIAN_MAX);
	struct guardian_file f = { 0 };
	uint8_t a[32], b[32];
	struct diag d;

	t_need(guardian_encode(&p->file.g, &bytes, &d), &d, "encode");
	CHECK(guardian_decode(buf_bytes(&bytes), &f, &d) == ERR_OK &&
		guardian_encode(&f.g, &again, &d) == ERR_OK &&
		bytes_equal(buf_bytes(&bytes), buf_bytes(&again)),
	    "%s: a guardian is read as it was written", type);
	guardian_fingerprint(&p->file.g, a);
	guardian_fingerprint(&f.g, b);
	CHECK(memcmp(a, b, 32) == 0, "%s: its fingerprint stays", type);
	CHECK(t_truncations(bytes.p, bytes.len, accepts, NULL) == 0,
	    "%s: no truncation is accepted", type);
	CHECK(!t_trailing(bytes.p, bytes.len, accepts, NULL),
	    "%s: a trailing byte is refused", type);
	guardian_file_free(&f);
	buf_free(&bytes);
	buf_free(&again);
}

/* The name is under no proof: whoever changes it is not counted. */
static bool
accepts_same_name(const uint8_t *p, size_t n, void *arg)
{
	const struct guardian *g = arg;
	struct guardian_file f = { 0 };
	bool good;

	good = guardian_decode(bytes_of(p, n), &f, NULL) == ERR_OK &&
	    bytes_equal(f.g.name, g->name);
	guardian_file_free(&f);
	return good;
}

static void
test_bits(struct party *p)
{
	struct buf bytes = BUF_INIT(GUARDIAN_MAX);
	size_t head = 4 + 1 + 4;
	struct diag d;

	t_need(guardian_encode(&p->file.g, &bytes, &d), &d, "encode");
	CHECK(t_byteflips(buf_bytes(&bytes), 1, accepts_same_name,
		  &p->file.g) == 0,
	    "a flipped bit anywhere but in the name is refused");
	for (size_t i = 0; i < p->file.g.name.len; i++)
		bytes.p[head + i] = 'x';
	CHECK(accepts(bytes.p, bytes.len, NULL),
	    "the name is the reader's own business");
	bytes.p[head] = '.';
	CHECK(!accepts(bytes.p, bytes.len, NULL),
	    "a name that is not safe as a file name is refused");
	buf_free(&bytes);
}

static void
test_substitution(const struct party *p, const struct party *thief)
{
	struct guardian g = p->file.g;
	uint8_t a[32], b[32];
	struct diag d;
	int r;

	g.enc_cert = thief->file.g.enc_cert;
	r = guardian_check(&g, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "T67 another's encryption certificate is not this guardian's");
	guardian_fingerprint(&p->file.g, a);
	guardian_fingerprint(&g, b);
	CHECK(memcmp(a, b, 32) != 0,
	    "T67 a pair with one certificate exchanged has another fingerprint");
	g.enc_proof = thief->file.g.enc_proof;
	r = guardian_check(&g, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "T67 nor with the other's proof");
	guardian_fingerprint(&thief->file.g, b);
	CHECK(guardian_check(&thief->file.g, &d) == ERR_OK &&
		memcmp(a, b, 32) != 0,
	    "T67 a self-signed guardian of the same name checks, so only the fingerprint tells it apart");
}

static void
test_one_key(void)
{
	struct party p;
	struct buf cert = BUF_INIT(8192);
	struct guardian_file f = { 0 };
	struct x509_profile profile = { .common_name = bytes_of_text("x"),
		.not_before = T_NOT_BEFORE,
		.not_after = T_NOT_AFTER,
		.usage = CERT_USAGE_ENCRYPT };
	struct diag d;
	int r;

	t_party(&p, "owner", T_P256, T_P256);
	cert_serial(profile.serial, profile.serial);
	t_need(x509_self_signed(&profile, p.sign, &cert, &d), &d, "cert");
	r = guardian_prove(bytes_of_text("owner"), p.file.g.sign_cert,
	    buf_bytes(&cert), p.sign, &f, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid),
	    "one key for signing and encryption is refused");
	r = guardian_check_keys(&p.file.g, p.enc, p.sign, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid),
	    "keys that are not the certificates' are refused");
	buf_free(&cert);
	t_party_free(&p);
}

static void
test_example(void)
{
	struct buf bytes = BUF_INIT(GUARDIAN_MAX), want = BUF_INIT(32);
	struct guardian_file f = { 0 };
	uint8_t got[32];
	struct diag d;

	t_example_n("FORMAT.guardian", 0, &bytes);
	t_example_n("FORMAT.guardian", 1, &want);
	t_need(guardian_decode(buf_bytes(&bytes), &f, &d), &d, "example");
	guardian_fingerprint(&f.g, got);
	CHECK(bytes_equal(BYTES_OF_ARRAY(got), buf_bytes(&want)) &&
		bytes_equal_text(f.g.name, "example"),
	    "the example of doc/FORMAT.guardian has the fingerprint it says");
	guardian_file_free(&f);
	buf_free(&bytes);
	buf_free(&want);
}

int
main(void)
{
	static const enum t_kind pairs[][2] = { { T_P256, T_P256 },
		{ T_P384, T_RSA2048 }, { T_RSA3072, T_P384 } };
	struct party p, thief;

	t_party(&thief, "fabric", T_P256, T_P256);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		t_party(&p, "fabric", pairs[i][0], pairs[i][1]);
		test_encoding(&p, t_kind_name[pairs[i][0]]);
		if (i == 0) {
			test_bits(&p);
			test_substitution(&p, &thief);
		}
		t_party_free(&p);
	}
	test_one_key();
	test_example();
	t_party_free(&thief);
	return t_done();
}
