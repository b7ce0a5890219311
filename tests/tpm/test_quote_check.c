/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifier of quote and certify refuses, one hostile field at a time
 * under a good signature, then every changed bit and every cut.
 */
#include "tpm/quote_check.h"

#include "forge.h"

static void
refuses(struct forge *f, enum reason reason, const char *what)
{
	struct diag d;
	int rc;

	forge_make(f);
	rc = forge_verify(f, &d);
	CHECK(rc == ERR_REFUSED && d.reason == reason, "%s: refused (%s: %s)",
	    what, reason_name(d.reason), d.text);
	forge_good(f);
}

static void
test_good(struct forge *f)
{
	struct diag d;

	CHECK(forge_verify(f, &d) == 0, "a good quote and certify hold %s",
	    d.text);
}

static void
test_heads(struct forge *f)
{
	struct forge_words *w = &f->words;

	w->magic = 0xff544346;
	refuses(f, REASON_QuoteFormat, "T10 magic is not TPM_GENERATED");
	w->magic = 0;
	refuses(f, REASON_QuoteFormat, "T10 magic zero");
	w->quote_type = TPM_ST_ATTEST_CERTIFY;
	refuses(f, REASON_QuoteFormat, "T11 a certify in the quote's place");
	w->quote_type = 0x8014; /* NV: chosen bytes */
	refuses(f, REASON_QuoteFormat, "T11 an NV certify as quote");
	w->quote_type = 0x8019; /* TIME */
	refuses(f, REASON_QuoteFormat, "T11 a time attestation as quote");
	w->certify_type = TPM_ST_ATTEST_QUOTE;
	refuses(f, REASON_HostKeyCertify, "T11 a quote in the certify's place");
	w->certify_type = 0x801a; /* CREATION */
	refuses(f, REASON_HostKeyCertify, "T11 a creation as certify");
	w->extra[0] ^= 1;
	refuses(f, REASON_QuoteNonce, "T01 another exchange's nonce");
	w->extra_len = 31;
	refuses(f, REASON_QuoteNonce, "T05 nonce shorter, prefix equal");
	w->extra_len = 0;
	refuses(f, REASON_QuoteNonce, "T05 nonce empty");
	tpm_qualified_name(TPM_RH_OWNER, w->signer, w->signer);
	refuses(f, REASON_QuoteFormat,
	    "signer is a key of the owner hierarchy");
}

static void
test_selection(struct forge *f)
{
	struct forge_words *w = &f->words;

	w->mask = PCR_MASK_DEFAULT & ~1u;
	refuses(f, REASON_QuoteSelection, "T12 a subset of the PCRs");
	w->mask = PCR_MASK_DEFAULT | 1u << 10;
	refuses(f, REASON_QuoteSelection, "T12 a superset of the PCRs");
	w->mask = PCR_MASK_DEFAULT ^ (1u << 15 | 1u << 23);
	refuses(f, REASON_QuoteSelection, "T12 23 relabelled as 15");
	w->mask = 0;
	refuses(f, REASON_QuoteSelection, "T12 an empty selection");
	w->map_len = 0;
	refuses(f, REASON_QuoteFormat, "T12 a selection of 0 bytes");
	w->map_len = 1;
	refuses(f, REASON_QuoteFormat, "T12 a selection of 1 byte");
	w->map_len = 4;
	refuses(f, REASON_QuoteFormat, "T12 a selection of 4 bytes");
	w->map_len = 255;
	refuses(f, REASON_QuoteFormat, "T12 a selection of 255 bytes");
	w->n_banks = 0;
	refuses(f, REASON_QuoteFormat, "T12 no bank");
	w->n_banks = 2;
	refuses(f, REASON_QuoteFormat, "T13 the same bank twice");
	w->n_banks = UINT32_MAX;
	refuses(f, REASON_QuoteFormat, "T17 4294967295 banks");
	w->bank = TPM_ALG_SHA1;
	refuses(f, REASON_QuoteSelection, "T13 the SHA-1 bank");
	w->bank = TPM_ALG_SHA384;
	refuses(f, REASON_QuoteSelection, "T13 another bank");
	w->digest[31] ^= 1;
	refuses(f, REASON_QuoteDigest, "T31 digest of other PCR values");
	w->digest_len = 20;
	refuses(f, REASON_QuoteFormat, "T14 a digest of 20 bytes");
	w->digest_len = 0;
	refuses(f, REASON_QuoteFormat, "T14 an empty digest");
}

static void
test_resettable(struct forge *f)
{
	struct quote_facts facts;
	struct diag d;
	unsigned pcr;

	for (pcr = 16; pcr < PCR_COUNT; pcr++) {
		f->words.mask = 1u << pcr | 1;
		forge_make(f);
		CHECK(forge_verify_quote(f, 1u << pcr | 1, &facts, &d) ==
			    ERR_REFUSED &&
			d.reason == REASON_QuoteSelection,
		    "T15 PCR %u is not evidence even when asked for: refused",
		    pcr);
	}
	forge_good(f);
}

