/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask the key service: one good request, and each of its parts
 * exchanged, aged or taken away. The store at the other end of the channel is
 * played by a child with the records of the moment.
 */
#include "hgs/key/asker.h"

#include <sys/wait.h>

#include "../tpm/forge.h"
#include "hgs/common/release_key.h"
#include "hgs/common/store_client.h"
#include "ipc/service.h"
#include "proto/hgs.h"

#define NOW 1700000100U

/* What is in the store. */
static struct world {
	struct epoch_record epoch;
	bool has_epoch, has_host;
	struct host_record host;
} world;

/* What is asked, before certificate and MAC are made. */
static struct {
	struct health health;
	struct key *signer; /* signs the certificate */
	struct bytes shared;
	struct asker asker;
	struct key_call call;
	uint64_t now;
	/* Changes made after the MAC. */
	bool flip_mac, flip_body;
} ask;

static struct forge good, other;
static struct key *signer, *stranger;
static struct buf signer_der = BUF_INIT(8192);
static uint8_t shared[32], host_id[32], ak_name[TPM_NAME_SIZE];
static uint8_t hk_name[TPM_NAME_SIZE];

static int
on_get(struct service_call *call, struct diag *d)
{
	auto_buf struct buf value = BUF_INIT(STORE_VALUE_MAX);
	struct store_value v = { 0 };
	char id_key[STORE_KEY_MAX + 1];
	struct bytes id = BYTES_OF_ARRAY(host_id);
	struct store_get q;
	int r;

	if ((r = fields_decode(&store_get_fields, call->in->body, &q, d)) < 0)
		return r;
	store_key_hex(id_key, "hostid", &id, 1);
	if (world.has_epoch && bytes_equal_text(q.key, "epoch/floor")) {
		r = fields_encode(&epoch_record_fields, &world.epoch, &value,
		    d);
		v.version = 1;
	} else if (world.has_host && bytes_equal_text(q.key, id_key)) {
		(void)buf_put_text(&value, "host-1");
		v.version = 1;
	} else if (world.has_host && bytes_equal_text(q.key, "host/host-1")) {
		r = fields_encode(&host_record_fields, &world.host, &value, d);
		v.version = 1;
	}
	if (r < 0)
		return r;
	v.value = buf_bytes(&value);
	return fields_encode(&store_value_fields, &v, call->reply, d);
}

static const struct service_op ops[] = { { HGS_OP_GET, 1, on_get, "get" } };
static const struct service service = { ops, ARRAY_LEN(ops), NULL };

static pid_t
store(int fds[static 2])
{
	struct diag d = { 0 };
	pid_t pid;

	if (channel_pair(fds, &d) < 0)
		t_bail("%s", d.text);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		(void)close(fds[0]);
		while (
		    service_answer(&service, fds[1], 0, NULL, NULL) == ERR_OK)
			;
		_exit(0);
	}
	close_p(&fds[1]);
	return pid;
}

static void
make_signer(void)
{
	struct x509_profile profile = {
		.common_name = bytes_of_text("Attestation signer 1"),
		.serial = { 0x40 },
		.not_before = 1600000000,
		.not_after = 2600000000,
		.usage = CERT_USAGE_ISSUE,
	};
	struct diag d = { 0 };

	if (key_generate(KEY_P256, 0, &signer, &d) < 0 ||
	    key_generate(KEY_P256, 0, &stranger, &d) < 0 ||
	    x509_self_signed(&profile, signer, &signer_der, &d) < 0)
		t_bail("%s", d.text);
}

/* A world and a request that are as they should be. */
static void
reset(void)
{
	world = (struct world){ .has_epoch = true, .has_host = true };
	world.epoch = (struct epoch_record){ 1, 12, 12, 1699999999 };
	world.host = (struct host_record){ .version = 1,
		.name = bytes_of_text("host-1"),
		.ak_public = buf_bytes(&good.ak_public) };
	memcpy(world.host.host_id, host_id, 32);

	memset(&ask, 0, sizeof(ask));
	ask.now = NOW;
	ask.signer = signer;
	ask.shared = BYTES_OF_ARRAY(shared);
	ask.health = (struct health){ .serial = { 0x41, 2, 3 },
		.not_before = 1700000000,
		.not_after = 1700028800,
		.version = HEALTH_VERSION,
		.host_name = bytes_of_text("host-1"),
		.mode = HEALTH_MODE_TPM,
		.ak_name = BYTES_OF_ARRAY(ak_name),
		.hk_name = BYTES_OF_ARRAY(hk_name),
		.reset_count = good.words.certify_clock.resets,
		.restart_count = good.words.certify_clock.restarts,
		.policy_epoch = 12,
		.attested_at = 1700000000 };
	memcpy(ask.health.host_id, host_id, 32);
	key_p256_point(good.hk, ask.health.host_key);
	ask.asker = (struct asker){ BYTES_NONE, buf_bytes(&good.hk_public),
		buf_bytes(&good.certify), buf_bytes(&good.certify_sig) };
	ask.call = (struct key_call){ .path = bytes_of_text(PATH_CONFIRM),
		.time = NOW,
		.request = { 9 } };
}

