/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: tests/crypto/ek/, see its README. */
#include "crypto/ek.h"

#include "ek_load.h"

#define NOW 1900000000 /* 2030 */

static int
verify_at(const char *leaf, const char *const *via, size_t n_via,
    const char *root, uint64_t now, struct diag *d)
{
	struct bytes der = load(leaf), anchor = load(root), list[16];
	struct ek_cert *cert = NULL;
	int r;

	for (size_t i = 0; i < n_via; i++)
		list[i] = load(via[i]);
	r = ek_cert_read(der, &cert, d);
	if (r == 0)
		r = ek_cert_verify(cert, list, n_via, &anchor, 1, now, d);
	for (size_t i = 0; i < n_via; i++)
		unload(list[i]);
	unload(der);
	unload(anchor);
	ek_cert_free(cert);
	return r;
}

static int
verify(const char *leaf, const char *via, const char *root, struct diag *d)
{
	return verify_at(leaf, &via, 1, root, NOW, d);
}

static void
test_read(void)
{
	struct bytes rsa = load("ek-rsa"), oaep = load("ek-oaep"), p256;
	struct ek_cert *cert = NULL, *other = NULL;
	struct buf padded = BUF_INIT(EK_CERT_MAX);
	struct diag d = { 0 };
	uint32_t vendor = 0;

	buf_put(&padded, rsa);
	for (int i = 0; i < 100; i++)
		buf_put_u8(&padded, 0xff);
	CHECK(ek_cert_read(buf_bytes(&padded), &cert, &d) == 0 &&
		bytes_equal(ek_cert_der(cert), rsa),
	    "the padding of NV memory is not part of the certificate");
	CHECK(key_type(ek_cert_key(cert)) == KEY_RSA &&
		key_bits(ek_cert_key(cert)) == 2048,
	    "an RSA endorsement key");
	CHECK(ek_vendor_find(rsa, &vendor) && vendor == 0x53574d54,
	    "its vendor");
	CHECK(ek_cert_read(oaep, &other, &d) == 0 &&
		key_public_equal(ek_cert_key(cert), ek_cert_key(other)),
	    "a key marked RSAES-OAEP is read as well: %s", d.text);
	ek_cert_free(cert);
	ek_cert_free(other);
	other = cert = NULL;
	p256 = load("ek-p256");
	CHECK(ek_cert_read(p256, &cert, &d) == 0 &&
		key_type(ek_cert_key(cert)) == KEY_P256,
	    "a P-256 endorsement key");
	CHECK(ek_cert_read(bytes_of(p256.p, p256.len - 1), &other, &d) ==
		ERR_FORMAT,
	    "cut by a byte: %s", d.text);
	CHECK(ek_cert_read(BYTES_NONE, &other, &d) == ERR_FORMAT, "nothing: %s",
	    d.text);
	ek_cert_free(cert);
	unload(rsa);
	unload(oaep);
	unload(p256);
	buf_free(&padded);
}

static void
test_unsupported(void)
{
	static const char *const names[] = { "ek-rsa1024", "ek-p521" };
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct ek_cert *cert = NULL;
		struct bytes b = load(names[i]);

		CHECK(ek_cert_read(b, &cert, &d) == ERR_UNSUPPORTED,
		    "T09 %s: %s", names[i], d.text);
		unload(b);
	}
}

/* Every bit of what is signed, and of the signature's last bytes. */
static void
test_oaep_signature(void)
{
	struct bytes der = load("ek-oaep"), via = load("intermediate"),
		     root = load("root");
	struct buf b = BUF_INIT(EK_CERT_MAX);
	size_t bad = 0;

	buf_put(&b, der);
	for (size_t i = 4; i < b.len; i++) {
		struct ek_cert *cert = NULL;

		b.p[i] ^= 1;
		if (ek_cert_read(buf_bytes(&b), &cert, NULL) == 0)
			bad += ek_cert_verify(cert, &via, 1, &root, 1, NOW,
				   NULL) == 0;
		b.p[i] ^= 1;
		ek_cert_free(cert);
	}
	CHECK(bad == 0, "T19 a changed byte of one marked RSAES-OAEP");
	buf_free(&b);
	unload(der);
	unload(via);
	unload(root);
}

static int
verify_bytes(struct bytes der, struct bytes anchor, struct diag *d)
{
	struct ek_cert *cert = NULL;
	int r = ek_cert_read(der, &cert, d);

	if (r == 0)
		r = ek_cert_verify(cert, NULL, 0, &anchor, 1, NOW, d);
	ek_cert_free(cert);
	return r;
}

