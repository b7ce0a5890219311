/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known answers of a reference TPM (../shared/corpus/quote/akact, read in
 * place): the key derivation KDFa, and secrets shared with elliptic keys, as
 * far as they are of the algorithms that the product's credentials have. The
 * derivation here is the test's own; it opens what credential_make() makes.
 */
#include "tpm/credential.h"

#include "../hex.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "tpm/public.h"

#define ALG_SHA256 11
#define ECC_P256   3

/* The objects of a file, one after the other; each is flat. */
static bool
next_object(const char **at, char *ret, size_t size)
{
	const char *start = strchr(*at, '{'), *end;

	if (start == NULL || (end = strchr(start, '}')) == NULL)
		return false;
	if ((size_t)(end - start) >= size)
		t_bail("an object of %zu bytes", (size_t)(end - start));
	memcpy(ret, start, (size_t)(end - start));
	ret[end - start] = '\0';
	*at = end + 1;
	return true;
}

static const char *
value(const char *object, const char *key)
{
	char quoted[32];
	const char *at;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	if ((at = strstr(object, quoted)) == NULL)
		t_bail("no %s", key);
	return at + strlen(quoted);
}

static struct bytes
text(const char *object, const char *key)
{
	const char *at = value(object, key) + 1;

	return bytes_of(at, strcspn(at, "\""));
}

static void
hex(const char *object, const char *key, struct buf *ret)
{
	buf_reset(ret);
	if (hex_decode(text(object, key), ret, NULL) < 0)
		t_bail("%s is not hex", key);
}

/* TPM 2.0 Part 1, 11.4.10.2, with SHA-256. The label ends in a NUL. */
static void
kdf_a(struct bytes key, struct bytes label, struct bytes u, struct bytes v,
    unsigned bits, struct buf *ret)
{
	const uint8_t size[4] = { 0, 0, (uint8_t)(bits >> 8), (uint8_t)bits };
	size_t n = (bits + 7) / 8;
	uint8_t block[SHA256_SIZE], count[4] = { 0 };

	buf_reset(ret);
	while (ret->len < n) {
		const struct bytes parts[] = { BYTES_OF_ARRAY(count), label,
			bytes_of("", 1), u, v, BYTES_OF_ARRAY(size) };

		count[3]++;
		hmac_sha256(key, parts, ARRAY_LEN(parts), block);
		if (!buf_put(ret,
			bytes_of(block,
			    n - ret->len < sizeof(block) ? n - ret->len
							 : sizeof(block))))
			t_bail("out of memory");
	}
	if (bits % 8 != 0)
		ret->p[0] &= (uint8_t)((1u << bits % 8) - 1);
}

static void
test_kdf_a(const char *json)
{
	auto_buf struct buf key = BUF_INIT(256), u = BUF_INIT(256),
			    v = BUF_INIT(256), want = BUF_INIT(256),
			    got = BUF_INIT(256);
	unsigned n = 0, n_equal = 0, n_all = 0;
	char object[2048];

	while (next_object(&json, object, sizeof(object))) {
		n_all++;
		if (strtoul(value(object, "HashAlg"), NULL, 10) != ALG_SHA256)
			continue;
		hex(object, "Key", &key);
		hex(object, "ContextU", &u);
		hex(object, "ContextV", &v);
		hex(object, "Result", &want);
		kdf_a(buf_bytes(&key), text(object, "Label"), buf_bytes(&u),
		    buf_bytes(&v),
		    (unsigned)strtoul(value(object, "Bits"), NULL, 10), &got);
		n++;
		n_equal += bytes_equal(buf_bytes(&got), buf_bytes(&want));
	}
	CHECK(n_all == 100 && n == 27 && n_equal == n,
	    "KDFa: %u of %u known answers of SHA-256, of %u in kdfa.json",
	    n_equal, n, n_all);
}

/* RFC 5915 in PKCS #8; the point is 04 || x || y. */
static struct key *
private_key(struct bytes scalar, struct bytes x, struct bytes y)
{
	static const char head[] =
	    "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b"
	    "0201010420";
	auto_buf struct buf der = BUF_INIT(256);
	struct key *key = NULL;
	struct diag d = { 0 };

	if (scalar.len != 32 || x.len != 32 || y.len != 32)
		t_bail("no key of P-256");
	t_hex(&der, head);
	(void)buf_put(&der, scalar);
	(void)buf_put(&der, bytes_of("\xa1\x44\x03\x42\x00\x04", 6));
	(void)buf_put(&der, x);
	(void)buf_put(&der, y);
	if (key_from_pkcs8(buf_bytes(&der), &key, &d) < 0)
		t_bail("private key: %s", d.text);
	return key;
}

