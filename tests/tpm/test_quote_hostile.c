/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements whose very layout is another: what a TPM signs for other commands,
 * selections of several banks, keys and signatures of other sizes. The bytes
 * are laid out here, and signed by the registered key.
 */
#include "forge.h"
#include "tpm/signature.h"

struct hostile {
	struct forge f;
	struct buf attest;
};

static void
begin(struct hostile *h, uint16_t type)
{
	buf_reset(&h->attest);
	forge_head(&h->attest, &h->f.words, type, &h->f.words.quote_clock);
}

/* In the quote's place, under a signature that verifies. */
static void
refuses(struct hostile *h, enum reason reason, const char *what)
{
	struct quote_facts facts;
	struct diag d = { 0 };

	buf_reset(&h->f.quote);
	buf_put(&h->f.quote, buf_bytes(&h->attest));
	forge_sign(h->f.ak, buf_bytes(&h->f.quote), &h->f.quote_sig);
	CHECK(forge_verify_quote(&h->f, PCR_MASK_DEFAULT, &facts, &d) ==
		    ERR_REFUSED &&
		d.reason == reason,
	    "%s: refused (%s: %s)", what, reason_name(d.reason), d.text);
	forge_good(&h->f);
}

/* TPMS_PCR_SELECTION, as the product asks for it. */
static void
put_selection(struct buf *b, uint16_t bank)
{
	uint8_t map[3];

	pcr_mask_to_bytes(PCR_MASK_DEFAULT, map);
	buf_put_be16(b, bank);
	buf_put_u8(b, sizeof(map));
	buf_put(b, BYTES_OF_ARRAY(map));
}

/* The body that a quote has, as what somebody has chosen. */
static void
put_quote_body(struct buf *b, const struct forge_words *w)
{
	buf_put_be32(b, 1);
	put_selection(b, TPM_ALG_SHA256);
	buf_put_be16_blob(b, BYTES_OF_ARRAY(w->digest));
}

static void
test_other_statements(struct hostile *h)
{
	struct buf body = BUF_INIT(256);

	/* TPMS_NV_CERTIFY_INFO (Part 2, 10.12.9): contents are the asker's. */
	put_quote_body(&body, &h->f.words);
	begin(h, 0x8014);
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(h->f.words.name));
	buf_put_be16(&h->attest, 0);
	buf_put_be16_blob(&h->attest, buf_bytes(&body));
	refuses(h, REASON_QuoteFormat, "T11 an NV certify with chosen bytes");
	/* TPMS_COMMAND_AUDIT_INFO, TPMS_SESSION_AUDIT_INFO (10.12.6, 7). */
	begin(h, 0x8015);
	buf_put_be64(&h->attest, 1);
	buf_put_be16(&h->attest, TPM_ALG_SHA256);
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(h->f.words.digest));
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(h->f.words.digest));
	refuses(h, REASON_QuoteFormat, "T11 a command audit");
	begin(h, 0x8016);
	buf_put_u8(&h->attest, 1);
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(h->f.words.digest));
	refuses(h, REASON_QuoteFormat, "T11 a session audit");
	/* TPMS_TIME_ATTEST_INFO (10.12.2). */
	begin(h, 0x8019);
	for (int i = 0; i < 33; i++)
		buf_put_u8(&h->attest, 0);
	refuses(h, REASON_QuoteFormat, "T11 a time attestation");
	/* TPM_ST_ATTEST_NV_DIGEST, and types that there are not. */
	begin(h, 0x801c);
	buf_put(&h->attest, buf_bytes(&body));
	refuses(h, REASON_QuoteFormat, "T11 a digest of NV memory");
	begin(h, 0x0018);
	buf_put(&h->attest, buf_bytes(&body));
	refuses(h, REASON_QuoteFormat, "T11 a type that there is not");
	buf_free(&body);
}