static void
prove(const uint8_t *serial)
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct request_proof p = { .label = bytes_of_text(REQUEST_LABEL),
		.method = bytes_of_text("POST"),
		.path = ask.call.path,
		.time = ask.call.time };
	uint8_t key[RELEASE_KEY_SIZE];
	struct bytes in;

	memcpy(p.request, ask.call.request, sizeof(p.request));
	sha256(ask.call.body, p.body);
	if (fields_encode(&request_proof_fields, &p, &b, NULL) < 0)
		t_bail("proof");
	release_key_derive(ask.shared, serial, key);
	in = buf_bytes(&b);
	hmac_sha256(BYTES_OF_ARRAY(key), &in, 1, ask.call.mac);
}

/* Makes certificate and proof, and lets hgs-key's own code look at them. */
static enum reason
check(const uint8_t *proof_serial, struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(CERTIFICATE_LIMIT);
	auto_buf struct buf body = BUF_INIT(CORE_LIMIT);
	auto_caller struct caller c = { .storage = BUF_INIT(CHANNEL_BODY_MAX) };
	static struct keyhold k;
	struct seal_notice notice = { .version = 1,
		.core = bytes_of_text("core") };
	struct health_signer by;
	struct cert cert;
	int fds[2], r;
	pid_t pid;

	if (cert_parse(buf_bytes(&signer_der), &cert, d) < 0)
		t_bail("%s", d->text);
	by = (struct health_signer){ cert.subject, cert.ski, ask.signer };
	if (health_encode(&ask.health, &by, &der, d) < 0)
		t_bail("%s", d->text);
	ask.asker.certificate = buf_bytes(&der);
	notice.asker = ask.asker;
	if (fields_encode(&seal_notice_fields, &notice, &body, d) < 0)
		t_bail("%s", d->text);
	ask.call.body = buf_bytes(&body);
	prove(proof_serial != NULL ? proof_serial : ask.health.serial);
	ask.call.mac[31] ^= ask.flip_mac;
	body.p[body.len - 1] ^= ask.flip_body;

	k.signers.n = k.keys.n = 1;
	k.signers.keys[0] = (struct keyring_key){ .use = KEY_USE_ATTEST,
		.key = signer,
		.certificate = signer_der };
	k.keys.keys[0] = (struct keyring_key){ .use = KEY_USE_SHARED,
		.primary = true,
		.shared = { shared, 32, 32 } };
	k.release_max_age = 300;
	pid = store(fds);
	k.store_fd = fds[0];
	*d = (struct diag){ 0 };
	r = caller_check(&k, &ask.call, &ask.asker, ask.now, &c, d);
	if (r == ERR_OK)
		r = caller_check_fresh(&k, &c, ask.now, d);
	close_p(&fds[0]);
	(void)waitpid(pid, NULL, 0);
	if (r == ERR_OK)
		return REASON_NONE;
	return d->reason != REASON_NONE ? d->reason : REASON_InternalError;
}

