/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that lie about who they are, or send another quote than was asked for:
 * each lie has its reason code and its audit record, and gets nothing. On a
 * live service; see run.sh.
 */
#include "attempt.h"

/* --- challenge --- */

static void
ask(struct bytes cert, struct bytes ek, struct bytes ak)
{
	struct challenge_request q = { PROTO_VERSION, cert, ek, ak };

	hgs_mark(&g);
	hgs_post_json(&g, "/Attestation/v1/challenge",
	    &challenge_request_fields, &q);
}

static void
test_who(const struct host *stranger)
{
	struct bytes cert = buf_bytes(&one->ek_certificate);
	struct bytes ek = tpmdev_key_public(&one->ek);
	struct bytes ak = tpmdev_key_public(&one->ak);
	struct buf template, bad = BUF_INIT(TPM_PUBLIC_MAX);
	struct tpmdev_key own;

	ask(buf_bytes(&stranger->ek_certificate),
	    tpmdev_key_public(&stranger->ek), tpmdev_key_public(&stranger->ak));
	REFUSED(&g, "challenge", REASON_UnauthorizedHost,
	    "T29 a TPM that is not registered: UnauthorizedHost");
	copy_to(&bad, ek);
	bad.p[bad.len - 1] ^= 1;
	ask(cert, buf_bytes(&bad), ak);
	REFUSED(&g, "challenge", REASON_UnauthorizedHost,
	    "T20 a registered host's EK certificate beside another EK: "
	    "UnauthorizedHost");
	ask(cert, ek, tpmdev_key_public(&two->ak));
	REFUSED(&g, "challenge", REASON_AkMismatch,
	    "T21 one host's EK with another's AK: AkMismatch");
	forge_template(true, 0, TPMA_RESTRICTED, 5, &template);
	forge_primary(one, ESYS_TR_RH_ENDORSEMENT, &template, false, &own);
	ask(cert, ek, tpmdev_key_public(&own));
	REFUSED(&g, "challenge", REASON_AkMismatch,
	    "T22 an unrestricted AK of root's own: AkMismatch");
	tpmdev_key_flush(&own);
	buf_free(&template);
	ask(cert, ek, bytes_of(ak.p, ak.len - 1));
	REFUSED(&g, "challenge", REASON_AkMismatch,
	    "T17 an AK cut by a byte: AkMismatch");
	buf_free(&bad);
}

/* --- T01-T03, T21, T23 --- */

static void
test_replay(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };

	begin(one, &a);
	present(&a);
	CHECK(passed() && audited(&g, "attest", "Passed"),
	    "the host attests: Passed");
	present(&a);
	REFUSED(&g, "attest", REASON_ChallengeSpent,
	    "T01 the same bundle again: ChallengeSpent");
	begin(one, &b);
	copy_to(&b.s.quote, buf_bytes(&a.s.quote));
	copy_to(&b.s.quote_signature, buf_bytes(&a.s.quote_signature));
	present(&b);
	REFUSED(&g, "attest", REASON_QuoteNonce,
	    "T01 the last exchange's quote in a new one: QuoteNonce");
	shown_sign(one, &b.c, &b.s);
	present(&b);
	REFUSED(&g, "attest", REASON_ChallengeSpent,
	    "T02 a challenge is spent by the attempt that failed: "
	    "ChallengeSpent");
	begin(one, &c);
	copy_to(&c.s.certify, buf_bytes(&a.s.certify));
	copy_to(&c.s.certify_signature, buf_bytes(&a.s.certify_signature));
	present(&c);
	REFUSED(&g, "attest", REASON_QuoteNonce,
	    "T01 the last exchange's certify in a new one: QuoteNonce");
}

static void
test_token(void)
{
	auto_attempt a = { 0 };

	begin(one, &a);
	a.s.token.p[a.s.token.len / 2] ^= 1;
	present(&a);
	REFUSED(&g, "attest", REASON_ChallengeAgain,
	    "T02 a challenge that nobody made: ChallengeAgain");
	buf_reset(&a.s.token);
	present(&a);
	REFUSED(&g, "attest", REASON_ChallengeAgain,
	    "T02 no challenge at all: ChallengeAgain");
}

static void
test_other_host(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };
	auto_secret struct secret secret = SECRET_NONE;
	struct diag d = { 0 };

	begin(one, &a);
	begin(two, &b);
	CHECK(tpmdev_activate(&two->ak, &two->ek, a.c.credential_blob,
		  a.c.encrypted_secret, &secret, &d) == ERR_TPM,
	    "T23 another TPM cannot activate one host's credential (%s)",
	    d.text);
	copy_to(&b.s.token, a.c.token);
	present(&b);
	REFUSED(&g, "attest", REASON_AkMismatch,
	    "T03 one host's challenge answered by another: AkMismatch");
	begin(one, &c);
	copy_to(&c.s.activation, buf_bytes(&b.s.activation));
	present(&c);
	REFUSED(&g, "attest", REASON_ActivationFailed,
	    "T23 with the other's activated secret: ActivationFailed");
}

