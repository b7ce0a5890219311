/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host in this process: a software TPM that holds a recorded boot, the three
 * keys that guard-tpm would make, and no scruples. What it shows can be
 * changed before it is sent.
 */
#ifndef TESTS_SERVICE_HOST_H
#define TESTS_SERVICE_HOST_H

#include "../swtpm.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/random.h"
#include "measure/boot.h"
#include "measure/tcglog.h"
#include "policy/baseline.h"
#include "proto/attest.h"
#include "proto/evidence.h"
#include "tpm/public.h"
#include "tpm/transcript.h"
#include "tpmdev/internal.h"
#include "json/json.h"

struct host {
	char name[32];
	struct swtpm tpm;
	struct tpmdev *dev;
	struct tpmdev_key ek, ak, hk;
	struct secret auth; /* of hk */
	struct buf ek_certificate;
	struct buf pcr15;          /* evidence part 11 */
	const uint8_t *ima_policy; /* that its record names; NULL: none */
	struct bytes log, cmdline;
};

/* Everything of one bundle, to be changed at will. */
struct shown {
	struct buf token, activation;
	struct buf quote, quote_signature, certify, certify_signature;
	struct buf ak, hk, log, ima, cmdline, pcr15;
	uint8_t transcript[32];
};

static inline void
need(int r, const struct diag *d, const char *what)
{
	if (r < 0)
		t_bail("%s: %s: %s", what, err_name(r), d->text);
}

static inline void
copy_to(struct buf *b, struct bytes in)
{
	buf_free(b);
	*b = (struct buf)BUF_INIT((size_t)1 << 22);
	if (!buf_put(b, in))
		t_bail("out of memory");
}

/* As firmware and boot loader did on the recorded machine. */
static inline void
host_extend(struct host *h)
{
	struct tcglog_iter it;
	struct tcglog log;
	struct tcg_event e;
	struct diag d = { 0 };
	struct bytes digest;

	need(tcglog_open(h->log, &log, &d), &d, "log");
	it = tcglog_iter(&log);
	while (tcglog_next(&it, &e, &d) == ERR_OK) {
		digest = tcg_event_digest(&e, TPM_ALG_SHA256);
		if (e.type != EV_NO_ACTION)
			need(tpmdev_pcr_extend(h->dev, e.pcr, digest.p, &d), &d,
			    "extend");
	}
}

/* As guard-early and guard-tpm: the record of the host key, the end mark. */
static inline void
host_record(struct host *h)
{
	static const uint8_t none[32];
	auto_buf struct buf record = BUF_INIT(PCR15_RECORD_MAX);
	uint8_t name[TPM_NAME_SIZE], digest[32];
	struct diag d = { 0 };

	tpm_name(tpmdev_key_public(&h->hk), name);
	need(pcr15_record_encode(name, none,
		 h->ima_policy != NULL ? h->ima_policy : none, &record, &d),
	    &d, "record");
	sha256(buf_bytes(&record), digest);
	need(tpmdev_pcr_extend(h->dev, 15, digest, &d), &d, "extend");
	pcr15_end_mark_digest(digest);
	need(tpmdev_pcr_extend(h->dev, 15, digest, &d), &d, "extend");
	buf_free(&h->pcr15);
	h->pcr15 = (struct buf)BUF_INIT(8192);
	need(pcr15_list_encode(buf_bytes(&record), &h->pcr15, &d), &d, "list");
}

/* A host key of the right template; usable with h->auth. */
static inline void
host_key_new(struct host *h, struct tpmdev_key *ret)
{
	auto_secret struct secret unique = SECRET_NONE;
	struct diag d = { 0 };

	need(secret_alloc(&unique, 64, &d), &d, "secret");
	random_bytes(unique.p, unique.len);
	need(tpmdev_hk_create(h->dev, &h->ek, &unique, &h->auth, ret, &d), &d,
	    "host key");
}

/* After power on. */
static inline void
host_boot(struct host *h)
{
	struct diag d = { 0 };

	need(tpmdev_open(h->tpm.tcti, &h->dev, &d), &d, "TPM");
	host_extend(h);
	need(tpmdev_ek(h->dev, &h->ek, &d), &d, "EK");
	need(tpmdev_ak(h->dev, &h->ak, &d), &d, "AK");
	secret_free(&h->auth);
	need(secret_alloc(&h->auth, 32, &d), &d, "secret");
	random_bytes(h->auth.p, 32);
	host_key_new(h, &h->hk);
	host_record(h);
}

