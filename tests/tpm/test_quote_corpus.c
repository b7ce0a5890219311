/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotes of other people's TPMs and verifiers, out of the third-party corpus:
 * what the file expected.json of each states. None is of the product's own
 * template, so that all of them are refused as evidence whatever they hold;
 * the parts they are made of are held to what the source says.
 */
#include "../hex.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "tpm/public.h"
#include "tpm/quote_check.h"
#include "tpm/signature.h"
#include "json/json.h"

enum reads { READS, NO_MAGIC, TWO_BANKS, NO_QUOTE };
enum signs { VERIFIES, SHA1_REFUSED, NO_KEY };

static const struct quote_case {
	const char *name;
	enum reads reads;
	enum signs signs;
	uint16_t bank;
	const char *item; /* of the peers' suites */
} cases[] = {
	{ "keylime-files", READS, VERIFIES, TPM_ALG_SHA256,
	    "keylime checkquote: good" },
	{ "gce-cos-85-no-nonce-sha1", READS, VERIFIES, TPM_ALG_SHA1,
	    "go-tpm-tools TestVerifySHA1Attestation" },
	{ "gce-cos-85-no-nonce-sha256", READS, VERIFIES, TPM_ALG_SHA256,
	    "go-tpm-tools TestVerifyHappyCases" },
	{ "gce-cos-85-no-nonce-sha384", READS, VERIFIES, TPM_ALG_SHA384,
	    "go-tpm-tools HashAlgo" },
	{ "azure-snp-evidence-v0", READS, VERIFIES, TPM_ALG_SHA256,
	    "a vTPM's quote inside SNP evidence" },
	{ "azure-snp-evidence-v1", READS, VERIFIES, TPM_ALG_SHA256,
	    "a vTPM's quote inside SNP evidence" },
	{ "azure-snp-evidence-genoa", READS, VERIFIES, TPM_ALG_SHA256,
	    "a vTPM's quote inside SNP evidence" },
	{ "go-attestation-win-gcp", READS, SHA1_REFUSED, TPM_ALG_SHA1,
	    "go-attestation TestEventLog" },
	{ "der-win-gcp-badmagic", NO_MAGIC, SHA1_REFUSED, 0,
	    "go-attestation TestEventLog, other magic" },
	{ "intel-secl-host-quote", TWO_BANKS, VERIFIES, 0,
	    "intel-secl: quote with two PCR banks" },
	{ "rust-keylime-test-quote", READS, NO_KEY, TPM_ALG_SHA1,
	    "keylime checkquote: wire form" },
	{ "veraison-parsec-pat", READS, NO_KEY, TPM_ALG_SHA256,
	    "an ECDSA quote without its key" },
	{ "akcreate-infineon-rsa", NO_QUOTE, SHA1_REFUSED, 0,
	    "go-attestation TestActivation" },
	{ "go-attestation-win-gcp-akcreate", NO_QUOTE, SHA1_REFUSED, 0,
	    "go-attestation TestActivation" },
	{ "der-akcreate-not-restricted", NO_QUOTE, SHA1_REFUSED, 0,
	    "go-attestation AK parameters" },
	{ "akcreate-rsa-pub-ecc-sig", NO_QUOTE, SHA1_REFUSED, 0,
	    "go-attestation TestActivationRejectsSignatureAlgorithmMismatch" },
};

static struct bytes
load(const char *name, const char *file)
{
	char path[96];
	size_t len = 0;
	uint8_t *p;

	(void)snprintf(path, sizeof(path), "quote/%s/%s", name, file);
	p = t_corpus(path, &len);
	return bytes_of(p, len);
}

