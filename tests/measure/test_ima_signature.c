/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures made by others' tools (tests/data/ima), and those of two recorded
 * hosts, where a signer's certificate is at hand.
 */
#include "measure/ima_signature.h"

#include "ima_list.h"

struct sample {
	struct bytes sig, der;
	struct cert cert;
	struct key *key;
	struct ima_entry e; /* of the signed file */
	struct ima_signature s;
};

static struct bytes
data(const char *name)
{
	char path[128];
	uint8_t *p;
	size_t n;

	(void)snprintf(path, sizeof(path), "data/ima/%s", name);
	p = t_load(path, &n);
	return bytes_of(list_keep(p, n), n);
}

/* The file's entry, with a digest of this algorithm. */
static struct ima_entry
entry(enum hash_alg alg)
{
	static uint8_t digests[LIST_BANKS][HASH_SIZE_MAX];

	hash_bytes(alg, data("file"), digests[alg]);
	return (
	    struct ima_entry){ .fields = IMA_F_DIGEST | IMA_F_NAME | IMA_F_SIG,
		.digest = { .known = true,
		    .alg = alg,
		    .value = bytes_of(digests[alg], hash_size(alg)) } };
}

static struct ima_entry
verity_entry(void)
{
	struct ima_entry e = entry(HASH_SHA256);

	e.digest.verity = true;
	e.digest.value = data("verity-digest");
	return e;
}

static struct sample
load(const char *key, const char *what, struct ima_entry e)
{
	struct sample s = { .e = e };
	char name[64];
	struct diag d;

	(void)snprintf(name, sizeof(name), "%s-%s.sig", key, what);
	s.sig = data(name);
	(void)snprintf(name, sizeof(name), "%s.der", key);
	s.der = data(name);
	if (cert_parse(s.der, &s.cert, &d) < 0 ||
	    cert_public_key(&s.cert, &s.key, &d) < 0)
		t_bail("%s: %s", name, d.text);
	return s;
}

/* A signature in front of the file and the key that it is said to be of. */
static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct sample *x = arg;
	struct ima_signature s;

	return ima_signature_parse(bytes_of(p, n), &s, NULL) == ERR_OK &&
	    memcmp(s.keyid, x->s.keyid, sizeof(s.keyid)) == 0 &&
	    ima_signature_verify(&s, &x->e, x->key, NULL) == ERR_OK;
}