/* In order, as a kernel does: the TPM's clock stays safe. */
static inline void
host_down(struct host *h)
{
	if (h->dev != NULL)
		(void)Esys_Shutdown(h->dev->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		    ESYS_TR_NONE, TPM2_SU_CLEAR);
	tpmdev_key_flush(&h->hk);
	tpmdev_key_flush(&h->ak);
	tpmdev_key_flush(&h->ek);
	tpmdev_close(h->dev);
	h->dev = NULL;
	swtpm_stop(&h->tpm);
}

static inline struct host *
host_load(const char *name, const char *boot)
{
	struct host *h = keep(sizeof(*h));

	(void)snprintf(h->name, sizeof(h->name), "%s", name);
	h->log = boot_file(boot, "binary_bios_measurements");
	h->cmdline = boot_file(boot, "cmdline");
	if (h->cmdline.len > 0 && h->cmdline.p[h->cmdline.len - 1] == '\n')
		h->cmdline.len--;
	return h;
}

/* Its TPM, and the first boot. */
static inline void
host_power(struct host *h)
{
	struct diag d = { 0 };

	swtpm_new(&h->tpm);
	host_boot(h);
	h->ek_certificate = (struct buf)BUF_INIT(CERTIFICATE_LIMIT);
	need(tpmdev_ek_certificate(h->dev, &h->ek_certificate, &d), &d,
	    "EK certificate");
}

static inline struct host *
host_new(const char *name, const char *boot)
{
	struct host *h = host_load(name, boot);

	host_power(h);
	return h;
}

static inline void
host_free(struct host *h)
{
	host_down(h);
	swtpm_remove(&h->tpm);
	secret_free(&h->auth);
	buf_free(&h->ek_certificate);
	buf_free(&h->pcr15);
}

static inline void
shown_free(struct shown *s)
{
	struct buf *all[] = { &s->token, &s->activation, &s->quote,
		&s->quote_signature, &s->certify, &s->certify_signature, &s->ak,
		&s->hk, &s->log, &s->ima, &s->cmdline, &s->pcr15 };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		buf_free(all[i]);
}
#define auto_shown CLEANUP(shown_free)

/* What the host's parts, as they stand in s, make of this challenge. */
static inline void
shown_transcript(const struct host *h, const struct challenge_reply *c,
    struct shown *s)
{
	struct transcript t = { .pcr_mask = c->pcr_mask,
		.ima_cursor = c->ima_cursor };
	struct diag d = { 0 };

	memcpy(t.signer, c->signer, 32);
	memcpy(t.nonce, c->nonce, 32);
	tpm_host_id(tpmdev_key_public(&h->ek), t.host_id);
	tpm_name(buf_bytes(&s->ak), t.ak_name);
	tpm_name(buf_bytes(&s->hk), t.hk_name);
	sha256(buf_bytes(&s->log), t.boot_log);
	sha256(buf_bytes(&s->ima), t.ima_log);
	sha256(buf_bytes(&s->cmdline), t.command_line);
	sha256(buf_bytes(&s->pcr15), t.pcr15);
	need(transcript_digest(&t, s->transcript, &d), &d, "transcript");
}

static inline void
shown_quote(const struct tpmdev_key *ak, struct bytes extra, uint32_t mask,
    struct shown *s)
{
	struct diag d = { 0 };

	copy_to(&s->quote, BYTES_NONE);
	copy_to(&s->quote_signature, BYTES_NONE);
	need(tpmdev_quote(ak, extra, mask, &s->quote, &s->quote_signature, &d),
	    &d, "quote");
}

static inline void
shown_certify(const struct tpmdev_key *ak, const struct tpmdev_key *hk,
    const struct secret *auth, struct bytes extra, struct shown *s)
{
	struct diag d = { 0 };

	copy_to(&s->certify, BYTES_NONE);
	copy_to(&s->certify_signature, BYTES_NONE);
	need(tpmdev_certify(ak, hk, auth, extra, &s->certify,
		 &s->certify_signature, &d),
	    &d, "certify");
}