static void
unload(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

static bool
has(const char *name, const char *file)
{
	char path[96], full[5000];

	(void)snprintf(path, sizeof(path), "quote/%s/%s", name, file);
	return t_corpus_path(path, full, sizeof(full)) &&
	    access(full, R_OK) == 0;
}

/* A hex field of expected.json's "attest". */
static bool
states_hex(const struct json *attest, const char *key, struct bytes got)
{
	struct buf b = BUF_INIT(256);
	struct bytes text;
	bool same;

	if (json_get_text(attest, key, &text, NULL) < 0 ||
	    (text.len != 0 && hex_decode(text, &b, NULL) < 0))
		t_bail("expected.json: %s", key);
	same = bytes_equal(buf_bytes(&b), got);
	buf_free(&b);
	return same;
}

static bool
states_number(const struct json *attest, const char *key, uint64_t got)
{
	uint64_t want;

	if (json_get_number(attest, key, 0, UINT64_MAX, &want, NULL) < 0)
		t_bail("expected.json: %s", key);
	return want == got;
}

static void
check_fields(const struct quote_case *c, const struct quote *q)
{
	struct bytes text = load(c->name, "expected.json");
	const struct tpm_clock *k = &q->head.clock;
	const struct json *attest;
	struct json_doc *doc = NULL;
	uint8_t firmware[8];
	struct diag d = { 0 };

	if (json_parse(text, &doc, &d) < 0 ||
	    json_get_object(json_root(doc), "attest", &attest, &d) < 0)
		t_bail("%s: %s", c->name, d.text);
	for (int i = 0; i < 8; i++)
		firmware[i] = (uint8_t)(k->firmware >> (56 - 8 * i));
	CHECK(states_hex(attest, "qualifiedSigner", q->head.signer) &&
		states_hex(attest, "extraData", q->head.extra_data) &&
		states_number(attest, "clock", k->clock) &&
		states_number(attest, "resetCount", k->resets) &&
		states_number(attest, "restartCount", k->restarts) &&
		states_number(attest, "safe", k->safe) &&
		states_hex(attest, "firmwareVersion",
		    BYTES_OF_ARRAY(firmware)) &&
		states_hex(attest, "pcrDigest", q->digest) &&
		q->bank == c->bank,
	    "%s: %s: every field as the source says", c->item, c->name);
	json_doc_free(doc);
	unload(text);
}

/* The values beside the quote; a source's name of the bank, then "N": "HEX". */
static size_t
read_pcrs(const struct json *bank, uint8_t values[PCR_COUNT][64], size_t size,
    uint32_t mask, struct bytes parts[PCR_COUNT])
{
	size_t n = 0;

	for (unsigned i = 0; i < PCR_COUNT; i++) {
		struct bytes hex;
		char key[4];

		(void)snprintf(key, sizeof(key), "%u", i);
		if ((mask >> i & 1) == 0)
			continue;
		if (json_get_text(bank, key, &hex, NULL) < 0 ||
		    hex_decode_fixed(hex, values[i], size, NULL) < 0)
			t_bail("pcrs.json: %u", i);
		parts[n++] = bytes_of(values[i], size);
	}
	return n;
}

static void
check_pcrs(const struct quote_case *c, const struct quote *q)
{
	static const struct {
		uint16_t bank;
		const char *name;
		size_t size;
	} banks[] = { { TPM_ALG_SHA1, "sha1", 20 },
		{ TPM_ALG_SHA256, "sha256", 32 },
		{ TPM_ALG_SHA384, "sha384", 48 } };
	struct bytes text, parts[PCR_COUNT];
	uint8_t values[PCR_COUNT][64], digest[HASH_SIZE_MAX];
	enum hash_alg alg =
	    q->digest.len == SHA256_SIZE ? HASH_SHA256 : HASH_SHA1;
	struct json_doc *doc = NULL;
	const struct json *bank;
	size_t i = 0, n;

	if (!has(c->name, "pcrs.json"))
		return;
	text = load(c->name, "pcrs.json");
	while (i < ARRAY_LEN(banks) && banks[i].bank != q->bank)
		i++;
	if (i == ARRAY_LEN(banks) || json_parse(text, &doc, NULL) < 0 ||
	    json_get_object(json_root(doc), banks[i].name, &bank, NULL) < 0)
		t_bail("%s: pcrs.json", c->name);
	n = read_pcrs(bank, values, banks[i].size, q->mask, parts);
	hash_parts(alg, parts, n, digest);
	CHECK(bytes_equal(q->digest, bytes_of(digest, q->digest.len)),
	    "%s: %s: PCR digest is that of the values", c->item, c->name);
	values[23][0] ^= 1;
	values[15][0] ^= 1;
	hash_parts(alg, parts, n, digest);
	CHECK(!bytes_equal(q->digest, bytes_of(digest, q->digest.len)),
	    "T31 go-tpm-tools TestVerify PCRChanged: %s: not that of others",
	    c->name);
	json_doc_free(doc);
	unload(text);
}

static void
check_quote(const struct quote_case *c, struct bytes attest)
{
	static const int want[] = { [READS] = ERR_OK,
		[NO_MAGIC] = ERR_FORMAT,
		[TWO_BANKS] = ERR_UNSUPPORTED,
		[NO_QUOTE] = ERR_FORMAT };
	struct diag d = { 0 };
	struct certify certify;
	struct quote q;
	int r = quote_parse(attest, &q, &d);

	CHECK(r == want[c->reads], "%s%s: %s: %s",
	    c->reads == READS           ? ""
		: c->reads == NO_MAGIC  ? "T10 "
		: c->reads == TWO_BANKS ? "T13 "
					: "T11 ",
	    c->item, c->name, r == ERR_OK ? "is read" : d.text);
	CHECK(certify_parse(attest, &certify, &d) == ERR_FORMAT,
	    "T11 %s is no certify: %s", c->name, d.text);
	if (r < 0)
		return;
	check_fields(c, &q);
	check_pcrs(c, &q);
	if (has(c->name, "nonce.bin")) {
		struct bytes nonce = load(c->name, "nonce.bin");

		CHECK(bytes_equal(nonce, q.head.extra_data),
		    "%s: %s: nonce of %zu bytes", c->item, c->name, nonce.len);
		unload(nonce);
	}
}

static struct key *
load_key(const char *name)
{
	struct bytes pem = load(name, "ak.pem"), text = pem;
	struct buf der = BUF_INIT(KEY_SPKI_MAX);
	struct key *key = NULL;
	struct diag d = { 0 };

	if (pem_next(&text, PEM_PUBLIC_KEY, &der, &d) < 0 ||
	    key_from_spki(buf_bytes(&der), &key, &d) < 0)
		t_bail("%s/ak.pem: %s", name, d.text);
	buf_free(&der);
	unload(pem);
	return key;
}

/* T06: each byte of what is signed, and of the signature. */
static size_t
accepts_changes(const struct key *key, struct bytes attest,
    struct bytes signature)
{
	struct buf b = BUF_INIT(4096);
	struct tpm_signature s;
	size_t bad = 0;

	buf_put(&b, attest);
	buf_put(&b, signature);
	for (size_t i = 0; i < b.len; i++) {
		struct bytes message = bytes_of(b.p, attest.len);

		b.p[i] ^= 0x40;
		bad += tpm_signature_parse(bytes_of(b.p + attest.len,
					       signature.len),
			   &s, NULL) == 0 &&
		    tpm_signature_verify(&s, key, message, NULL) == 0;
		b.p[i] ^= 0x40;
	}
	buf_free(&b);
	return bad;
}

/* SHA-1 is refused when it is read; said to be SHA-256, it does not verify. */
static void
check_sha1(const struct quote_case *c, const struct key *key,
    struct bytes attest, struct bytes signature)
{
	struct buf b = BUF_INIT(TPM_SIG_MAX);
	struct tpm_signature s;
	struct diag d = { 0 };

	CHECK(tpm_signature_parse(signature, &s, &d) == ERR_UNSUPPORTED,
	    "T09 %s: %s: SHA-1: %s", c->item, c->name, d.text);
	buf_put(&b, signature);
	b.p[3] = TPM_ALG_SHA256;
	CHECK(tpm_signature_parse(buf_bytes(&b), &s, &d) == 0 &&
		tpm_signature_verify(&s, key, attest, &d) < 0,
	    "T09 %s: %s: SHA-1 relabelled: %s", c->item, c->name, d.text);
	buf_free(&b);
}

static void
check_signature(const struct quote_case *c, struct bytes attest,
    struct bytes signature)
{
	struct tpm_signature s;
	struct diag d = { 0 };
	struct key *key;

	if (c->signs == NO_KEY)
		return;
	key = load_key(c->name);
	if (c->signs == SHA1_REFUSED) {
		check_sha1(c, key, attest, signature);
		key_free(key);
		return;
	}
	CHECK(tpm_signature_parse(signature, &s, &d) == 0 &&
		tpm_signature_verify(&s, key, attest, &d) == 0,
	    "%s: %s: its signature verifies %s", c->item, c->name, d.text);
	CHECK(accepts_changes(key, attest, signature) == 0,
	    "T06 keylime checkquote: flipped quote byte: %s", c->name);
	key_free(key);
}

/* Not one of them is evidence: another template, or no nonce, or both. */
static void
check_refused(const struct quote_case *c, struct bytes attest,
    struct bytes signature)
{
	struct bytes ak = BYTES_NONE;
	struct quote_evidence e = { .attest = attest,
		.signature = signature,
		.mask = PCR_MASK_DEFAULT };
	struct quote_facts facts;
	struct diag d = { 0 };

	if (has(c->name, "ak.pub"))
		ak = load(c->name, "ak.pub");
	/* TPM2B_PUBLIC, or the area without its size. */
	e.ak_public = ak;
	if (ak.len > 2 && (size_t)(ak.p[0] << 8 | ak.p[1]) == ak.len - 2)
		e.ak_public = bytes_of(ak.p + 2, ak.len - 2);
	CHECK(quote_verify(&e, &facts, &d) == ERR_REFUSED &&
		d.reason == REASON_AkTemplate,
	    "T22 %s is no evidence of a host: %s", c->name, d.text);
	unload(ak);
}

static bool
is_met(struct bytes name)
{
	/* tests/tpm/test_credential*.c */
	static const char *const vectors[] = { "akact/kdfa.json",
		"akact/ecc_labeled_encaps.json",
		"akact/keylime_makecredential_rsa.json" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (bytes_equal_text(name, cases[i].name))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
		if (bytes_equal_text(name, vectors[i]))
			return true;
	return false;
}

static void
check_manifest(void)
{
	size_t len, n = 0, n_met = 0;
	uint8_t *p = t_corpus("quote/MANIFEST.tsv", &len);
	struct bytes rest = bytes_of(p, len), line;

	if (p == NULL || !text_next_line(&rest, &line))
		t_bail("MANIFEST.tsv");
	while (text_next_line(&rest, &line)) {
		const uint8_t *tab = memchr(line.p, '\t', line.len);
		struct bytes name =
		    bytes_of(line.p, tab == NULL ? 0 : (size_t)(tab - line.p));

		n++;
		if (is_met(name))
			n_met++;
		else
			printf("# %.*s\n", (int)name.len, (const char *)name.p);
	}
	CHECK(n == 19 && n_met == n,
	    "%zu of all 19 cases of quote/MANIFEST.tsv were met", n_met);
	free(p);
}

int
main(void)
{
	char path[4096];

	if (!t_corpus_path("quote", path, sizeof(path)))
		return t_done();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct quote_case *c = &cases[i];
		struct bytes attest = load(c->name, "attest.msg");
		struct bytes signature = load(c->name, "attest.sig");

		check_quote(c, attest);
		check_signature(c, attest, signature);
		check_refused(c, attest, signature);
		unload(attest);
		unload(signature);
	}
	check_manifest();
	return t_done();
}
