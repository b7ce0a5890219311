/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_SIGNATURE: what is not a signature, and signatures under other rules
 * than the key's.
 */
#include "tpm/signature.h"

#include "forge.h"

static bool
reads(const uint8_t *p, size_t n, void *arg)
{
	struct tpm_signature s;

	return tpm_signature_parse(bytes_of(p, n), &s, arg) == 0;
}

static void
refuses(const char *hex, const char *what)
{
	auto_buf struct buf b = BUF_INIT(2048);
	struct diag d = { 0 };

	t_hex(&b, hex);
	CHECK(!reads(b.p, b.len, &d), "%s: refused (%s)", what, d.text);
}

static void
test_schemes(void)
{
	refuses("0010", "T08 the null scheme");
	refuses(
	    "0005000b"
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "T08 an HMAC");
	refuses("0000", "T08 scheme zero");
	refuses("001a000b0001010001010000", "T08 ECDAA");
	refuses("001b000b000101000101", "T08 SM2");
	refuses("001c000b000101000101", "T08 Schnorr");
	refuses("00180004000101000101", "T09 ECDSA with SHA-1");
	refuses("0014000400020101", "T09 RSASSA with SHA-1");
	refuses("0016000400020101", "T09 RSAPSS with SHA-1");
	refuses("00180000000101000101", "T09 no hash");
	refuses("0018000b0000000101", "T09 an empty r");
	refuses("0018000b0001010000", "T09 an empty s");
	refuses("0014000b0000", "T09 an empty RSA signature");
	refuses("0018000b3006020101020101", "T09 DER in the TPM's place");
}

static void
set_number(struct buf *sig, size_t at, int value)
{
	memset(sig->p + at, value, 32);
}

static void
test_ecdsa(struct forge *f)
{
	struct bytes message = buf_bytes(&f->quote);
	struct buf *sig = &f->quote_sig;
	struct tpm_signature s;
	auto_key struct key *rsa = NULL;
	struct diag d;

	CHECK(tpm_signature_parse(buf_bytes(sig), &s, &d) == 0 &&
		tpm_signature_verify(&s, f->ak, message, &d) == 0,
	    "a good signature verifies");
	CHECK(tpm_signature_verify(&s, f->hk, message, &d) < 0,
	    "T06 by another key: refused (%s)", d.text);
	if (key_generate(KEY_RSA, 2048, &rsa, &d) < 0)
		t_bail("%s", d.text);
	CHECK(tpm_signature_verify(&s, rsa, message, &d) < 0,
	    "T09 ECDSA for an RSA key: refused (%s)", d.text);
	s.scheme = TPM_ALG_RSASSA;
	s.rsa = s.r;
	CHECK(tpm_signature_verify(&s, f->ak, message, &d) < 0,
	    "T09 RSASSA for an elliptic key: refused (%s)", d.text);
	CHECK(t_truncations(sig->p, sig->len, reads, &d) == 0 &&
		!t_trailing(sig->p, sig->len, reads, &d),
	    "T17 cut or longer: refused");

	set_number(sig, 6, 0);
	CHECK(tpm_signature_parse(buf_bytes(sig), &s, &d) == 0 &&
		tpm_signature_verify(&s, f->ak, message, &d) < 0,
	    "T09 r = 0: refused (%s)", d.text);
	set_number(sig, 6, 0xff);
	CHECK(tpm_signature_parse(buf_bytes(sig), &s, &d) == 0 &&
		tpm_signature_verify(&s, f->ak, message, &d) < 0,
	    "T09 r above the order: refused (%s)", d.text);
	forge_good(f);
	set_number(sig, 6 + 32 + 2, 0);
	CHECK(tpm_signature_parse(buf_bytes(sig), &s, &d) == 0 &&
		tpm_signature_verify(&s, f->ak, message, &d) < 0,
	    "T09 s = 0: refused (%s)", d.text);
	forge_good(f);
}

/* r in 33 bytes, the first one zero: two encodings of one signature. */
static void
test_overlong(struct forge *f)
{
	auto_buf struct buf b = BUF_INIT(2048);
	static const uint8_t zero[1];
	struct tpm_signature s;
	struct diag d;

	buf_put(&b, bytes_of(f->quote_sig.p, 4));
	buf_put_be16(&b, 33);
	buf_put(&b, BYTES_OF_ARRAY(zero));
	buf_put(&b, bytes_of(f->quote_sig.p + 6, f->quote_sig.len - 6));
	CHECK(tpm_signature_parse(buf_bytes(&b), &s, &d) == 0 &&
		tpm_signature_verify(&s, f->ak, buf_bytes(&f->quote), &d) < 0,
	    "T09 an overlong r: refused (%s)", d.text);
}

int
main(void)
{
	struct forge f;

	forge_init(&f);
	test_schemes();
	test_ecdsa(&f);
	test_overlong(&f);
	forge_free(&f);
	return t_done();
}