/* Neither as hex nor as base64, nor its digest. */
static bool
tells(struct bytes where, struct bytes secret)
{
	struct buf b64 = BUF_INIT(256), hex = BUF_INIT(256);
	uint8_t digest[32];
	bool found = false;

	sha256(secret, digest);
	for (int i = 0; i < 2; i++) {
		struct bytes what = i == 0 ? secret : BYTES_OF_ARRAY(digest);

		buf_reset(&b64);
		buf_reset(&hex);
		base64_put(&b64, what);
		hex_put(&hex, what);
		found |=
		    memmem(where.p, where.len, b64.p, b64.len - 2) != NULL ||
		    memmem(where.p, where.len, hex.p, 16) != NULL;
	}
	buf_free(&b64);
	buf_free(&hex);
	return found;
}

static void
test_activation(void)
{
	auto_attempt a = { 0 };
	struct buf right = BUF_INIT(64);
	char line[2048];

	begin(one, &a);
	copy_to(&right, buf_bytes(&a.s.activation));
	a.s.activation.p[0] ^= 1;
	present(&a);
	REFUSED(&g, "attest", REASON_ActivationFailed,
	    "T21 a wrong activated secret: ActivationFailed");
	(void)hgs_audit(&g, line);
	CHECK(!tells(buf_bytes(&g.body), buf_bytes(&right)) &&
		!tells(bytes_of_text(line), buf_bytes(&right)),
	    "T21 T62 neither answer nor audit log tells the right one");
	buf_free(&right);
}

/* --- quote and signature --- */

static void
test_extra_data(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };
	const TPML_PCR_SELECTION asked = { .count = 1,
		.pcrSelections = {
		    { TPM2_ALG_SHA256, 3, { 0xff, 0xfb, 0 } } } };
	uint8_t extra[33] = { 0 };

	begin(one, &a);
	memcpy(extra, a.s.transcript, 32);
	forge_quote(one, bytes_of(extra, 33), &asked, &a.s);
	present(&a);
	REFUSED(&g, "attest", REASON_QuoteNonce,
	    "T05 extraData with a byte behind the right ones: QuoteNonce");
	begin(one, &b);
	forge_quote(one, bytes_of(b.s.transcript, 31), &asked, &b.s);
	present(&b);
	REFUSED(&g, "attest", REASON_QuoteNonce,
	    "T05 extraData that ends early: QuoteNonce");
	begin(one, &c);
	forge_quote(one, bytes_of("", 0), &asked, &c.s);
	present(&c);
	REFUSED(&g, "attest", REASON_QuoteNonce,
	    "T05 no extraData: QuoteNonce");
}

static void
test_signer(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 };
	struct buf template;
	struct tpmdev_key own;

	begin(one, &a);
	begin(one, &b);
	forge_template(true, 0, 0, 7, &template);
	forge_primary(one, ESYS_TR_RH_ENDORSEMENT, &template, false, &own);
	shown_quote(&own, BYTES_OF_ARRAY(a.s.transcript), a.c.pcr_mask, &a.s);
	present(&a);
	REFUSED(&g, "attest", REASON_QuoteSignature,
	    "T06 a quote by another AK of the same TPM: QuoteSignature");
	copy_to(&b.s.ak, tpmdev_key_public(&own));
	present(&b);
	REFUSED(&g, "attest", REASON_AkMismatch,
	    "T22 that AK in the registered one's place: AkMismatch");
	tpmdev_key_flush(&own);
	buf_free(&template);
	begin(one, &c);
	shown_quote(&two->ak, BYTES_OF_ARRAY(c.s.transcript), c.c.pcr_mask,
	    &c.s);
	present(&c);
	REFUSED(&g, "attest", REASON_QuoteSignature,
	    "T07 a quote from another registered TPM: QuoteSignature");
}