/* Intermediates out of NV memory, right behind the certificate. */
static void
test_behind(void)
{
	struct bytes leaf = load("ek-rsa"), inner = load("intermediate"),
		     root = load("root"), other = load("other-root");
	struct buf b = BUF_INIT(EK_CERT_MAX);
	struct ek_cert *cert = NULL;
	struct diag d = { 0 };

	CHECK(verify_bytes(leaf, root, &d) == ERR_REFUSED,
	    "T19 alone it does not chain: %s", d.text);
	buf_put(&b, leaf);
	buf_put(&b, inner);
	CHECK(verify_bytes(buf_bytes(&b), root, &d) == 0,
	    "an intermediate behind it is used: %s", d.text);
	CHECK(verify_bytes(buf_bytes(&b), other, &d) == ERR_REFUSED,
	    "T19 and is no authority: %s", d.text);
	CHECK(verify_bytes(bytes_of(b.p, b.len - 1), root, &d) == ERR_REFUSED,
	    "T19 one that is cut is not used: %s", d.text);
	buf_put_u8(&b, 0xff);
	CHECK(verify_bytes(buf_bytes(&b), root, &d) == 0,
	    "padding may follow: %s", d.text);
	if (ek_cert_read(buf_bytes(&b), &cert, &d) < 0)
		t_bail("%s", d.text);
	CHECK(bytes_equal(ek_cert_der(cert), leaf),
	    "what stands behind is not part of the certificate");
	ek_cert_free(cert);
	buf_reset(&b);
	buf_put(&b, leaf);
	buf_put(&b, root);
	CHECK(verify_bytes(buf_bytes(&b), other, &d) == ERR_REFUSED,
	    "T19 a root that the host brings is no anchor: %s", d.text);
	buf_free(&b);
	unload(leaf);
	unload(inner);
	unload(root);
	unload(other);
}

static void
test_chain(void)
{
	static const char *const deep[] = { "deep-0", "deep-1", "deep-2",
		"deep-3", "deep-4", "deep-5", "deep-6", "deep-7" };
	static const char *const loop[] = { "loop-a", "loop-b" };
	static const struct {
		const char *leaf, *via, *root, *what;
	} refused[] = {
		{ "ek-rsa", "deep-0", "root", "T19 the issuer is missing" },
		{ "ek-rsa", "intermediate", "other-root",
		    "T19 another root of the same name" },
		{ "ek-rsa", "intermediate-expired", "root",
		    "T19 an expired intermediate" },
		{ "ek-rsa", "intermediate-not-ca", "root",
		    "T19 an issuer that is no CA" },
		{ "ek-rsa", "intermediate-constrained", "root",
		    "T19 outside its issuer's name constraints" },
		{ "ek-oaep", "intermediate", "other-root",
		    "T19 marked RSAES-OAEP, under another root" },
		{ "ek-expired", "intermediate", "root", "T19 expired" },
		{ "ek-ca", "intermediate", "root", "T19 it is a CA" },
		{ "ek-purpose", "intermediate", "root",
		    "T19 made for attestation keys" },
		{ "ek-no-purpose", "intermediate", "root",
		    "T19 without a purpose" },
		{ "ek-critical", "intermediate", "root-short",
		    "T19 with a critical extension that nobody knows" },
		{ "ek-signs", "intermediate", "root-short",
		    "T19 for a key that signs" },
		{ "ek-too-long", "too-long", "root-short",
		    "T19 below more authorities than its root allows" },
		{ "ek-sha1", "intermediate", "root-sha1",
		    "T09 signed over SHA-1" },
	};
	struct diag d = { 0 };

	CHECK(verify("ek-rsa", "intermediate", "root", &d) == 0,
	    "an RSA EK certificate chains to its root: %s", d.text);
	CHECK(verify("ek-p256", "intermediate", "root", &d) == 0,
	    "a P-256 EK certificate chains to its root");
	CHECK(verify("ek-oaep", "intermediate", "root", &d) == 0,
	    "one marked RSAES-OAEP chains to its root: %s", d.text);
	test_oaep_signature();
	CHECK(verify("ek-known", "intermediate", "root-short", &d) == 0,
	    "an unknown extension that is not critical: %s", d.text);
	CHECK(verify_at("ek-rsa", NULL, 0, "intermediate", NOW, &d) == 0,
	    "a registered intermediate is enough: %s", d.text);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		d = (struct diag){ 0 };
		CHECK(verify(refused[i].leaf, refused[i].via, refused[i].root,
			  &d) == ERR_REFUSED &&
			d.reason == REASON_EkTemplate,
		    "%s: %s", refused[i].what, d.text);
	}
	CHECK(verify_at("ek-loop", loop, 2, "root", NOW, &d) == ERR_REFUSED,
	    "T19 a loop: %s", d.text);
	CHECK(verify_at("ek-deep", deep, 8, "root", NOW, &d) == ERR_REFUSED,
	    "T19 a chain of eight: %s", d.text);
	CHECK(verify_at("ek-rsa", (const char *[]){ "intermediate" }, 1, "root",
		  1500000000, &d) == ERR_REFUSED,
	    "T19 not valid yet: %s", d.text);
}

int
main(void)
{
	test_read();
	test_unsupported();
	test_chain();
	test_behind();
	return t_done();
}
