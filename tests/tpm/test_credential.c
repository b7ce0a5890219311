/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MakeCredential against keylime's vector, and opened with a private key by
 * the other side's rules; tests/tpmdev asks a real TPM.
 */
#include "tpm/credential.h"

#include "forge.h"

/* The hex value of one key of the corpus' JSON. */
static void
json_hex(const char *json, const char *name, struct buf *ret)
{
	const char *p = strstr(json, name), *end;

	if (p == NULL || (p = strchr(p, ':')) == NULL ||
	    (p = strchr(p, '"')) == NULL || (end = strchr(++p, '"')) == NULL)
		t_bail("no %s in the corpus file", name);
	if (hex_decode(bytes_of(p, (size_t)(end - p)), ret, NULL) < 0)
		t_bail("%s is not hex", name);
}

/* Seed 12 12 12 ..; "expected" is a file header, TPM2B_ID_OBJECT, and more. */
static void
test_keylime(void)
{
	auto_buf struct buf ek = BUF_INIT(2048), name = BUF_INIT(64),
			    want = BUF_INIT(256), secret = BUF_INIT(64);
	struct credential c;
	uint8_t seed[32], *json;
	struct diag d = { 0 };
	size_t len;

	json = t_corpus("quote/akact/keylime_makecredential_rsa.json", &len);
	if (json == NULL)
		return;
	json[len - 1] = 0;
	json_hex((char *)json, "ek_tpm2b_public", &ek);
	json_hex((char *)json, "aik_name", &name);
	json_hex((char *)json, "challenge", &secret);
	json_hex((char *)json, "expected_blob", &want);
	memset(seed, 0x12, sizeof(seed));
	CHECK(credential_make(bytes_of(ek.p + 2, ek.len - 2), name.p,
		  buf_bytes(&secret), BYTES_OF_ARRAY(seed), NULL, &c, &d) == 0,
	    "a credential is made for keylime's EK %s", d.text);
	CHECK(c.blob_len == 68 && c.secret_len == 256 && want.len == 80 &&
		bytes_equal(bytes_of(c.blob, 68), bytes_of(want.p + 10, 68)),
	    "its blob is keylime's");
	free(json);
}

static void
test_arguments(struct forge *f)
{
	auto_buf struct buf ek = BUF_INIT(1024);
	uint8_t point[P256_POINT_SIZE], name[TPM_NAME_SIZE] = { 0, 0x0b };
	auto_key struct key *ephemeral = NULL, *p384 = NULL;
	struct credential a, b;
	struct diag d = { 0 };
	struct bytes x, y, secret = BYTES_OF_ARRAY(f->extra);

	if (key_generate(KEY_P256, 0, &ephemeral, &d) < 0 ||
	    key_generate(KEY_P384, 0, &p384, &d) < 0)
		t_bail("%s", d.text);
	forge_point(f->hk, &x, &y, point);
	if (!public_put_ek_ecc(&ek, x, y))
		t_bail("template");
	CHECK(credential_make(buf_bytes(&ek), name, secret, BYTES_NONE,
		  ephemeral, &a, &d) == 0 &&
		a.blob_len == 68 && a.secret_len == 68,
	    "a credential is made for a P-256 EK %s", d.text);
	name[5] ^= 1;
	CHECK(credential_make(buf_bytes(&ek), name, secret, BYTES_NONE,
		  ephemeral, &b, &d) == 0 &&
		!bytes_equal(BYTES_OF_ARRAY(a.blob), BYTES_OF_ARRAY(b.blob)),
	    "T21 another AK's credential is another one");
	CHECK(credential_make(buf_bytes(&ek), name, secret, BYTES_NONE, NULL,
		  &b, &d) < 0,
	    "no ephemeral key: refused (%s)", d.text);
	CHECK(credential_make(buf_bytes(&ek), name, secret, BYTES_NONE, p384,
		  &b, &d) < 0,
	    "an ephemeral key of another curve: refused (%s)", d.text);
	CHECK(credential_make(buf_bytes(&ek), name, bytes_of(secret.p, 31),
		  BYTES_NONE, ephemeral, &b, &d) < 0,
	    "a secret of 31 bytes: refused (%s)", d.text);
	CHECK(credential_make(buf_bytes(&f->hk_public), name, secret,
		  BYTES_NONE, ephemeral, &b, &d) == ERR_REFUSED &&
		d.reason == REASON_EkTemplate,
	    "T20 a key that is no EK: refused (%s)", d.text);
}

int
main(void)
{
	struct forge f;

	forge_init(&f);
	test_keylime();
	test_arguments(&f);
	forge_free(&f);
	return t_done();
}
