/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/attest.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "guard/agent/epoch.h"
#include "guard/agent/hgs_link.h"
#include "ipc/ctl.h"
#include "measure/ima.h"
#include "proto/evidence.h"
#include "proto/guard.h"
#include "json/json.h"

#define TPM_CALL_MS   60000
#define CHALLENGE_MAX 4 /* attempts where another may go better */
#define JSON_TYPE     "application/json"
#define BUNDLE_TYPE   "application/vnd.shieldwall.evidence"

static const struct field result_list[] = {
	FIELD_TEXT(struct attest_result, url, 256),
	FIELD_NAME(struct attest_result, status),
	FIELD_BYTES(struct attest_result, certificate, CERTIFICATE_LIMIT),
	FIELD_U64(struct attest_result, max_age),
	FIELD_U64(struct attest_result, skew),
	FIELD_BYTES(struct attest_result, error, 65536),
};
const struct fields attest_result_fields =
    FIELDS(struct attest_result, "attest result", result_list);

/* One attempt: what it read and what it was told. */
struct run {
	const struct guard_conf *conf;
	const struct attest_place *place;
	int tpm_fd;
	struct hgs_link link;
	struct buf identity_storage, evidence_storage;
	struct tpm_identity identity;
	struct attest_evidence evidence;
	struct buf boot_log, ima_log, command_line;
	struct attest_info info;
	struct json_doc *info_doc;
	struct buf reply;
	unsigned status; /* HTTP */
};

static void
run_free(struct run *r)
{
	close_p(&r->tpm_fd);
	hgs_link_close(&r->link);
	buf_free(&r->identity_storage);
	buf_free(&r->evidence_storage);
	buf_free(&r->boot_log);
	buf_free(&r->ima_log);
	buf_free(&r->command_line);
	buf_free(&r->reply);
	json_doc_free(r->info_doc);
}

/* A part that this kernel does not have is an empty one: the HGS judges. */
static int
read_part(const char *path, struct buf *ret, struct diag *d)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	*ret = (struct buf)BUF_INIT(ATTEST_EVIDENCE_MAX);
	if (fd < 0)
		return ERR_OK;
	if ((r = file_read_fd(fd, path, ATTEST_EVIDENCE_MAX / 2, ret, d)) < 0)
		return r;
	return ERR_OK;
}

/* /proc/cmdline ends with a newline that nobody measured. */
static void
trim_newline(struct buf *b)
{
	if (b->len > 0 && b->p[b->len - 1] == '\n')
		b->len--;
}

static int
read_host(struct run *run, struct diag *d)
{
	const struct attest_place *p = run->place;
	int r;

	if ((r = ctl_connect(p->tpm_socket, &run->tpm_fd, d)) < 0 ||
	    (r = channel_call(run->tpm_fd, GUARD_OP_IDENTITY, BYTES_NONE, NULL,
		 0, TPM_CALL_MS, &run->identity_storage, NULL, d)) < 0 ||
	    (r = fields_decode(&tpm_identity_fields,
		 buf_bytes(&run->identity_storage), &run->identity, d)) < 0 ||
	    (r = read_part(p->boot_log, &run->boot_log, d)) < 0 ||
	    (r = read_part(p->command_line, &run->command_line, d)) < 0)
		return r;
	trim_newline(&run->command_line);
	return ERR_OK;
}

/*
 * The list from the entry that the HGS goes on with. Entries that the kernel
 * adds from here on, to the quote, are not in what is sent, and the HGS refuses
 * a list that is shorter than the quote: so nothing is done in between that
 * needs not be.
 */
