/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every command of tpmdev on a real TPM, and what our verifier says of its
 * answers.
 */
#include "tpmdev/tpmdev.h"

#include "../swtpm.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "tpm/credential.h"
#include "tpm/public.h"
#include "tpm/quote_check.h"
#include "tpmdev/internal.h"

struct rig {
	struct swtpm tpm;
	struct tpmdev *t;
	struct tpmdev_key ek, ak, hk;
	struct secret auth;
};

static struct secret
random_secret(size_t n)
{
	struct secret s = SECRET_NONE;

	if (secret_alloc(&s, n, NULL) < 0)
		t_bail("out of memory");
	random_bytes(s.p, n);
	return s;
}

static void
open_again(struct rig *r)
{
	struct diag d = { 0 };

	tpmdev_close(r->t);
	r->t = NULL;
	if (tpmdev_open(r->tpm.tcti, &r->t, &d) < 0)
		t_bail("%s", d.text);
}

static void
test_keys(struct rig *r)
{
	auto_secret struct secret unique = random_secret(64);
	auto_buf struct buf cert = BUF_INIT(8192);
	struct tpmdev_key again = { 0 };
	struct diag d = { 0 };

	CHECK(tpmdev_ek_certificate(r->t, &cert, &d) == 0 && cert.len > 500 &&
		cert.p[0] == 0x30,
	    "the EK certificate is read (%zu bytes) %s", cert.len, d.text);
	CHECK(tpmdev_ek(r->t, &r->ek, &d) == 0 &&
		public_is_ek(tpmdev_key_public(&r->ek), &d) == 0,
	    "the EK is of the template %s", d.text);
	CHECK(r->ek.persistent == 0x81010001, "the persistent EK is used");
	CHECK(tpmdev_ak(r->t, &r->ak, &d) == 0 &&
		public_is_ak(tpmdev_key_public(&r->ak), &d) == 0,
	    "the AK is of the template %s", d.text);
	r->auth = random_secret(32);
	CHECK(tpmdev_hk_create(r->t, &r->ek, &unique, &r->auth, &r->hk, &d) ==
		    0 &&
		public_is_hk(tpmdev_key_public(&r->hk), &d) == 0,
	    "the HK is of the template %s", d.text);
	tpmdev_key_flush(&r->hk);

	CHECK(tpmdev_ak(r->t, &again, &d) == 0 &&
		bytes_equal(tpmdev_key_public(&again),
		    tpmdev_key_public(&r->ak)),
	    "the AK is the same whenever it is made");
	tpmdev_key_flush(&again);
	random_bytes(unique.p, unique.len);
	CHECK(tpmdev_hk_create(r->t, &r->ek, &unique, &r->auth, &again, &d) ==
		    0 &&
		!bytes_equal(tpmdev_key_public(&again),
		    tpmdev_key_public(&r->hk)),
	    "T87 another unique field gives another host key");
	r->hk = again;
}

/* Saves HK, comes back by another connection, loads it. */
static void
test_context(struct rig *r)
{
	auto_buf struct buf hk = BUF_INIT(8192), ek = BUF_INIT(8192);
	uint8_t name[2][TPM_NAME_SIZE];
	struct diag d = { 0 };

	tpm_name(tpmdev_key_public(&r->hk), name[0]);
	CHECK(tpmdev_key_save(&r->hk, &hk, &d) == 0 &&
		tpmdev_key_save(&r->ek, &ek, &d) == 0,
	    "keys are saved (%zu bytes)", hk.len);
	open_again(r);
	CHECK(tpmdev_key_load(r->t, buf_bytes(&hk), &r->hk, &d) == 0 &&
		tpmdev_key_load(r->t, buf_bytes(&ek), &r->ek, &d) == 0 &&
		tpmdev_ak(r->t, &r->ak, &d) == 0,
	    "keys are loaded by another connection %s", d.text);
	tpm_name(tpmdev_key_public(&r->hk), name[1]);
	CHECK(bytes_equal(BYTES_OF_ARRAY(name[0]), BYTES_OF_ARRAY(name[1])),
	    "the loaded host key is the saved one");
}

/* Software makes it for the EK and this name; the TPM answers for the AK. */
static int
activate(struct rig *r, const uint8_t name[static TPM_NAME_SIZE], size_t flip,
    struct diag *d)
{
	auto_secret struct secret secret = random_secret(32),
				  seed = random_secret(32), got = SECRET_NONE;
	auto_key struct key *ephemeral = NULL;
	struct credential c;
	int rc;