/* The integrity of what was made is that of the seed which the answer tells. */
static bool
opens(const struct credential *c, struct bytes seed,
    const uint8_t name[TPM_NAME_SIZE])
{
	auto_buf struct buf key = BUF_INIT(64);
	const struct bytes parts[] = { bytes_of(c->blob + 2 + SHA256_SIZE,
					   c->blob_len - 34),
		bytes_of(name, TPM_NAME_SIZE) };
	uint8_t mac[SHA256_SIZE];

	kdf_a(seed, bytes_of_text("INTEGRITY"), BYTES_NONE, BYTES_NONE, 256,
	    &key);
	hmac_sha256(buf_bytes(&key), parts, ARRAY_LEN(parts), mac);
	return bytes_equal(BYTES_OF_ARRAY(mac), bytes_of(c->blob + 2, 32));
}

/* TPMS_ECC_POINT of P-256, at the end of what the hex says. */
static void
point(const struct buf *in, struct bytes *ret_x, struct bytes *ret_y)
{
	if (in->len < 68)
		t_bail("no point");
	*ret_x = bytes_of(in->p + in->len - 66, 32);
	*ret_y = bytes_of(in->p + in->len - 32, 32);
}

static bool
is_ours(const char *object, const struct buf *public)
{
	/* Name algorithm SHA-256, and the curve in front of KDF and x. */
	return bytes_equal_text(text(object, "Label"), "IDENTITY") &&
	    public->len > 80 && public->p[3] == ALG_SHA256 &&
	    public->p[public->len - 71] == ECC_P256 &&
	    public->p[public->len - 67] == 32;
}

static bool
agrees(const char *object, const struct buf *public)
{
	auto_buf struct buf ek = BUF_INIT(256), scalar = BUF_INIT(64),
			    sent = BUF_INIT(128), seed = BUF_INIT(64);
	static const uint8_t secret[CREDENTIAL_SECRET_SIZE] = { 5 };
	static const uint8_t name[TPM_NAME_SIZE] = { 0, 0x0b, 7 };
	auto_key struct key *ephemeral = NULL;
	struct bytes x, y;
	struct credential c;
	struct diag d = { 0 };

	hex(object, "EphemeralPrivate", &scalar);
	hex(object, "Ciphertext", &sent);
	hex(object, "Secret", &seed);
	point(&sent, &x, &y);
	ephemeral = private_key(buf_bytes(&scalar), x, y);
	point(public, &x, &y);
	if (!public_put_ek_ecc(&ek, x, y))
		t_bail("template");
	if (credential_make(buf_bytes(&ek), name, BYTES_OF_ARRAY(secret),
		BYTES_NONE, ephemeral, &c, &d) < 0)
		t_bail("credential: %s", d.text);
	return bytes_equal(bytes_of(c.secret, c.secret_len),
		   buf_bytes(&sent)) &&
	    opens(&c, buf_bytes(&seed), name);
}

static void
test_shared(const char *json)
{
	auto_buf struct buf public = BUF_INIT(1024);
	unsigned n = 0, n_equal = 0, n_all = 0;
	char object[4096];

	while (next_object(&json, object, sizeof(object))) {
		n_all++;
		hex(object, "PublicKey", &public);
		if (!is_ours(object, &public))
			continue;
		n++;
		n_equal += agrees(object, &public);
	}
	CHECK(n_all == 100 && n == 5 && n_equal == n,
	    "TestECCActivation: %u of %u known answers of P-256 and SHA-256 "
	    "give the expected secret, of %u in ecc_labeled_encaps.json",
	    n_equal, n, n_all);
}

static char *
load(const char *file)
{
	char name[80], *kept;
	uint8_t *p;
	size_t len;

	(void)snprintf(name, sizeof(name), "quote/akact/%s", file);
	if ((p = t_corpus(name, &len)) == NULL)
		return NULL;
	if ((kept = strndup((char *)p, len)) == NULL)
		t_bail("out of memory");
	free(p);
	return kept;
}

int
main(void)
{
	char *json = load("kdfa.json");

	if (json == NULL)
		return t_done();
	test_kdf_a(json);
	free(json);
	json = load("ecc_labeled_encaps.json");
	test_shared(json);
	free(json);
	return t_done();
}