static int
read_ima(struct run *run, const struct challenge_reply *c, struct diag *d)
{
	struct ima_iter it;
	struct ima_entry e;
	struct buf *b = &run->ima_log;
	int r = ERR_OK;

	buf_free(b);
	if ((c->pcr_mask >> IMA_PCR & 1) == 0)
		return ERR_OK;
	if ((r = read_part(run->place->ima_log, b, d)) < 0)
		return r;
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, buf_bytes(b), 0);
	while (r == ERR_OK && it.next < c->ima_cursor)
		r = ima_next(&it, &e, d);
	/* A list that ends before, or is none, is sent as it is: HGS judges. */
	if (r < 0)
		return ERR_OK;
	b->len -= it.off;
	memmove(b->p, b->p + it.off, b->len);
	return ERR_OK;
}

static int
call_json(struct run *run, const char *path, const struct fields *f,
    const void *in, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(HGS_REPLY_MAX);
	int r;

	if ((r = json_encode(f, in, &body, d)) < 0)
		return r;
	buf_reset(&run->reply);
	return hgs_link_call(&run->link, path, JSON_TYPE, buf_bytes(&body),
	    NULL, 0, &run->status, &run->reply, d);
}

static int
get_info(struct run *run, struct diag *d)
{
	int r;

	buf_reset(&run->reply);
	r = hgs_link_call(&run->link, "/Attestation/GetInfo", NULL, BYTES_NONE,
	    NULL, 0, &run->status, &run->reply, d);
	if (r < 0)
		return r;
	if (run->status != 200)
		return ERR_OK;
	return json_decode(buf_bytes(&run->reply), &attest_info_fields,
	    &run->info, &run->info_doc, d);
}

/* The challenge into guard-tpm's order, with what goes into the transcript. */
static int
ask_tpm(struct run *run, const struct challenge_reply *c, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	struct attest_order o = { .credential_blob = c->credential_blob,
		.encrypted_secret = c->encrypted_secret,
		.pcr_mask = c->pcr_mask,
		.ima_cursor = c->ima_cursor };
	int r;

	if (run->link.tls != NULL &&
	    (r = http_client_exporter(run->link.client, HGS_CALL_MS, o.exporter,
		 d)) < 0)
		return r;
	if ((r = read_ima(run, c, d)) < 0)
		return r;
	memcpy(o.nonce, c->nonce, sizeof(o.nonce));
	memcpy(o.signer, c->signer, sizeof(o.signer));
	sha256(buf_bytes(&run->boot_log), o.boot_log);
	sha256(buf_bytes(&run->ima_log), o.ima_log);
	sha256(buf_bytes(&run->command_line), o.command_line);
	if ((r = fields_encode(&attest_order_fields, &o, &body, d)) < 0)
		return r;
	buf_reset(&run->evidence_storage);
	r = channel_call(run->tpm_fd, GUARD_OP_ATTEST, buf_bytes(&body), NULL,
	    0, TPM_CALL_MS, &run->evidence_storage, NULL, d);
	if (r < 0)
		return r;
	return fields_decode(&attest_evidence_fields,
	    buf_bytes(&run->evidence_storage), &run->evidence, d);
}

/* For people, bug reports and 'guardctl diagnose'; nothing depends on it. */
static void
keep_file(const char *path, struct bytes contents)
{
	struct diag d = { 0 };

	if (file_write_atomic(AT_FDCWD, path, 0640, contents, &d) < 0)
		log_warning("%s", d.text);
}

static int
make_bundle(struct run *run, struct bytes token, struct buf *ret,
    struct diag *d)
{
	const struct attest_evidence *e = &run->evidence;
	auto_buf struct buf json = BUF_INIT(8192);
	struct attest_request q = { .version = PROTO_VERSION,
		.token = token,
		.activation = e->activation,
		.time = (uint64_t)time(NULL),
		.host_name = bytes_of_text(run->conf->name) };
	struct evidence ev = { 0 };
	int r;

