/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What real TPMs said: our recorded quote and certify, with every bit of them,
 * and the quotes of other projects' test data.
 */
#include "../hex.h"
#include "crypto/key.h"
#include "tpm/public.h"
#include "tpm/quote_check.h"
#include "tpm/signature.h"

enum { AK, HK, QUOTE, QUOTE_SIG, CERTIFY, CERTIFY_SIG, EXTRA, PCRS, FILES };

struct recorded {
	uint8_t *p[FILES];
	size_t len[FILES];
	int tried; /* which file accepts() replaces */
};

static struct bytes
file_of(const struct recorded *r, int i)
{
	return bytes_of(r->p[i], r->len[i]);
}

static int
verify(const struct recorded *r, struct diag *d)
{
	const struct quote_evidence q = { file_of(r, AK), file_of(r, QUOTE),
		file_of(r, QUOTE_SIG), file_of(r, EXTRA), PCR_MASK_DEFAULT };
	const struct certify_evidence c = { file_of(r, AK), file_of(r, HK),
		file_of(r, CERTIFY), file_of(r, CERTIFY_SIG),
		file_of(r, EXTRA) };
	uint8_t name[TPM_NAME_SIZE];
	struct quote_facts facts;
	struct pcr_values pcrs;
	int rc;

	memcpy(pcrs.v, r->p[PCRS], sizeof(pcrs.v));
	if ((rc = quote_verify(&q, &facts, d)) < 0 ||
	    (rc = quote_digest_check(&facts, &pcrs, PCR_MASK_DEFAULT, d)) < 0)
		return rc;
	return certify_verify(&c, &facts, name, d);
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct recorded copy = *(struct recorded *)arg;
	uint8_t *mine = malloc(n + 1);
	struct diag d;
	bool good;

	if (mine == NULL)
		t_bail("out of memory");
	memcpy(mine, p, n);
	copy.p[copy.tried] = mine;
	copy.len[copy.tried] = n;
	good = verify(&copy, &d) == 0;
	free(mine);
	return good;
}

static void
test_ours(void)
{
	static const char *const names[FILES] = { "ak.public", "hk.public",
		"quote.attest", "quote.signature", "certify.attest",
		"certify.signature", "extra", "pcrs" };
	struct recorded r = { 0 };
	struct diag d = { 0 };
	char path[64];
	int i;

	for (i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof(path), "data/tpm/%s", names[i]);
		r.p[i] = t_load(path, &r.len[i]);
	}
	CHECK(verify(&r, &d) == 0, "swtpm's quote and certify hold %s", d.text);
	for (i = 0; i < EXTRA; i++) {
		size_t n = r.len[i];

		r.tried = i;
		if (n == 0 || n > TPM_PUBLIC_MAX)
			t_bail("%s: %zu bytes", names[i], n);
		CHECK(t_truncations(r.p[i], n, accepts, &r) == 0,
		    "T17 %s cut anywhere: refused", names[i]);
		CHECK(!t_trailing(r.p[i], n, accepts, &r),
		    "T17 %s with one byte more: refused", names[i]);
		CHECK(t_bitflips(r.p[i], n, accepts, &r) == 0,
		    "T06 %s with any bit changed: refused", names[i]);
	}
	for (i = 0; i < FILES; i++)
		free(r.p[i]);
}

/* attest.msg, attest.sig and ak.pub (TPMT_PUBLIC) of one corpus folder. */
static int
foreign(const char *name, bool *ret_missing, struct diag *d)
{
	static const char *const files[] = { "ak.pub", "attest.msg",
		"attest.sig" };
	uint8_t *p[3] = { NULL };
	size_t len[3] = { 0 }, skip;
	auto_key struct key *key = NULL;
	struct tpm_signature sig;
	struct quote quote;
	char path[200];
	int i, rc;

	*ret_missing = false;
	for (i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "quote/%s/%s", name,
		    files[i]);
		if ((p[i] = t_corpus(path, &len[i])) == NULL) {
			*ret_missing = true;
			return 0;
		}
	}
	/* Some keep the key as TPM2B_PUBLIC. */
	skip = len[0] > 2 && p[0][0] == (len[0] - 2) >> 8 &&
		p[0][1] == ((len[0] - 2) & 0xff)
	    ? 2
	    : 0;
	rc = tpm_signature_parse(bytes_of(p[2], len[2]), &sig, d);
	if (rc == 0)
		rc = public_key(bytes_of(p[0] + skip, len[0] - skip), &key, d);
	if (rc == 0)
		rc = tpm_signature_verify(&sig, key, bytes_of(p[1], len[1]), d);
	if (rc == 0)
		rc = quote_parse(bytes_of(p[1], len[1]), &quote, d);
	for (i = 0; i < 3; i++)
		free(p[i]);
	return rc;
}

static void
test_corpus(void)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
		{ "keylime-files", true },
		{ "gce-cos-85-no-nonce-sha256", true },
		{ "gce-cos-85-no-nonce-sha384", true },
		{ "gce-cos-85-no-nonce-sha1", true },
		{ "go-attestation-win-gcp", false },      /* SHA-1 */
		{ "der-win-gcp-badmagic", false },        /* and altered */
		{ "akcreate-infineon-rsa", false },       /* SHA-1 */
		{ "akcreate-rsa-pub-ecc-sig", false },    /* type confusion */
		{ "der-akcreate-not-restricted", false }, /* SHA-1 */
		{ "go-attestation-win-gcp-akcreate", false },
	};
	struct diag d;
	bool missing;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		d = (struct diag){ 0 };
		int rc = foreign(cases[i].name, &missing, &d);

		if (missing)
			continue;
		CHECK((rc == 0) == cases[i].good, "T09 corpus %s: %s %s",
		    cases[i].name, cases[i].good ? "holds" : "refused", d.text);
	}
}

int
main(void)
{
	test_ours();
	test_corpus();
	return t_done();
}