static void
test_banks(struct hostile *h)
{
	static const uint8_t zero[TPM_SHA256_SIZE];
	struct forge_words *w = &h->f.words;
	struct pcr_values none = { 0 };
	struct quote_facts facts;
	struct diag d = { 0 };

	begin(h, TPM_ST_ATTEST_QUOTE);
	buf_put_be32(&h->attest, 2);
	put_selection(&h->attest, TPM_ALG_SHA256);
	put_selection(&h->attest, TPM_ALG_SHA1);
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(w->digest));
	refuses(h, REASON_QuoteFormat, "T13 SHA-256 and SHA-1 banks");
	begin(h, TPM_ST_ATTEST_QUOTE);
	buf_put_be32(&h->attest, 1);
	buf_put_be16(&h->attest, TPM_ALG_SHA256);
	buf_put_u8(&h->attest, 4);
	buf_put_be32(&h->attest, 0xfffb0000);
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(w->digest));
	refuses(h, REASON_QuoteFormat, "T12 a whole selection of 4 bytes");
	begin(h, TPM_ST_ATTEST_QUOTE);
	buf_put_be32(&h->attest, 1);
	buf_put_be16(&h->attest, TPM_ALG_SHA256);
	buf_put_u8(&h->attest, 0);
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(w->digest));
	refuses(h, REASON_QuoteFormat, "T12 a whole selection of 0 bytes");

	memcpy(w->digest, zero, sizeof(zero));
	forge_make(&h->f);
	CHECK(forge_verify_quote(&h->f, PCR_MASK_DEFAULT, &facts, &d) == 0 &&
		quote_digest_check(&facts, &none, PCR_MASK_DEFAULT, &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_QuoteDigest,
	    "T13 zeros for the digest of a bank of zeros: refused (%s)",
	    d.text);
	forge_good(&h->f);
}

static void
test_nonces(struct hostile *h)
{
	struct buf longer = BUF_INIT(64);

	buf_put(&longer, BYTES_OF_ARRAY(h->f.extra));
	buf_put_u8(&longer, 0);
	begin(h, TPM_ST_ATTEST_QUOTE);
	buf_reset(&h->attest);
	buf_put_be32(&h->attest, TPM_GENERATED_VALUE);
	buf_put_be16(&h->attest, TPM_ST_ATTEST_QUOTE);
	buf_put_be16_blob(&h->attest, BYTES_OF_ARRAY(h->f.words.signer));
	buf_put_be16_blob(&h->attest, buf_bytes(&longer));
	buf_put_be64(&h->attest, 5000);
	buf_put_be32(&h->attest, 7);
	buf_put_be32(&h->attest, 2);
	buf_put_u8(&h->attest, 1);
	buf_put_be64(&h->attest, 1);
	put_quote_body(&h->attest, &h->f.words);
	refuses(h, REASON_QuoteNonce, "T05 nonce longer, prefix equal");
	buf_free(&longer);
}

/* An order of P-256 and more, for r and for s, each in 32 bytes and in 33. */
static void
test_numbers(struct hostile *h)
{
	static const char order[] = "ffffffff00000000ffffffffffffffff"
				    "bce6faada7179e84f3b9cac2fc632551";
	struct bytes message = buf_bytes(&h->f.quote);
	struct buf n = BUF_INIT(64), b = BUF_INIT(256);
	const uint8_t *sig = h->f.quote_sig.p;
	struct tpm_signature s;
	struct diag d = { 0 };

	t_hex(&n, order);
	for (int which = 0; which < 4; which++) {
		struct bytes r = bytes_of(sig + 6, 32),
			     t = bytes_of(sig + 6 + 34, 32);
		uint8_t padded[33] = { 0 };

		memcpy(padded + 1, which == 2 ? r.p : t.p, 32);
		if (which == 0)
			r = buf_bytes(&n);
		else if (which == 1)
			t = buf_bytes(&n);
		else if (which == 2)
			r = BYTES_OF_ARRAY(padded);
		else
			t = BYTES_OF_ARRAY(padded);
		buf_reset(&b);
		buf_put(&b, bytes_of(sig, 4));
		buf_put_be16_blob(&b, r);
		buf_put_be16_blob(&b, t);
		CHECK(tpm_signature_parse(buf_bytes(&b), &s, &d) == 0 &&
			tpm_signature_verify(&s, h->f.ak, message, &d) < 0,
		    "T09 %s %s: refused (%s)", which % 2 == 0 ? "r" : "s",
		    which < 2 ? "is the order" : "has a zero in front", d.text);
	}
	buf_free(&n);
	buf_free(&b);
}