	if ((r = json_encode(&attest_request_fields, &q, &json, d)) < 0)
		return r;
	ev.part[EVIDENCE_REQUEST] = buf_bytes(&json);
	ev.part[EVIDENCE_QUOTE] = e->quote;
	ev.part[EVIDENCE_QUOTE_SIG] = e->quote_signature;
	ev.part[EVIDENCE_CERTIFY] = e->certify;
	ev.part[EVIDENCE_CERTIFY_SIG] = e->certify_signature;
	ev.part[EVIDENCE_AK] = e->ak_public;
	ev.part[EVIDENCE_HK] = e->hk_public;
	ev.part[EVIDENCE_BOOT_LOG] = buf_bytes(&run->boot_log);
	ev.part[EVIDENCE_IMA_LOG] = buf_bytes(&run->ima_log);
	ev.part[EVIDENCE_CMDLINE] = buf_bytes(&run->command_line);
	ev.part[EVIDENCE_PCR15_RECORDS] = e->pcr15;
	if ((r = evidence_encode(&ev, ret, d)) < 0)
		return r;
	keep_file(run->place->bundle, buf_bytes(ret));
	return ERR_OK;
}

/* From challenge to the HGS's verdict, in run->status and run->reply. */
static int
exchange(struct run *run, struct diag *d)
{
	struct challenge_request q = { PROTO_VERSION,
		run->identity.ek_certificate, run->identity.ek_public,
		run->identity.ak_public };
	auto_buf struct buf bundle = BUF_INIT(ATTEST_EVIDENCE_MAX);
	struct json_doc *doc = NULL;
	struct challenge_reply c;
	int r;

	r = call_json(run, "/Attestation/v1/challenge",
	    &challenge_request_fields, &q, d);
	if (r < 0 || run->status != 200)
		return r;
	r = json_decode(buf_bytes(&run->reply), &challenge_reply_fields, &c,
	    &doc, d);
	if (r < 0)
		return r;
	if ((r = ask_tpm(run, &c, d)) < 0)
		diag_prefix(d, "TPM");
	if (r == ERR_OK)
		r = make_bundle(run, c.token, &bundle, d);
	json_doc_free(doc);
	if (r < 0)
		return r;
	buf_reset(&run->reply);
	return hgs_link_call(&run->link, "/Attestation/v1/attest", BUNDLE_TYPE,
	    buf_bytes(&bundle), NULL, 0, &run->status, &run->reply, d);
}

/* By the last certificate, which outlives guardd: T84. */
static int
check_epoch(const struct run *run, struct bytes certificate, struct diag *d)
{
	auto_buf struct buf before = BUF_INIT(CERTIFICATE_LIMIT);
	struct diag ignored = { 0 };

	if (file_read(AT_FDCWD, run->place->certificate, CERTIFICATE_LIMIT,
		&before, &ignored) < 0)
		buf_reset(&before);
	return epoch_check(buf_bytes(&before), certificate, d);
}

/* Certificate and release key to guard-tpm, which alone can open the key. */
static int
take_pass(struct run *run, struct buf *storage, struct attest_result *ret,
    struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf none = BUF_INIT(64);
	struct json_doc *doc = NULL;
	struct attest_reply a;
	struct attested out;
	int r;

	r = json_decode(buf_bytes(&run->reply), &attest_reply_fields, &a, &doc,
	    d);
	if (r < 0)
		return r;
	out = (struct attested){ a.certificate, a.sealed };
	if ((r = check_epoch(run, a.certificate, d)) == ERR_OK)
		r = fields_encode(&attested_fields, &out, &body, d);
	if (r == ERR_OK)
		r = channel_call(run->tpm_fd, GUARD_OP_ATTESTED,
		    buf_bytes(&body), NULL, 0, TPM_CALL_MS, &none, NULL, d);
	if (r == ERR_OK && !buf_put(storage, a.certificate))
		r = diag_nomem(d);
	json_doc_free(doc);
	if (r < 0)
		return r;
	keep_file(run->place->certificate, buf_bytes(storage));
	ret->certificate = buf_bytes(storage);
	ret->status = bytes_of_text("Passed");
	return ERR_OK;
}