static void
test_good(void)
{
	static const struct {
		const char *key, *what;
		enum hash_alg alg;
		bool verity;
	} rows[] = {
		{ "rsa", "sha256", HASH_SHA256, false },
		{ "rsa", "sha512", HASH_SHA512, false },
		{ "p256", "sha256", HASH_SHA256, false },
		{ "p384", "sha256", HASH_SHA256, false },
		{ "rsa", "verity", HASH_SHA256, true },
		{ "p256", "verity", HASH_SHA256, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sample x = load(rows[i].key, rows[i].what,
		    rows[i].verity ? verity_entry() : entry(rows[i].alg));
		uint8_t id[IMA_KEY_ID_SIZE], other[HASH_SIZE_MAX];
		struct diag d = { 0 };
		int err = ima_signature_parse(x.sig, &x.s, &d);

		CHECK(err == ERR_OK && x.s.alg == rows[i].alg &&
			x.s.version == (rows[i].verity ? 3 : 2) &&
			ima_signature_verify(&x.s, &x.e, x.key, &d) == ERR_OK,
		    "%s-%s: signatures: right key: %s", rows[i].key,
		    rows[i].what, d.text);
		CHECK(ima_key_id(&x.cert, id, &d) == ERR_OK &&
			memcmp(id, x.s.keyid, sizeof(id)) == 0,
		    "%s-%s: the id is the certificate's", rows[i].key,
		    rows[i].what);
		CHECK(t_truncations(x.sig.p, x.sig.len, accepts, &x) == 0 &&
			!t_trailing(x.sig.p, x.sig.len, accepts, &x),
		    "T46: %s-%s: cut at any byte, or longer: refused",
		    rows[i].key, rows[i].what);
		CHECK(t_bitflips(x.sig.p, x.sig.len, accepts, &x) == 0,
		    "T46: %s-%s: no flipped bit is accepted: bad length field "
		    "among them",
		    rows[i].key, rows[i].what);
		memcpy(other, x.e.digest.value.p, x.e.digest.value.len);
		other[0] ^= 1;
		x.e.digest.value.p = other;
		CHECK(ima_signature_verify(&x.s, &x.e, x.key, &d) ==
			    ERR_CRYPTO &&
			d.reason == REASON_SignatureInvalid,
		    "T46: %s-%s: another file: refused: %s", rows[i].key,
		    rows[i].what, d.text);
		key_free(x.key);
	}
}

static void
test_confusion(void)
{
	struct sample v2 = load("rsa", "sha256", entry(HASH_SHA256));
	struct sample v3 = load("rsa", "verity", verity_entry());
	struct sample sha1 = load("rsa", "sha1", entry(HASH_SHA1));
	uint8_t copy[512];
	struct ima_signature s;
	struct ima_entry e;
	struct diag d = { 0 };

	CHECK(ima_signature_parse(data("rsa-v1.sig"), &s, &d) ==
		ERR_UNSUPPORTED,
	    "T46: version 1: refused: %s", d.text);
	memcpy(copy, v2.sig.p, v2.sig.len);
	copy[1] = 3;
	CHECK(ima_signature_parse(bytes_of(copy, v2.sig.len), &s, &d) ==
		ERR_UNSUPPORTED,
	    "T46: version 3 of a file's digest: refused: %s", d.text);
	memcpy(copy, v3.sig.p, v3.sig.len);
	copy[1] = 2;
	CHECK(ima_signature_parse(bytes_of(copy, v3.sig.len), &s, &d) ==
		ERR_UNSUPPORTED,
	    "T46: version 2 of a verity digest: refused: %s", d.text);
	for (uint8_t type = 0; type < 8; type++) {
		copy[0] = type;
		copy[1] = type == IMA_XATTR_VERITY_DIGSIG ? 2 : 3;
		CHECK(ima_signature_parse(bytes_of(copy, v3.sig.len), &s, &d) ==
			ERR_UNSUPPORTED,
		    "T46: attribute of type %u: refused: %s", type, d.text);
	}
	memcpy(copy, v2.sig.p, v2.sig.len);
	copy[2] = 1; /* MD5 */
	CHECK(ima_signature_parse(bytes_of(copy, v2.sig.len), &s, &d) ==
		ERR_UNSUPPORTED,
	    "T46: wrong hash alg: MD5: refused: %s", d.text);

	if (ima_signature_parse(v2.sig, &v2.s, &d) < 0 ||
	    ima_signature_parse(v3.sig, &v3.s, &d) < 0 ||
	    ima_signature_parse(sha1.sig, &sha1.s, &d) < 0)
		t_bail("%s", d.text);
	CHECK(ima_signature_verify(&sha1.s, &sha1.e, sha1.key, &d) ==
		ERR_UNSUPPORTED,
	    "T46: over SHA-1: refused: %s", d.text);
	e = v2.e;
	e.digest.alg = HASH_SM3; /* of the same size */
	CHECK(ima_signature_verify(&v2.s, &e, v2.key, &d) == ERR_CRYPTO,
	    "T46: wrong hash alg: of the digest: refused: %s", d.text);
	s = v2.s;
	s.alg = HASH_SM3;
	CHECK(ima_signature_verify(&s, &e, v2.key, &d) == ERR_UNSUPPORTED,
	    "T46: an algorithm that no key signs with: refused: %s", d.text);
	e = v3.e;
	e.digest.verity = false;
	CHECK(ima_signature_verify(&v3.s, &e, v3.key, &d) == ERR_CRYPTO,
	    "T46: v2/v3 confusion: verity's signature for a file's digest: "
	    "refused: %s",
	    d.text);
	e = v2.e;
	e.digest.verity = true;
	CHECK(ima_signature_verify(&v2.s, &e, v2.key, &d) == ERR_CRYPTO,
	    "T46: v2/v3 confusion: a file's signature for a verity digest: "
	    "refused: %s",
	    d.text);
	e = v2.e;
	e.violation = true;
	CHECK(ima_signature_verify(&v2.s, &e, v2.key, &d) == ERR_CRYPTO,
	    "T46: a violation is never signed");
	key_free(v2.key);
	key_free(v3.key);
	key_free(sha1.key);
}

static void
test_signers(void)
{
	struct sample rsa = load("rsa", "sha256", entry(HASH_SHA256));
	struct sample p256 = load("p256", "sha256", entry(HASH_SHA256));
	struct sample p384 = load("p384", "sha256", entry(HASH_SHA256));
	struct ima_signer signers[3] = { { .key = rsa.key },
		{ .key = p384.key }, { .key = p256.key } };
	struct diag d = { 0 };
	size_t which = 9;

	if (ima_signature_parse(p256.sig, &p256.s, &d) < 0)
		t_bail("%s", d.text);
	CHECK(ima_signature_verify_any(&p256.s, &p256.e, signers, 3, &which,
		  &d) == ERR_NOT_FOUND &&
		which == 9,
	    "T46: unknown key: %s", d.text);
	for (size_t i = 0; i < 3; i++)
		memcpy(signers[i].keyid, p256.s.keyid, IMA_KEY_ID_SIZE);
	CHECK(ima_signature_verify_any(&p256.s, &p256.e, signers, 3, &which,
		  &d) == ERR_OK &&
		which == 2,
	    "T46: keyid collision: all keys of the id are tried, the third "
	    "signed");
	CHECK(ima_signature_verify_any(&p256.s, &p256.e, signers, 2, &which,
		  &d) == ERR_CRYPTO,
	    "T46: keyid collision: another key of the id did not sign: %s",
	    d.text);
	key_free(rsa.key);
	key_free(p256.key);
	key_free(p384.key);
}

/* Each signed file of a list, by the key of a certificate. */
static void
check_host(const char *list_name, const char *cert_name, const char *says,
    size_t want_good, size_t want_bad, const char *want_name)
{
	char bad[256] = "";
	static struct ima_iter it;
	size_t n_list, n_der, n_good = 0, n_bad = 0, which;
	uint8_t *list = t_corpus(list_name, &n_list);
	uint8_t *der = t_corpus(cert_name, &n_der);
	struct ima_signer signer = { 0 };
	struct ima_signature s;
	struct ima_entry e;
	struct key *key = NULL;
	struct cert cert;
	struct diag d = { 0 };
	int err;

	if (list == NULL || der == NULL)
		return;
	if (cert_parse(bytes_of(der, n_der), &cert, &d) < 0 ||
	    ima_key_id(&cert, signer.keyid, &d) < 0)
		t_bail("%s: %s", cert_name, d.text);
	err = cert_public_key(&cert, &key, &d);
	if (says != NULL) {
		CHECK(err == ERR_UNSUPPORTED, "%s: %s: refused: %s", cert_name,
		    says, d.text);
	} else if (err < 0) {
		t_bail("%s: %s", cert_name, d.text);
	}
	signer.key = key;
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, bytes_of(list, n_list), 0);
	while (ima_next(&it, &e, &d) == ERR_OK) {
		if (e.sig.len == 0)
			continue;
		if (ima_signature_parse(e.sig, &s, &d) < 0)
			t_bail("%s: entry %llu: %s", list_name,
			    (unsigned long long)e.index, d.text);
		if (key == NULL ? memcmp(s.keyid, signer.keyid, 4) == 0
				: ima_signature_verify_any(&s, &e, &signer, 1,
				      &which, &d) == ERR_OK)
			n_good++;
		else
			(void)snprintf(bad, sizeof(bad), "%.*s",
			    (int)e.name.len, (const char *)e.name.p),
			    n_bad++;
	}
	CHECK(n_good == want_good && n_bad == want_bad &&
		strcmp(bad, want_name) == 0,
	    "T46: %s: %zu files as signed by its key, %zu not, last %s",
	    list_name, n_good, n_bad, bad);
	key_free(key);
	free(list);
	free(der);
}

int
main(void)
{
	test_good();
	test_confusion();
	test_signers();
	check_host(
	    "recordings/host-appraise-enforced/binary_runtime_measurements",
	    "recordings/host-appraise-enforced/ima.der", NULL, 158, 1,
	    "/usr/local/bin/trojan");
	check_host("ima/bin_acs_imasig.log", "ima/acs_imakey.der",
	    "a key of 1024 bits", 897, 2, "/usr/bin/trojan_badkey");
	return t_done();
}