/* Quote and certify anew, over the parts as they stand. */
static inline void
shown_sign(struct host *h, const struct challenge_reply *c, struct shown *s)
{
	shown_transcript(h, c, s);
	shown_quote(&h->ak, BYTES_OF_ARRAY(s->transcript), c->pcr_mask, s);
	shown_certify(&h->ak, &h->hk, &h->auth, BYTES_OF_ARRAY(s->transcript),
	    s);
}

static inline void
shown_parts(const struct host *h, struct bytes token, struct shown *s)
{
	copy_to(&s->token, token);
	copy_to(&s->ak, tpmdev_key_public(&h->ak));
	copy_to(&s->hk, tpmdev_key_public(&h->hk));
	copy_to(&s->log, h->log);
	copy_to(&s->ima, BYTES_NONE);
	copy_to(&s->cmdline, h->cmdline);
	copy_to(&s->pcr15, buf_bytes(&h->pcr15));
}

/* An honest answer. */
static inline void
shown_make(struct host *h, const struct challenge_reply *c, struct shown *s)
{
	auto_secret struct secret activation = SECRET_NONE;
	struct diag d = { 0 };

	shown_parts(h, c->token, s);
	need(tpmdev_activate(&h->ak, &h->ek, c->credential_blob,
		 c->encrypted_secret, &activation, &d),
	    &d, "activate");
	copy_to(&s->activation, secret_bytes(&activation));
	shown_sign(h, c, s);
}

static inline void
shown_bundle(const struct host *h, const struct shown *s, struct buf *ret)
{
	struct buf json = BUF_INIT(16384);
	struct attest_request q = { .version = PROTO_VERSION,
		.token = buf_bytes(&s->token),
		.activation = buf_bytes(&s->activation),
		.time = 1790000000,
		.host_name = bytes_of_text(h->name) };
	struct evidence e = { 0 };
	struct diag d = { 0 };

	need(json_encode(&attest_request_fields, &q, &json, &d), &d, "JSON");
	e.part[EVIDENCE_REQUEST] = buf_bytes(&json);
	e.part[EVIDENCE_QUOTE] = buf_bytes(&s->quote);
	e.part[EVIDENCE_QUOTE_SIG] = buf_bytes(&s->quote_signature);
	e.part[EVIDENCE_CERTIFY] = buf_bytes(&s->certify);
	e.part[EVIDENCE_CERTIFY_SIG] = buf_bytes(&s->certify_signature);
	e.part[EVIDENCE_AK] = buf_bytes(&s->ak);
	e.part[EVIDENCE_HK] = buf_bytes(&s->hk);
	e.part[EVIDENCE_BOOT_LOG] = buf_bytes(&s->log);
	e.part[EVIDENCE_IMA_LOG] = buf_bytes(&s->ima);
	e.part[EVIDENCE_CMDLINE] = buf_bytes(&s->cmdline);
	e.part[EVIDENCE_PCR15_RECORDS] = buf_bytes(&s->pcr15);
	*ret = (struct buf)BUF_INIT(EVIDENCE_MAX);
	need(evidence_encode(&e, ret, &d), &d, "bundle");
	buf_free(&json);
}

/* What hgs-measure would find in the host's own parts. */
static inline void
host_findings(const struct host *h, struct findings_store *store,
    struct findings *ret)
{
	struct evidence_parts parts = { .boot_log = h->log,
		.command_line = h->cmdline,
		.pcr15 = buf_bytes(&h->pcr15) };

	measure_evidence(&parts, store, ret);
}

/* A baseline file captured from this host. */
static inline void
host_baseline(const struct host *h, struct buf *ret)
{
	struct findings_store *store = keep(sizeof(*store));
	struct findings *f = keep(sizeof(*f));
	struct baseline_source src = { .name = bytes_of_text(h->name),
		.description = bytes_of_text("as recorded"),
		.source = bytes_of_text("host"),
		.purpose = BASELINE_PRODUCTION,
		.created = 1790000000 };
	struct buf events = BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	struct diag d = { 0 };
	struct baseline b;

	host_findings(h, store, f);
	*ret = (struct buf)BUF_INIT(BASELINE_FILE_MAX);
	need(baseline_capture(&src, f, &events, &b, &d), &d, "capture");
	need(baseline_encode(&b, ret, &d), &d, "baseline");
	buf_free(&events);
}

#endif