static void
test_counters(struct forge *f)
{
	struct forge_words *w = &f->words;

	w->quote_clock.safe = false;
	refuses(f, REASON_QuoteCounters, "T16 quote with a clock not safe");
	w->certify_clock.safe = false;
	refuses(f, REASON_QuoteCounters, "T16 certify with a clock not safe");
	w->certify_clock.resets--;
	refuses(f, REASON_QuoteCounters, "T16 certify before a reset");
	w->certify_clock.restarts++;
	refuses(f, REASON_QuoteCounters, "T16 certify after a restart");
	w->certify_clock.clock += 60000;
	refuses(f, REASON_QuoteCounters, "T16 certify a minute later");
	w->certify_clock.firmware ^= 1;
	refuses(f, REASON_QuoteCounters, "T18 certify by other firmware");
}

static void
test_follows(void)
{
	const struct tpm_clock base = { 5000, 7, 2, true, 1 };
	struct tpm_clock now = base;
	struct diag d = { 0 };

	CHECK(clock_follows(&base, &now, &d) == 0, "the same moment follows");
	now.clock = 4999;
	CHECK(clock_follows(&base, &now, &d) == ERR_REFUSED,
	    "T16 the clock goes backwards: refused (%s)", d.text);
	now = base;
	now.restarts = 1;
	CHECK(clock_follows(&base, &now, &d) == ERR_REFUSED,
	    "T16 the restart count goes backwards: refused (%s)", d.text);
	now = base;
	now.resets = 6;
	now.clock = 99999;
	CHECK(clock_follows(&base, &now, &d) == ERR_REFUSED,
	    "T16 the reset count goes backwards: refused (%s)", d.text);
	now = base;
	now.resets = 8;
	now.restarts = 0;
	now.clock = 4000;
	CHECK(clock_follows(&base, &now, &d) == 0, "the next boot follows");
}

static void
test_host_key(struct forge *f)
{
	struct forge_words *w = &f->words;
	struct forge other;
	struct diag d;

	w->name[5] ^= 1;
	refuses(f, REASON_HostKeyCertify, "T55 certify of another key");
	tpm_qualified_name(TPM_RH_OWNER, w->name, w->qualified);
	refuses(f, REASON_HostKeyCertify, "T55 host key under the owner");
	tpm_qualified_name(TPM_RH_ENDORSEMENT, w->name, w->qualified);
	refuses(f, REASON_HostKeyCertify, "T55 host key under the EK's seed");
	memcpy(w->qualified, w->name, sizeof(w->name));
	refuses(f, REASON_HostKeyCertify, "T55 host key loaded from outside");

	forge_init(&other);
	memcpy(other.extra, f->extra, sizeof(f->extra));
	forge_good(&other);
	buf_reset(&f->certify);
	buf_put(&f->certify, buf_bytes(&other.certify));
	buf_reset(&f->certify_sig);
	buf_put(&f->certify_sig, buf_bytes(&other.certify_sig));
	CHECK(forge_verify(f, &d) == ERR_REFUSED &&
		d.reason == REASON_QuoteSignature,
	    "T07 certify by another host's AK: refused (%s)", d.text);
	forge_good(f);
	forge_free(&other);
}

/* One altered byte of a public area; names and signatures follow it. */
static void
refuses_public(struct forge *f, struct buf *public, size_t at, uint8_t bits,
    enum reason reason, const char *what)
{
	struct diag d;

	public->p[at] ^= bits;
	forge_names(f);
	forge_make(f);
	CHECK(forge_verify(f, &d) == ERR_REFUSED && d.reason == reason,
	    "%s: refused (%s: %s)", what, reason_name(d.reason), d.text);
	public->p[at] ^= bits;
	forge_good(f);
}