/* A modulus of this many bits, odd, as TPMT_PUBLIC of a signing key. */
static int
rsa_key(uint16_t bits, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(TPM_PUBLIC_MAX);
	auto_key struct key *key = NULL;
	uint8_t modulus[512];

	memset(modulus, 0xc5, sizeof(modulus));
	buf_put_be16(&b, TPM_ALG_RSA);
	buf_put_be16(&b, TPM_ALG_SHA256);
	buf_put_be32(&b, TPM_AK_ATTRIBUTES);
	buf_put_be16(&b, 0);
	buf_put_be16(&b, TPM_ALG_NULL);
	buf_put_be16(&b, TPM_ALG_RSASSA);
	buf_put_be16(&b, TPM_ALG_SHA256);
	buf_put_be16(&b, bits);
	buf_put_be32(&b, 0);
	buf_put_be16_blob(&b, bytes_of(modulus, bits / 8));
	return public_key(buf_bytes(&b), &key, d);
}

static int
ecc_key(uint16_t curve, size_t n, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(TPM_PUBLIC_MAX);
	auto_key struct key *key = NULL;
	static const uint8_t zeros[66];

	buf_put_be16(&b, TPM_ALG_ECC);
	buf_put_be16(&b, TPM_ALG_SHA256);
	buf_put_be32(&b, TPM_AK_ATTRIBUTES);
	buf_put_be16(&b, 0);
	buf_put_be16(&b, TPM_ALG_NULL);
	buf_put_be16(&b, TPM_ALG_ECDSA);
	buf_put_be16(&b, TPM_ALG_SHA256);
	buf_put_be16(&b, curve);
	buf_put_be16(&b, TPM_ALG_NULL);
	buf_put_be16_blob(&b, bytes_of(zeros, n));
	buf_put_be16_blob(&b, bytes_of(zeros, n));
	return public_key(buf_bytes(&b), &key, d);
}

static void
test_keys(void)
{
	static const struct {
		uint16_t curve;
		size_t n;
		const char *name;
	} curves[] = {
		{ 0x0001, 24, "P-192" },
		{ 0x0002, 28,
		    "go-attestation "
		    "TestECCActivationRejectsInsecureCurve: P-224" },
		{ 0x0005, 66, "P-521" },
		{ 0x0010, 32, "BN-256" },
		{ 0x0020, 32, "SM2" },
	};
	struct diag d = { 0 };

	CHECK(rsa_key(2048, &d) == 0, "an RSA key of 2048 bits is read");
	CHECK(rsa_key(1024, &d) < 0, "T09 RSA of 1024 bits: refused (%s)",
	    d.text);
	CHECK(rsa_key(2040, &d) < 0, "T09 RSA of 2040 bits: refused (%s)",
	    d.text);
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		CHECK(ecc_key(curves[i].curve, curves[i].n, &d) ==
			ERR_UNSUPPORTED,
		    "T09 %s: refused (%s)", curves[i].name, d.text);
	CHECK(ecc_key(TPM_ECC_NIST_P256, 32, &d) < 0,
	    "T09 go-attestation TestCheckAKParametersRejects"
	    "ECCPublicKeyParseFailures: 0, 0 is no point: refused (%s)",
	    d.text);
}

int
main(void)
{
	struct hostile h = { .attest = BUF_INIT(1024) };
	struct diag d = { 0 };

	forge_init(&h.f);
	test_other_statements(&h);
	test_banks(&h);
	test_nonces(&h);
	test_numbers(&h);
	test_keys();
	CHECK(forge_verify(&h.f, &d) == 0, "the good ones hold %s", d.text);
	buf_free(&h.attest);
	forge_free(&h.f);
	return t_done();
}
