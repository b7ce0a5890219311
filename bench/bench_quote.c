/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification in process: a quote alone, by the RSA-2048 key that every peer
 * can verify and by the P-256 key that our hosts use, and a quote with a
 * server's boot log. The evidence is recorded: bench/data/README.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "bench.h"
#include "crypto/key.h"
#include "measure/findings.h"
#include "tpm/public.h"
#include "tpm/quote_check.h"
#include "tpm/signature.h"

#define ROUND_SECONDS 0.1
#define EVENTS_MAX    1024

/* Everything that the sides below read; filled once. */
static struct {
	struct buf ak, attest, signature, extra, log;
	struct key *key;      /* of the RSA attestation key */
	EVP_PKEY_CTX *verify; /* OpenSSL's own, ready to be used again */
	struct bytes events[EVENTS_MAX];
	size_t n_events;
	char extra_hex[2 * SHA256_SIZE + 1];
} rsa;

static struct {
	struct buf ak, attest, signature, extra;
	EVP_PKEY_CTX *verify;
	uint8_t der[80];
	size_t der_len;
} p256;

/* --- ours ------------------------------------------------------------------ */

/* What quote_verify() does, but for the template that forbids RSA. */
static void
verify_quote(struct quote *ret)
{
	struct tpm_signature sig;
	struct diag d;

	if (tpm_signature_parse(buf_bytes(&rsa.signature), &sig, &d) < 0 ||
	    tpm_signature_verify(&sig, rsa.key, buf_bytes(&rsa.attest), &d) <
		0 ||
	    quote_parse(buf_bytes(&rsa.attest), ret, &d) < 0)
		bench_die("%s", d.text);
	if (!bytes_equal(ret->head.extra_data, buf_bytes(&rsa.extra)) ||
	    ret->mask != PCR_MASK_DEFAULT || ret->bank != TPM_ALG_SHA256)
		bench_die("quote: not the one that was recorded");
}

static void
ours_rsa(void *arg)
{
	struct quote q = { 0 };

	(void)arg;
	verify_quote(&q);
}

/* As it goes through the service: findings cross from process to process. */
static void
ours_log(void *arg)
{
	static struct findings_store store;
	static struct findings found, told;
	static struct buf wire = BUF_INIT((size_t)1 << 20);
	struct evidence_parts parts = { .boot_log = buf_bytes(&rsa.log) };
	struct quote_facts facts = { 0 };
	struct quote q = { 0 };
	struct diag d;

	(void)arg;
	verify_quote(&q);
	memcpy(facts.pcr_digest, q.digest.p, sizeof(facts.pcr_digest));
	measure_parts(&parts, &store, &found);
	wire.len = 0;
	if (findings_encode(&found, &wire, &d) < 0 ||
	    findings_decode(buf_bytes(&wire), &told, &d) < 0 ||
	    quote_digest_check(&facts, &told.pcrs, PCR_MASK_DEFAULT, &d) < 0)
		bench_die("%s", d.text);
	if (told.log.state != FINDING_GOOD ||
	    told.structure.state != FINDING_GOOD ||
	    told.secureboot.state != SECUREBOOT_ON)
		bench_die("boot log: not found to be in order");
}

static void
ours_p256(void *arg)
{
	struct quote_evidence in = { .ak_public = buf_bytes(&p256.ak),
		.attest = buf_bytes(&p256.attest),
		.signature = buf_bytes(&p256.signature),
		.extra_data = buf_bytes(&p256.extra),
		.mask = PCR_MASK_DEFAULT };
	struct quote_facts facts;
	struct diag d;

	(void)arg;
	if (quote_verify(&in, &facts, &d) < 0)
		bench_die("%s", d.text);
}

/* --- limits: the bare primitives ------------------------------------------- */

static void
limit_rsa(void *arg)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	(void)arg;
	(void)SHA256(rsa.attest.p, rsa.attest.len, digest);
	if (EVP_PKEY_verify(rsa.verify, rsa.signature.p + 6,
		rsa.signature.len - 6, digest, sizeof(digest)) != 1)
		bench_die("OpenSSL does not verify the quote");
}

static void
limit_p256(void *arg)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	(void)arg;
	(void)SHA256(p256.attest.p, p256.attest.len, digest);
	if (EVP_PKEY_verify(p256.verify, p256.der, p256.der_len, digest,
		sizeof(digest)) != 1)
		bench_die("OpenSSL does not verify the quote");
}

static void
sha(const void *p, size_t len, uint8_t ret[static SHA256_DIGEST_LENGTH])
{
	SHA256_CTX ctx;

	(void)SHA256_Init(&ctx);
	(void)SHA256_Update(&ctx, p, len);
	(void)SHA256_Final(ret, &ctx);
}

/* The signature, the log as one part, each event's data, each extend. */
static void
limit_log(void *arg)
{
	uint8_t pcr[2 * SHA256_DIGEST_LENGTH] = { 0 };

	limit_rsa(arg);
	sha(rsa.log.p, rsa.log.len, pcr);
	for (size_t i = 0; i < rsa.n_events; i++) {
		sha(rsa.events[i].p, rsa.events[i].len,
		    pcr + SHA256_DIGEST_LENGTH);
		sha(pcr, sizeof(pcr), pcr);
	}
}