static void
test_templates(struct forge *f)
{
	static const struct {
		size_t at;
		uint8_t bits;
		const char *what;
	} ak[] = {
		{ 1, 0x22, "T22 AK of another type" },
		{ 3, 0x07, "T22 AK with another name algorithm" },
		{ 7, TPMA_FIXED_TPM, "T22 AK not fixedTPM" },
		{ 7, TPMA_FIXED_PARENT, "T22 AK not fixedParent" },
		{ 7, TPMA_SENSITIVE_ORIGIN, "T22 AK not made by the TPM" },
		{ 7, TPMA_USER_WITH_AUTH, "T22 AK not userWithAuth" },
		{ 5, TPMA_RESTRICTED >> 16, "T22 AK not restricted" },
		{ 5, TPMA_DECRYPT >> 16, "T22 AK that decrypts" },
		{ 5, TPMA_SIGN_ENCRYPT >> 16, "T22 AK that does not sign" },
		{ 6, TPMA_NO_DA >> 8, "T22 AK under lockout" },
		{ 13, TPM_ALG_ECDSA ^ 0x1a, "T22 AK with another scheme" },
		{ 15, 0x07, "T09 AK with another hash" },
		{ 17, 0x07, "T09 AK on another curve" },
	}, hk[] = {
		{ 7, TPMA_FIXED_TPM, "T55 HK not fixedTPM" },
		{ 7, TPMA_FIXED_PARENT, "T55 HK not fixedParent" },
		{ 7, TPMA_SENSITIVE_ORIGIN, "T55 HK not made by the TPM" },
		{ 7, TPMA_USER_WITH_AUTH, "T55 HK without its authValue" },
		{ 7, TPMA_ADMIN_WITH_POLICY, "T55 HK with an admin policy" },
		{ 7, TPMA_ST_CLEAR, "T55 HK with stClear" },
		{ 6, TPMA_NO_DA >> 8, "T55 HK under lockout" },
		{ 6, TPMA_ENCRYPTED_DUPLICATION >> 8, "T55 HK to duplicate" },
		{ 5, TPMA_RESTRICTED >> 16, "T55 HK restricted" },
		{ 5, TPMA_DECRYPT >> 16, "T55 HK that does not decrypt" },
		{ 5, TPMA_SIGN_ENCRYPT >> 16, "T55 HK that signs" },
		{ 13, 0x01, "T55 HK with another scheme" },
		{ 17, 0x07, "T55 HK on another curve" },
	};

	for (size_t i = 0; i < ARRAY_LEN(ak); i++)
		refuses_public(f, &f->ak_public, ak[i].at, ak[i].bits,
		    REASON_AkTemplate, ak[i].what);
	for (size_t i = 0; i < ARRAY_LEN(hk); i++)
		refuses_public(f, &f->hk_public, hk[i].at, hk[i].bits,
		    REASON_HostKeyTemplate, hk[i].what);
	refuses_public(f, &f->hk_public, 40, 1, REASON_HostKeyTemplate,
	    "HK off the curve");
	refuses_public(f, &f->ak_public, 40, 1, REASON_AkTemplate,
	    "AK off the curve");
}

/* A policy in place of the empty one. */
static void
test_policy(struct forge *f)
{
	auto_buf struct buf good = BUF_INIT(4096);
	struct diag d;

	buf_put(&good, buf_bytes(&f->hk_public));
	buf_reset(&f->hk_public);
	buf_put(&f->hk_public, bytes_of(good.p, 8));
	buf_put_be16_blob(&f->hk_public, BYTES_OF_ARRAY(f->extra));
	buf_put(&f->hk_public, bytes_of(good.p + 10, good.len - 10));
	forge_names(f);
	forge_make(f);
	CHECK(forge_verify(f, &d) == ERR_REFUSED &&
		d.reason == REASON_HostKeyTemplate,
	    "T55 HK with a policy: refused (%s)", d.text);
	buf_reset(&f->hk_public);
	buf_put(&f->hk_public, buf_bytes(&good));
	forge_good(f);
}

struct part {
	struct forge *f;
	struct buf *buf;
};

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct part *part = arg;
	struct buf good = *part->buf;
	uint8_t *copy = malloc(n + 1);
	struct diag d;
	bool accepted;

	if (copy == NULL)
		t_bail("out of memory");
	memcpy(copy, p, n);
	*part->buf = (struct buf){ .p = copy, .len = n, .size = n, .max = n };
	accepted = forge_verify(part->f, &d) == 0;
	*part->buf = good;
	free(copy);
	return accepted;
}

static void
test_every_bit(struct forge *f)
{
	const struct {
		struct buf *buf;
		const char *name;
	} parts[] = {
		{ &f->ak_public, "AK" },
		{ &f->hk_public, "HK" },
		{ &f->quote, "quote" },
		{ &f->quote_sig, "quote's signature" },
		{ &f->certify, "certify" },
		{ &f->certify_sig, "certify's signature" },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct part part = { f, parts[i].buf };
		struct buf b = *parts[i].buf;

		if (b.len == 0 || b.len > TPM_PUBLIC_MAX)
			t_bail("%s: nothing to try", parts[i].name);
		CHECK(t_truncations(b.p, b.len, accepts, &part) == 0,
		    "T17 %s cut anywhere: refused", parts[i].name);
		CHECK(!t_trailing(b.p, b.len, accepts, &part),
		    "T17 %s with one byte more: refused", parts[i].name);
		CHECK(t_bitflips(b.p, b.len, accepts, &part) == 0,
		    "T06 %s with any of %zu bits changed: refused",
		    parts[i].name, b.len * 8);
	}
}

int
main(void)
{
	struct forge f;

	forge_init(&f);
	test_good(&f);
	test_heads(&f);
	test_selection(&f);
	test_resettable(&f);
	test_counters(&f);
	test_follows();
	test_host_key(&f);
	test_templates(&f);
	test_policy(&f);
	test_every_bit(&f);
	test_good(&f);
	forge_free(&f);
	return t_done();
}