	*d = (struct diag){ 0 };
	if (key_generate(KEY_P256, 0, &ephemeral, d) < 0 ||
	    credential_make(tpmdev_key_public(&r->ek), name,
		secret_bytes(&secret), secret_bytes(&seed), ephemeral, &c,
		d) < 0)
		t_bail("%s", d->text);
	if (flip < c.blob_len)
		c.blob[flip] ^= 1;
	else if (flip < c.blob_len + c.secret_len)
		c.secret[flip - c.blob_len] ^= 1;
	if ((rc = tpmdev_activate(&r->ak, &r->ek, bytes_of(c.blob, c.blob_len),
		 bytes_of(c.secret, c.secret_len), &got, d)) < 0)
		return rc;
	return secret_equal(secret_bytes(&got), secret_bytes(&secret))
	    ? ERR_OK
	    : ERR_CRYPTO;
}

static void
test_activate(struct rig *r, const char *ek)
{
	uint8_t name[TPM_NAME_SIZE];
	struct diag d;

	tpm_name(tpmdev_key_public(&r->ak), name);
	CHECK(activate(r, name, SIZE_MAX, &d) == 0,
	    "%s: the TPM gives the secret back %s", ek, d.text);
	CHECK(activate(r, name, 5, &d) == ERR_TPM,
	    "%s: T21 HMAC of the credential altered: %s", ek, d.text);
	CHECK(activate(r, name, 40, &d) == ERR_TPM,
	    "%s: T21 credential altered: %s", ek, d.text);
	CHECK(activate(r, name, 90, &d) == ERR_TPM,
	    "%s: T21 encrypted seed altered: %s", ek, d.text);
	name[10] ^= 1;
	CHECK(activate(r, name, SIZE_MAX, &d) == ERR_TPM,
	    "%s: T23 credential for another AK: %s", ek, d.text);
}

static void
test_quote(struct rig *r)
{
	auto_buf struct buf quote = BUF_INIT(2048), sig = BUF_INIT(2048),
			    certify = BUF_INIT(2048), csig = BUF_INIT(2048);
	struct pcr_values values = { 0 };
	struct quote_facts facts;
	uint8_t extra[32], digest[32], name[TPM_NAME_SIZE];
	struct tpm_clock clock;
	struct diag d = { 0 };

	sha256(bytes_of_text("an event"), digest);
	CHECK(tpmdev_pcr_read(r->t, 1u << 15, &values, &d) == 0 &&
		bytes_all_zero(BYTES_OF_ARRAY(values.v[15])),
	    "PCR 15 starts at zero %s", d.text);
	CHECK(tpmdev_pcr_extend(r->t, 15, digest, &d) == 0,
	    "PCR 15 is extended %s", d.text);
	CHECK(tpmdev_pcr_read(r->t, PCR_MASK_DEFAULT, &values, &d) == 0,
	    "fifteen PCRs are read %s", d.text);
	sha256_extend((uint8_t[32]){ 0 }, digest, digest);
	CHECK(bytes_equal(BYTES_OF_ARRAY(digest), BYTES_OF_ARRAY(values.v[15])),
	    "PCR 15 is what the extension makes it");

	random_bytes(extra, sizeof(extra));
	CHECK(tpmdev_quote(&r->ak, BYTES_OF_ARRAY(extra), PCR_MASK_DEFAULT,
		  &quote, &sig, &d) == 0,
	    "the AK quotes %s", d.text);
	CHECK(tpmdev_certify(&r->ak, &r->hk, &r->auth, BYTES_OF_ARRAY(extra),
		  &certify, &csig, &d) == 0,
	    "the AK certifies the HK %s", d.text);

	const struct quote_evidence q = { tpmdev_key_public(&r->ak),
		buf_bytes(&quote), buf_bytes(&sig), BYTES_OF_ARRAY(extra),
		PCR_MASK_DEFAULT };
	const struct certify_evidence c = { tpmdev_key_public(&r->ak),
		tpmdev_key_public(&r->hk), buf_bytes(&certify),
		buf_bytes(&csig), BYTES_OF_ARRAY(extra) };
	CHECK(quote_verify(&q, &facts, &d) == 0 &&
		quote_digest_check(&facts, &values, PCR_MASK_DEFAULT, &d) == 0,
	    "our verifier accepts the quote %s", d.text);
	CHECK(certify_verify(&c, &facts, name, &d) == 0,
	    "our verifier accepts the certification %s", d.text);
	CHECK(tpmdev_clock(r->t, &clock, &d) == 0 &&
		clock_same_boot(&clock, &facts.clock) &&
		clock.clock >= facts.clock.clock,
	    "the quote's counters are the TPM's: not obfuscated");
	CHECK(tpmdev_quote(&r->ak, BYTES_OF_ARRAY(extra), 1u << 23, &quote,
		  &sig, &d) < 0,
	    "T15 a resettable PCR is not quoted: %s", d.text);
}