/* Refusals that say: the TPM did not prove what it should. */
static const enum reason tpm_reasons[] = { REASON_AkMismatch, REASON_EkMismatch,
	REASON_ActivationFailed, REASON_QuoteSignature, REASON_QuoteFormat,
	REASON_QuoteNonce, REASON_QuoteCounters, REASON_HostKeyCertify,
	REASON_HostKeyTemplate };

/* The status that a refusal without one stands for. */
static const char *
status_of(enum reason code)
{
	if (code == REASON_UnauthorizedHost)
		return "UnauthorizedHost";
	for (size_t i = 0; i < ARRAY_LEN(tpm_reasons); i++)
		if (code == tpm_reasons[i])
			return "TpmError";
	return "TransientError";
}

static int
take_refusal(struct run *run, struct buf *storage, struct attest_result *ret,
    enum reason *ret_code, struct diag *d)
{
	struct json_doc *doc = NULL;
	struct wire_error e;
	int r;

	r = json_decode(buf_bytes(&run->reply), &wire_error_fields, &e, &doc,
	    d);
	if (r < 0) {
		diag_prefix(d, "HTTP %u", run->status);
		return r;
	}
	*ret_code = reason_find(e.code);
	/* Told as one reason among those that the host is unfit for. */
	for (size_t i = 0; i < e.n_reasons; i++)
		if (reason_find(e.reasons[i].code) == REASON_ImaLogVerification)
			*ret_code = REASON_ImaLogVerification;
	ret->status =
	    bytes_equal_text(e.attestation_status, "InsecureHostConfiguration")
	    ? bytes_of_text("InsecureHostConfiguration")
	    : bytes_of_text(status_of(*ret_code));
	r = fields_encode(&wire_error_fields, &e, storage, d);
	json_doc_free(doc);
	ret->error = buf_bytes(storage);
	return r;
}

static int
one_url(struct run *run, const char *url, struct buf *storage,
    struct attest_result *ret, struct diag *d)
{
	enum reason code = REASON_NONE;
	uint64_t now = (uint64_t)time(NULL);
	int r;

	if ((r = hgs_link_open(run->conf, url, &run->link, d)) < 0 ||
	    (r = get_info(run, d)) < 0)
		return r;
	ret->url = bytes_of_text(url);
	ret->max_age = run->info.release_max_age;
	ret->skew =
	    run->info.time > now ? run->info.time - now : now - run->info.time;
	for (unsigned i = 0; i < CHALLENGE_MAX; i++) {
		if ((r = exchange(run, d)) < 0)
			return r;
		buf_reset(storage);
		if (run->status == 200)
			return take_pass(run, storage, ret, d);
		r = take_refusal(run, storage, ret, &code, d);
		if (r < 0 ||
		    (code != REASON_ChallengeAgain &&
			code != REASON_ChallengeExpired &&
			code != REASON_ImaLogVerification))
			return r;
	}
	return r;
}

int
attest_run(const struct guard_conf *conf, const struct attest_place *place,
    struct buf *storage, struct attest_result *ret, const char **ret_status,
    struct diag *d)
{
	struct run run = { .conf = conf,
		.place = place,
		.tpm_fd = -1,
		.identity_storage = BUF_INIT(CHANNEL_BODY_MAX),
		.evidence_storage = BUF_INIT(CHANNEL_BODY_MAX),
		.reply = BUF_INIT(HGS_REPLY_MAX) };
	int r;

	*ret = (struct attest_result){ 0 };
	*ret_status = "NotConfigured";
	if (conf->url[0] == '\0')
		return diag_fail(d, ERR_USAGE,
		    "guard.conf: [hgs] url is not set");
	*ret_status = "TpmError";
	if ((r = read_host(&run, d)) == ERR_OK) {
		*ret_status = "TransientError";
		r = one_url(&run, conf->url, storage, ret, d);
		if (r < 0 && conf->fallback[0] != '\0') {
			hgs_link_close(&run.link);
			r = one_url(&run, conf->fallback, storage, ret, d);
		}
		if (r == ERR_TPM)
			*ret_status = "TpmError";
	}
	run_free(&run);
	return r;
}