static void
test_scheme(void)
{
	static const struct {
		const char *what;
		uint8_t bytes[36];
		size_t n;     /* 0: only the first bytes of the true one */
		size_t patch; /* are replaced */
	} cases[] = {
		{ "T08 the null scheme", { 0, 0x10 }, 2, 0 },
		{ "T08 an HMAC", { 0, 0x05, 0, 0x0b }, 36, 0 },
		{ "T08 an unknown scheme", { 0x77, 0x77 }, 0, 2 },
		{ "T08 no signature", { 0 }, 0, 0 },
		{ "T09 RSASSA for an elliptic key", { 0, 0x14 }, 0, 2 },
		{ "T09 SHA-1 as the signature's hash", { 0, 0x18, 0, 0x04 }, 0,
		    4 },
		{ "T09 SHA-384 as the signature's hash", { 0, 0x18, 0, 0x0c },
		    0, 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_attempt a = { 0 };

		begin(one, &a);
		if (cases[i].patch != 0)
			memcpy(a.s.quote_signature.p, cases[i].bytes,
			    cases[i].patch);
		else
			copy_to(&a.s.quote_signature,
			    bytes_of(cases[i].bytes, cases[i].n));
		present(&a);
		REFUSED(&g, "attest", REASON_QuoteSignature,
		    "%s: QuoteSignature", cases[i].what);
	}
}

static void
test_type(void)
{
	auto_attempt a = { 0 }, b = { 0 }, c = { 0 }, e = { 0 };
	struct buf text = BUF_INIT(TPM_ATTEST_MAX);

	begin(one, &a);
	copy_to(&text, buf_bytes(&a.s.quote));
	text.p[3] ^= 1; /* of the magic */
	CHECK(forge_sign(one, buf_bytes(&text), &a.s.quote_signature),
	    "the AK signs a forged quote whose magic is another");
	copy_to(&a.s.quote, buf_bytes(&text));
	present(&a);
	REFUSED(&g, "attest", REASON_QuoteFormat,
	    "T10 magic is not TPM_GENERATED, truly signed: QuoteFormat");
	text.p[3] ^= 1;
	CHECK(!forge_sign(one, buf_bytes(&text), &a.s.quote_signature),
	    "T10 the AK does not sign one with TPM_GENERATED");
	buf_free(&text);
	begin(one, &b);
	copy_to(&b.s.quote, buf_bytes(&b.s.certify));
	copy_to(&b.s.quote_signature, buf_bytes(&b.s.certify_signature));
	present(&b);
	REFUSED(&g, "attest", REASON_QuoteFormat,
	    "T11 a certification in the quote's place: QuoteFormat");
	begin(one, &c);
	forge_time(one, &c.s);
	present(&c);
	REFUSED(&g, "attest", REASON_QuoteFormat,
	    "T11 a statement of the time in the quote's place: QuoteFormat");
	begin(one, &e);
	copy_to(&e.s.certify, buf_bytes(&e.s.quote));
	copy_to(&e.s.certify_signature, buf_bytes(&e.s.quote_signature));
	present(&e);
	REFUSED(&g, "attest", REASON_HostKeyCertify,
	    "T11 a quote in the certification's place: HostKeyCertify");
}

static void
test_selection(void)
{
	static const struct {
		const char *what;
		uint32_t mask;
	} cases[] = {
		{ "T12 a quote without PCR 15",
		    PCR_MASK_DEFAULT & ~(1u << 15) },
		{ "T12 a quote of one PCR more", PCR_MASK_DEFAULT | 1u << 10 },
		{ "T12 a quote of PCR 0 alone", 1 },
	};
	TPML_PCR_SELECTION pair = { .count = 2,
		.pcrSelections = { { TPM2_ALG_SHA256, 3, { 0xff, 0xfb, 0 } },
		    { TPM2_ALG_SHA256, 3, { 0xff, 0xfb, 0 } } } };
	TPML_PCR_SELECTION none = { 0 };
	auto_attempt twice = { 0 }, empty = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_attempt a = { 0 };

		begin(one, &a);
		shown_quote(&one->ak, BYTES_OF_ARRAY(a.s.transcript),
		    cases[i].mask, &a.s);
		present(&a);
		REFUSED(&g, "attest", REASON_QuoteSelection,
		    "%s: QuoteSelection", cases[i].what);
	}
	begin(one, &twice);
	forge_quote(one, BYTES_OF_ARRAY(twice.s.transcript), &pair, &twice.s);
	present(&twice);
	REFUSED(&g, "attest", REASON_QuoteFormat,
	    "T12 a quote of one bank twice: QuoteFormat");
	begin(one, &empty);
	forge_quote(one, BYTES_OF_ARRAY(empty.s.transcript), &none, &empty.s);
	present(&empty);
	REFUSED(&g, "attest", REASON_QuoteFormat,
	    "T12 a quote of nothing: QuoteFormat");
}