static void
test_release(struct rig *r)
{
	auto_secret struct secret z = SECRET_NONE, plain = SECRET_NONE,
				  wrong = random_secret(32);
	auto_buf struct buf sealed = BUF_INIT(4096);
	const struct bytes info = bytes_of_text("info");
	uint8_t point[65], enc[HPKE_ENC_SIZE];
	struct diag d = { 0 };

	if (public_point(tpmdev_key_public(&r->hk), point, &d) < 0 ||
	    hpke_seal(point, info, BYTES_NONE, bytes_of_text("a secret"),
		&sealed, &d) < 0 ||
	    hpke_enc(buf_bytes(&sealed), enc, &d) < 0)
		t_bail("%s", d.text);
	CHECK(tpmdev_ecdh(&r->hk, &r->ek, &r->auth, enc, &z, &d) == 0 &&
		hpke_open_shared(z.p, point, info, BYTES_NONE,
		    buf_bytes(&sealed), &plain, &d) == 0 &&
		bytes_equal_text(secret_bytes(&plain), "a secret"),
	    "what is sealed to the host key opens with the TPM %s", d.text);
	secret_free(&z);
	CHECK(tpmdev_ecdh(&r->hk, &r->ek, &wrong, enc, &z, &d) == ERR_TPM,
	    "T87 the host key without its authorisation: %s", d.text);
	enc[40] ^= 1;
	CHECK(tpmdev_ecdh(&r->hk, &r->ek, &r->auth, enc, &z, &d) == ERR_TPM,
	    "a point off the curve: %s", d.text);
}

/* More uses than a TPM has slots for sessions. */
static void
test_slots(struct rig *r)
{
	auto_secret struct secret z = SECRET_NONE;
	auto_key struct key *peer = NULL;
	uint8_t point[65];
	struct diag d = { 0 };
	int i, good = 0;

	if (key_generate(KEY_P256, 0, &peer, &d) < 0)
		t_bail("%s", d.text);
	key_p256_point(peer, point);
	for (i = 0; i < 10; i++) {
		good +=
		    tpmdev_ecdh(&r->hk, &r->ek, &r->auth, point, &z, &d) == 0;
		secret_free(&z);
	}
	CHECK(good == 10, "ten uses in a row leave no session behind %s",
	    d.text);
}

/* Objects and sessions that a killed client left are swept at opening. */
static void
test_sweep(struct rig *r)
{
	struct tpmdev_key lost[3] = { 0 };
	struct diag d = { 0 };
	int i, made = 0;

	tpmdev_key_flush(&r->ak);
	tpmdev_key_flush(&r->hk);
	for (i = 0; i < 3; i++)
		made += tpmdev_ak(r->t, &lost[i], &d) == 0;
	CHECK(made == 3, "three objects fill the TPM %s", d.text);
	CHECK(tpmdev_ak(r->t, &r->ak, &d) == ERR_TPM,
	    "a fourth finds no place: %s", d.text);
	open_again(r);
	CHECK(tpmdev_ak(r->t, &r->ak, &d) == 0,
	    "another connection sweeps what was left %s", d.text);
	tpmdev_key_flush(&r->ak);
}

static void
test_reset(struct rig *r, struct bytes saved)
{
	struct tpmdev_key key = { 0 };
	struct diag d = { 0 };

	tpmdev_close(r->t);
	r->t = NULL;
	swtpm_stop(&r->tpm);
	swtpm_start(&r->tpm);
	open_again(r);
	CHECK(tpmdev_key_load(r->t, saved, &key, &d) == ERR_TPM,
	    "T87 the host key of an earlier boot: %s", d.text);
}

static void
test_hung(struct rig *r)
{
	struct tpm_clock clock;
	struct diag d = { 0 };

	open_again(r);
	tpmdev_deadline(r->t, 300);
	(void)kill(r->tpm.pid, SIGSTOP);
	CHECK(tpmdev_clock(r->t, &clock, &d) == ERR_TIMEOUT,
	    "a TPM that hangs: %s", d.text);
	(void)kill(r->tpm.pid, SIGCONT);
	tpmdev_close(r->t);
	r->t = NULL;
	CHECK(tpmdev_open("swtpm:path=/nonexistent/s", &r->t, &d) < 0,
	    "no TPM: %s", d.text);
}