#define IS(want, ...)                                                     \
	do {                                                              \
		struct diag d_;                                           \
		enum reason got_ = check(NULL, &d_);                      \
                                                                          \
		if (!CHECK(got_ == REASON_##want, __VA_ARGS__))           \
			printf("# %s: %s\n", reason_name(got_), d_.text); \
		reset();                                                  \
	} while (0)
#define REASON_None REASON_NONE

static void
test_certificate(void)
{
	IS(None, "a good request is let through");
	ask.signer = stranger;
	IS(CertificateInvalid, "T52 a certificate that another signed");
	ask.health.mode = HEALTH_MODE_HOST_KEY;
	ask.health.ak_name = ask.health.hk_name = BYTES_NONE;
	IS(ModeNotEnabled, "T52 a certificate of a mode that is not offered");
	ask.now = ask.call.time = ask.health.not_before - 1;
	IS(CertificateExpired, "T51 a certificate before its time");
	ask.now = ask.call.time = ask.health.not_after;
	ask.health.attested_at = ask.now;
	IS(None, "at the end of its time");
	ask.now = ask.call.time = ask.health.not_after + 1;
	IS(CertificateExpired, "T51 and after it");
	ask.now = ask.call.time = ask.health.attested_at + 300;
	IS(None, "attested as long ago as a release allows");
	ask.now = ask.call.time = ask.health.attested_at + 301;
	IS(CertificateStale, "and a second longer");
	ask.health.attested_at = NOW + 1;
	IS(CertificateStale, "attested in the future");
}

static void
test_proof(void)
{
	uint8_t serial[16] = { 0x41, 2, 4 };
	uint8_t wrong[32] = { 1 };
	struct diag d = { 0 };

	ask.flip_mac = true;
	IS(RequestNotAuthentic, "T92 a MAC with one bit changed");
	ask.flip_body = true;
	IS(RequestNotAuthentic, "T92 a body changed after the proof");
	ask.shared = BYTES_OF_ARRAY(wrong);
	IS(RequestNotAuthentic, "T92 who has certificate and protector alone");
	CHECK(check(serial, &d) == REASON_RequestNotAuthentic,
	    "T53 another host's certificate with one's own release key");
	CHECK(strstr(d.text, "expected") == NULL && d.text[0] != '\0',
	    "T62 no expected value is told: %s", d.text);
	reset();
	ask.call.time = NOW - REQUEST_SKEW;
	IS(None, "a request as old as may be");
	ask.call.time = NOW - REQUEST_SKEW - 1;
	IS(RequestStale, "T92 and one that is older");
	ask.call.time = NOW + REQUEST_SKEW + 1;
	IS(RequestStale, "T92 one from the future");
}

static void
test_policy(void)
{
	world.epoch.floor = world.epoch.epoch = 13;
	IS(CertificateRevoked, "T54 a certificate of an older policy");
	world.epoch.epoch = 11;
	world.epoch.floor = 1;
	IS(CertificateRevoked,
	    "T101 a certificate of an epoch yet to come, "
	    "after an old backup");
	world.epoch.deny_before = ask.health.attested_at + 1;
	IS(CertificateRevoked, "T54 one issued before deny-before");
	world.epoch.deny_before = ask.health.attested_at;
	IS(None, "one issued right then");
	world.has_host = false;
	IS(UnauthorizedHost, "T101 a host that was removed since");
	world.host.host_id[0] ^= 1;
	IS(UnauthorizedHost, "a record that is not this host's");
	world.has_epoch = false;
	IS(InternalError, "without an epoch nothing is released");
}

static void
test_host_key(void)
{
	world.host.ak_public = buf_bytes(&other.ak_public);
	IS(AkMismatch, "T53 a certificate that names another AK");
	ask.asker.certify = buf_bytes(&other.certify);
	ask.asker.certify_signature = buf_bytes(&other.certify_sig);
	IS(QuoteSignature, "T55 a certify by another TPM");
	ask.asker.hk_public = buf_bytes(&other.hk_public);
	IS(HostKeyCertify, "T55 a host key that was not certified");
	key_p256_point(other.hk, ask.health.host_key);
	IS(HostKeyCertify, "T55 a certificate over another key");
	ask.health.reset_count++;
	IS(QuoteCounters, "T55 a certify of another boot");
	ask.health.restart_count++;
	IS(QuoteCounters, "T55 or after a resume");
	ask.asker.hk_public = buf_bytes(&good.ak_public);
	IS(HostKeyCertify, "T55 a key of another kind");
}

int
main(void)
{
	memset(shared, 0x11, sizeof(shared));
	memset(host_id, 0x77, sizeof(host_id));
	forge_init(&good);
	forge_init(&other);
	tpm_name(buf_bytes(&good.ak_public), ak_name);
	tpm_name(buf_bytes(&good.hk_public), hk_name);
	make_signer();
	reset();
	test_certificate();
	test_proof();
	test_policy();
	test_host_key();
	forge_free(&good);
	forge_free(&other);
	key_free(signer);
	key_free(stranger);
	buf_free(&signer_der);
	return t_done();
}