/* --- peers: tpm2-tools ----------------------------------------------------- */

static void
peer_quote(void *arg)
{
	const char *const argv[] = { "tpm2_checkquote", "-u",
		"bench/data/rsa-ak.pem", "-m", "bench/data/quote.attest", "-s",
		"bench/data/quote.signature", "-g", "sha256", "-q",
		rsa.extra_hex, NULL };

	(void)arg;
	bench_exec(argv);
}

static void
peer_log(void *arg)
{
	const char *const argv[] = { "tpm2_eventlog", "bench/data/boot-log",
		NULL };

	peer_quote(arg);
	bench_exec(argv);
}

/* --- set-up ---------------------------------------------------------------- */

static EVP_PKEY_CTX *
ready(const struct key *key)
{
	auto_buf struct buf spki = BUF_INIT(KEY_SPKI_MAX);
	const uint8_t *p;
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pkey;
	struct diag d;

	if (key_to_spki(key, &spki, &d) < 0)
		bench_die("%s", d.text);
	p = spki.p;
	pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);
	ctx = EVP_PKEY_CTX_new(pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
		bench_die("OpenSSL does not take the key");
	return ctx;
}

static void
load_rsa(void)
{
	struct tcglog_iter it;
	struct tcglog log;
	struct tcg_event e;
	struct diag d;

	bench_load("bench/data/rsa-ak.public", &rsa.ak);
	bench_load("bench/data/quote.attest", &rsa.attest);
	bench_load("bench/data/quote.signature", &rsa.signature);
	bench_load("bench/data/extra", &rsa.extra);
	bench_load("bench/data/boot-log", &rsa.log);
	hex_format(buf_bytes(&rsa.extra), rsa.extra_hex);
	if (public_key(buf_bytes(&rsa.ak), &rsa.key, &d) < 0 ||
	    tcglog_open(buf_bytes(&rsa.log), &log, &d) < 0)
		bench_die("%s", d.text);
	rsa.verify = ready(rsa.key);
	if (EVP_PKEY_CTX_set_rsa_padding(rsa.verify, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(rsa.verify, EVP_sha256()) != 1)
		bench_die("OpenSSL does not take the scheme");
	it = tcglog_iter(&log);
	while (rsa.n_events < EVENTS_MAX && tcglog_next(&it, &e, &d) == ERR_OK)
		if (e.type != EV_NO_ACTION)
			rsa.events[rsa.n_events++] = e.data;
}

/* An ECDSA signature as OpenSSL wants it: two INTEGERs in a SEQUENCE. */
static size_t
put_integer(uint8_t *to, struct bytes in)
{
	size_t pad = in.p[0] >> 7;

	to[0] = 2;
	to[1] = (uint8_t)(in.len + pad);
	to[2] = 0;
	memcpy(to + 2 + pad, in.p, in.len);
	return 2 + pad + in.len;
}

static void
load_p256(void)
{
	struct tpm_signature sig;
	struct key *key = NULL;
	struct diag d;

	bench_load("tests/data/tpm/ak.public", &p256.ak);
	bench_load("tests/data/tpm/quote.attest", &p256.attest);
	bench_load("tests/data/tpm/quote.signature", &p256.signature);
	bench_load("tests/data/tpm/extra", &p256.extra);
	if (public_key(buf_bytes(&p256.ak), &key, &d) < 0 ||
	    tpm_signature_parse(buf_bytes(&p256.signature), &sig, &d) < 0)
		bench_die("%s", d.text);
	p256.verify = ready(key);
	p256.der_len = 2 + put_integer(p256.der + 2, sig.r);
	p256.der_len += put_integer(p256.der + p256.der_len, sig.s);
	p256.der[0] = 0x30;
	p256.der[1] = (uint8_t)(p256.der_len - 2);
	key_free(key);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*ours)(void *);
		void (*limit)(void *);
		void (*peer)(void *);
		const char *peer_name;
	} rows[] = {
		{ "quote_verify_rsa2048", ours_rsa, limit_rsa, peer_quote,
		    "tpm2_checkquote" },
		{ "quote_verify_p256", ours_p256, limit_p256, NULL, NULL },
		{ "quote_log50k", ours_log, limit_log, peer_log,
		    "tpm2_checkquote + tpm2_eventlog" },
	};

	load_rsa();
	load_p256();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bench_side sides[] = { { .once = rows[i].ours },
			{ .once = rows[i].limit }, { .once = rows[i].peer } };
		size_t n = rows[i].peer != NULL ? 3 : 2;
		struct bench_row row = { rows[i].name, "1/s/core" };

		if (!bench_wanted(argc, argv, rows[i].name))
			continue;
		bench_run(sides, n, ROUND_SECONDS);
		row.ours = bench_rate(&sides[0]);
		row.limit = bench_rate(&sides[1]);
		row.peer = n == 3 ? bench_rate(&sides[2]) : 0;
		row.peer_name = rows[i].peer_name;
		bench_print(&row);
	}
	return 0;
}