static void
test_lengths(void)
{
	static const struct {
		const char *what;
		size_t part; /* in struct shown */
		int change;  /* bytes behind, or missing */
		enum reason reason;
	} cases[] = {
		{ "a byte behind the quote", offsetof(struct shown, quote), 1,
		    REASON_QuoteSignature },
		{ "a quote cut by a byte", offsetof(struct shown, quote), -1,
		    REASON_QuoteSignature },
		{ "a byte behind its signature",
		    offsetof(struct shown, quote_signature), 1,
		    REASON_QuoteSignature },
		{ "a signature cut by a byte",
		    offsetof(struct shown, quote_signature), -1,
		    REASON_QuoteSignature },
		{ "a byte behind the certification",
		    offsetof(struct shown, certify), 1, REASON_QuoteSignature },
		{ "a certification cut by a byte",
		    offsetof(struct shown, certify), -1,
		    REASON_QuoteSignature },
		{ "a byte behind the AK", offsetof(struct shown, ak), 1,
		    REASON_AkMismatch },
		{ "a byte behind the host key", offsetof(struct shown, hk), 1,
		    REASON_QuoteNonce },
		{ "a host key cut by a byte", offsetof(struct shown, hk), -1,
		    REASON_QuoteNonce },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_attempt a = { 0 };
		struct buf *b;

		begin(one, &a);
		b = (struct buf *)(void *)((char *)&a.s + cases[i].part);
		if (cases[i].change > 0)
			buf_put_u8(b, 0);
		else
			b->len--;
		present(&a);
		REFUSED(&g, "attest", cases[i].reason, "T14 T17 %s: %s",
		    cases[i].what, reason_name(cases[i].reason));
	}
}

/* --- forms --- */

static void
test_json(void)
{
	static const struct {
		const char *what, *text;
	} cases[] = {
		{ "T59 a key twice",
		    "{\"version\":1,\"version\":1,\"ek_certificate\":\"\","
		    "\"ek_public\":\"\",\"ak_public\":\"\"}" },
		{ "T59 an unknown key", "{\"version\":1,\"admin\":true}" },
		{ "T59 a huge number",
		    "{\"version\":1e400,\"ek_certificate\":\"\","
		    "\"ek_public\":\"\",\"ak_public\":\"\"}" },
		{ "T59 invalid UTF-8", "{\"version\":1,\"\377\xfe\":\"\"}" },
		{ "T59 XML", "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>" },
		{ "T58 two values", "{}{}" },
		{ "T60 a NUL",
		    "{\"version\":1,\"ek_certificate\":\"\\u0000\","
		    "\"ek_public\":\"\",\"ak_public\":\"\"}" },
		{ "T59 nothing", "" },
	};
	struct buf deep = BUF_INIT((size_t)1 << 16);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		hgs_post(&g, "/Attestation/v1/challenge", "application/json",
		    bytes_of_text(cases[i].text));
		CHECK(said_code(&g, REASON_BadRequest, REASON_NONE),
		    "%s: BadRequest", cases[i].what);
	}
	for (int i = 0; i < 60000; i++)
		buf_put_u8(&deep, '[');
	hgs_post(&g, "/Attestation/v1/challenge", "application/json",
	    buf_bytes(&deep));
	CHECK(said_code(&g, REASON_BadRequest, REASON_NONE),
	    "T59 60000 brackets: BadRequest");
	buf_free(&deep);
}

/* The name that a host gives itself is a remark for people. */
static void
call_itself(struct attempt *a, const char six[static 6])
{
	struct buf bundle;
	uint8_t *at;

	begin(one, a);
	shown_bundle(one, &a->s, &bundle);
	at = memmem(bundle.p, bundle.len, "\"kvm1\"", 6);
	if (at == NULL)
		t_bail("no name in the bundle");
	memcpy(at, six, 6);
	hgs_post(&g, "/Attestation/v1/attest", EVIDENCE_MEDIA_TYPE,
	    buf_bytes(&bundle));
	buf_free(&bundle);
}

static void
test_names(void)
{
	auto_attempt a = { 0 }, b = { 0 };
	char line[2048];

	call_itself(&a, "\"\\n\\n\"");
	CHECK(said_code(&g, REASON_BadRequest, REASON_NONE),
	    "T98 a host name of new lines: BadRequest");
	call_itself(&b, "\"kvm2\"");
	(void)hgs_audit(&g, line);
	CHECK(passed() && audited(&g, "attest", "Passed") &&
		strstr(line, "host kvm1: attest kvm1:") != NULL,
	    "T03 a host that calls itself by another's name is audited, and "
	    "certified, under its own");
}

int
main(void)
{
	auto_attempt last = { 0 };
	struct host *stranger;

	attempt_setup();
	stranger = host_new("kvm3", "host-good");
	test_who(stranger);
	test_replay();
	test_token();
	test_other_host();
	test_activation();
	test_extra_data();
	test_signer();
	test_scheme();
	test_type();
	test_selection();
	test_lengths();
	test_json();
	test_names();
	begin(one, &last);
	present(&last);
	CHECK(passed(), "after all this an honest host passes");
	host_free(stranger);
	attempt_end();
	return t_done();
}