static void
define_index(const struct swtpm *s, const char *index, const uint8_t *p,
    size_t n)
{
	char path[128], size[16];
	const char *const define[] = { "tpm2_nvdefine", index, "-C", "o", "-s",
		size, "-a", "authread|authwrite|ownerread|ownerwrite", NULL };
	const char *const put[] = { "tpm2_nvwrite", index, "-C", index, "-i",
		path, NULL };
	FILE *f;

	(void)snprintf(size, sizeof(size), "%zu", n);
	(void)snprintf(path, sizeof(path), "%s/cert", s->dir);
	f = fopen(path, "w");
	if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		t_bail("%s", path);
	(void)setenv("TPM2TOOLS_TCTI", s->tcti, 1);
	if (swtpm_run(s, "define", define) != 0 ||
	    swtpm_run(s, "write", put) != 0)
		t_bail("tpm2_nvdefine failed in %s", s->dir);
}

/* A certificate as a chip keeps it, in an index larger than it. */
static void
define_ecc_certificate(const struct swtpm *s)
{
	uint8_t der[700];

	memset(der, 0xff, sizeof(der));
	memcpy(der, "\x30\x82\x02\x50", 4);
	define_index(s, "0x01c0000a", der, sizeof(der));
}

/* Two more, of 300 and 200 bytes; the second goes on in the next index. */
static void
define_chain(const struct swtpm *s)
{
	uint8_t der[600];

	memset(der, 0xff, sizeof(der));
	memcpy(der, "\x30\x82\x01\x28", 4);
	memcpy(der + 300, "\x30\x81\xc5", 3);
	define_index(s, "0x01c00100", der, 400);
	define_index(s, "0x01c00101", der + 400, 200);
}

static void
test_chain(struct rig *r)
{
	auto_buf struct buf cert = BUF_INIT(8192), small = BUF_INIT(1000);
	struct diag d = { 0 };

	tpmdev_close(r->t);
	r->t = NULL;
	define_chain(&r->tpm);
	open_again(r);
	CHECK(tpmdev_ek_certificate(r->t, &cert, &d) == 0 &&
		cert.len == 4 + 0x250 + 300 + 200,
	    "intermediates in NV memory follow it: %zu bytes %s", cert.len,
	    d.text);
	CHECK(memcmp(cert.p + 4 + 0x250, "\x30\x82\x01\x28", 4) == 0 &&
		memcmp(cert.p + 4 + 0x250 + 300, "\x30\x81\xc5", 3) == 0,
	    "... each where the one before ends");
	CHECK(tpmdev_ek_certificate(r->t, &small, &d) == 0 &&
		small.len == 4 + 0x250 + 300,
	    "... as many as there is room for: %zu bytes %s", small.len,
	    d.text);
}

static void
test_ecc(void)
{
	auto_buf struct buf cert = BUF_INIT(8192);
	struct rig r = { 0 };
	struct diag d = { 0 };

	swtpm_folder(&r.tpm);
	swtpm_start(&r.tpm);
	open_again(&r);
	CHECK(tpmdev_ek_certificate(r.t, &cert, &d) == ERR_NOT_FOUND,
	    "a TPM without certificate: %s", d.text);
	d = (struct diag){ 0 };
	CHECK(tpmdev_ek(r.t, &r.ek, &d) == 0 && r.ek.persistent == 0 &&
		r.ek.public_len == 314,
	    "its EK is made from template L-1 %s", d.text);
	tpmdev_key_flush(&r.ek);
	tpmdev_close(r.t);
	r.t = NULL;

	define_ecc_certificate(&r.tpm);
	open_again(&r);
	CHECK(tpmdev_ek_certificate(r.t, &cert, &d) == 0,
	    "a P-256 EK's certificate is read in pieces %s", d.text);
	CHECK(cert.len == 4 + 0x250, "without the padding: %zu bytes",
	    cert.len);
	CHECK(tpmdev_ek(r.t, &r.ek, &d) == 0 &&
		public_is_ek(tpmdev_key_public(&r.ek), &d) == 0 &&
		r.ek.public_len == 122 && tpmdev_ak(r.t, &r.ak, &d) == 0,
	    "its EK is made from template L-2 %s", d.text);
	test_activate(&r, "P-256 EK");
	tpmdev_key_flush(&r.ak);
	tpmdev_key_flush(&r.ek);
	test_chain(&r);
	tpmdev_close(r.t);
	swtpm_remove(&r.tpm);
}

int
main(void)
{
	auto_buf struct buf saved = BUF_INIT(8192);
	struct rig r = { 0 };
	struct diag d = { 0 };

	swtpm_new(&r.tpm);
	open_again(&r);
	test_keys(&r);
	test_context(&r);
	test_activate(&r, "RSA EK");
	test_quote(&r);
	test_release(&r);
	test_slots(&r);
	if (tpmdev_key_save(&r.hk, &saved, &d) < 0)
		t_bail("%s", d.text);
	test_sweep(&r);
	test_reset(&r, buf_bytes(&saved));
	test_hung(&r);
	secret_free(&r.auth);
	swtpm_remove(&r.tpm);
	test_ecc();
	return t_done();
}
