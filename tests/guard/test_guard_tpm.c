/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-early and guard-tpm as they are started, on a real TPM: a test client
 * in guardd's place, a copy of this program in guard-vm's.
 */
#include <grp.h>
#include <sys/socket.h>

#include "rig.h"

#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "ipc/args.h"
#include "measure/pcr15.h"
#include "proto/guard.h"
#include "tpm/credential.h"
#include "tpm/public.h"
#include "tpm/quote_check.h"
#include "tpm/transcript.h"
#include "tpmdev/tpmdev.h"

#define STRANGER 61234

/* --- the part of guard-vm: passes requests on to guard-tpm --- */

static int
fake_guard_vm(int argc, char **argv)
{
	auto_buf struct buf in = BUF_INIT(CHANNEL_BODY_MAX + 64),
			    out = BUF_INIT(CHANNEL_BODY_MAX);
	struct frame f = FRAME_INIT;
	struct args args;
	int tpm, control, rc;
	struct diag d, unused;

	if (args_parse(argc, argv, &args, &d) < 0 ||
	    args_fd(&args, "tpm", &tpm, &d) < 0 ||
	    args_fd(&args, "control", &control, &d) < 0 ||
	    args_text(&args, "folder") == NULL)
		return 1;
	while (channel_receive(control, -1, &in, &f, &d) == 0) {
		buf_reset(&out);
		rc = channel_call(tpm, f.op, f.body, NULL, 0, TIMEOUT, &out,
		    NULL, &d);
		rc = rc == 0
		    ? channel_reply(control, &f, buf_bytes(&out), NULL, 0,
			  &unused)
		    : channel_reply_error(control, &f, rc, &d, &unused);
		if (rc < 0)
			return 1;
	}
	return 0;
}

/* Whether guard-tpm hangs up when this is asked on a channel like fd. */
static bool
hangs_up(int fd, uint16_t op, struct diag *d)
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	int rc = call(fd, op, BYTES_NONE, &out, d);

	(void)close(fd);
	return rc == ERR_NOT_FOUND || rc == ERR_IO;
}

/* --- tests --- */

static void
test_early(struct rig *r)
{
	struct pcr15_facts facts;
	uint8_t name[TPM_NAME_SIZE], *p;
	char path[256];
	struct diag d = { 0 };
	size_t n;

	CHECK(run_early(r) == 0 &&
		early_said(r, "the host key is recorded", &r->guard),
	    "guard-early records the host key and leaves");
	CHECK(early_said(r, "lock", NULL), "it says which lock holds");
	r->agent = connect_agent(r);
	r->storage = (struct buf)BUF_INIT(CHANNEL_BODY_MAX);
	CHECK(call(r->agent, GUARD_OP_IDENTITY, BYTES_NONE, &r->storage, &d) ==
		    0 &&
		fields_decode(&tpm_identity_fields, buf_bytes(&r->storage),
		    &r->identity, &d) == 0,
	    "guard-tpm tells the identity %s", d.text);
	CHECK(public_is_ek(r->identity.ek_public, &d) == 0 &&
		public_is_ak(r->identity.ak_public, &d) == 0 &&
		public_is_hk(r->identity.hk_public, &d) == 0 &&
		r->identity.ek_certificate.len > 500,
	    "its keys are of the templates %s", d.text);
	tpm_name(r->identity.hk_public, name);
	CHECK(pcr15_examine(r->identity.pcr15, &facts, &d) == 0 &&
		facts.recorded &&
		bytes_equal(BYTES_OF_ARRAY(facts.hk_name),
		    BYTES_OF_ARRAY(name)) &&
		bytes_all_zero(BYTES_OF_ARRAY(facts.lock_digest)),
	    "the record names the host key and no lock %s", d.text);
	path_of(path, r->root, "run/shieldwall/pcr15");
	p = t_read_file(path, &n);
	CHECK(bytes_equal(bytes_of(p, n), r->identity.pcr15),
	    "the record is published");
	free(p);
}

static void
test_again(struct rig *r)
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	struct diag d;

	CHECK(run_early(r) == 1 &&
		early_said(r, "PCR 15 already extended", NULL),
	    "T87 guard-early a second time in a boot: refused");
	CHECK(call(r->agent, GUARD_OP_IDENTITY, BYTES_NONE, &out, &d) == 0 &&
		bytes_equal(buf_bytes(&out), buf_bytes(&r->storage)),
	    "the first guard-tpm serves on %s", d.text);
}

/* A hexadecimal or decimal field of /proc/PID/status. */
static uint64_t
status_number(pid_t pid, const char *name, int base)
{
	char path[64], line[200];
	uint64_t value = UINT64_MAX;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		t_bail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name), NULL, base);
	fclose(f);
	return value;
}

static void
test_process(struct rig *r)
{
	/* SYS_MODULE SYS_RAWIO SYS_PTRACE SYS_BOOT SYS_TIME PERFMON BPF */
	const uint64_t gone = 1u << 16 | 1u << 17 | 1u << 19 | 1u << 22 |
	    1u << 25 | (uint64_t)1 << 38 | (uint64_t)1 << 39;

	CHECK(status_number(r->guard, "NoNewPrivs:", 10) == 1,
	    "guard-tpm gains no privileges");
#ifdef __SANITIZE_ADDRESS__
	t_skip("guard-tpm's locked memory: AddressSanitizer ignores mlockall");
#else
	CHECK(status_number(r->guard, "VmLck:", 10) > 1000,
	    "its memory is locked");
#endif
	CHECK((status_number(r->guard, "CapBnd:", 16) & gone) == 0 &&
		(status_number(r->guard, "CapEff:", 16) & gone) == 0,
	    "its capabilities are bounded");
}

/* Everything that guardd must not ask is answered by hanging up. */
static void
test_wrong_channel(struct rig *r)
{
	static const struct {
		uint16_t op;
		const char *name;
	} ops[] = {
		{ GUARD_OP_UNWRAP, "unwrap" },
		{ GUARD_OP_AUTHORISE, "authorise" },
		{ GUARD_OP_RECORD, "record" },
		{ GUARD_OP_VM_COMMAND, "a VM's command channel" },
		{ GUARD_OP_VM_RELAY, "a VM's relay channel" },
		{ 0x7777, "something unknown" },
	};
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		CHECK(hangs_up(connect_agent(r), ops[i].op, &d),
		    "T87 %s asked on guardd's channel: refused (%s)",
		    ops[i].name, d.text);
}

/* In another process: 0 if a user may ask for the identity. */
static int
ask_as(const struct rig *r, uid_t uid)
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	struct diag d;
	int status, fd = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(0, NULL) != 0 || setgid(uid) != 0 ||
		    setuid(uid) != 0)
			_exit(3);
		if (ctl_connect(r->socket, &fd, &d) < 0)
			_exit(2);
		_exit(call(fd, GUARD_OP_IDENTITY, BYTES_NONE, &out, &d) == 0
			? 0
			: 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		t_bail("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
test_stranger(struct rig *r)
{
	CHECK(ask_as(r, STRANGER) == 2,
	    "T87 a stranger cannot reach guard-tpm's socket");
	if (chmod(r->socket, 0666) != 0)
		t_bail("chmod");
	CHECK(ask_as(r, STRANGER) == 1,
	    "T87 a stranger who reaches it: refused");
	CHECK(ask_as(r, 65534) == 0, "guardd's user is answered");
	if (chmod(r->socket, 0660) != 0)
		t_bail("chmod");
}

/* The HGS's side of one attestation. */
struct exchange {
	struct attest_order order;
	struct credential credential;
	uint8_t secret[32];
	uint8_t transcript[32];
	uint8_t hk_point[65];
	struct buf storage;
	struct attest_evidence evidence;
};

static void
make_challenge(const struct rig *r, struct exchange *x)
{
	uint8_t seed[32], name[TPM_NAME_SIZE];
	struct diag d;

	random_bytes(x->secret, sizeof(x->secret));
	random_bytes(seed, sizeof(seed));
	tpm_name(r->identity.ak_public, name);
	if (credential_make(r->identity.ek_public, name,
		BYTES_OF_ARRAY(x->secret), BYTES_OF_ARRAY(seed), NULL,
		&x->credential, &d) < 0)
		t_bail("%s", d.text);
	x->order = (struct attest_order){
		.credential_blob =
		    bytes_of(x->credential.blob, x->credential.blob_len),
		.encrypted_secret =
		    bytes_of(x->credential.secret, x->credential.secret_len),
		.pcr_mask = PCR_MASK_DEFAULT,
	};
	random_bytes(x->order.nonce, 32);
	random_bytes(x->order.signer, 32);
	random_bytes(x->order.boot_log, 32);
}

static void
expected_transcript(const struct rig *r, struct exchange *x)
{
	struct transcript t = { .pcr_mask = x->order.pcr_mask };

	memcpy(t.signer, x->order.signer, 32);
	memcpy(t.nonce, x->order.nonce, 32);
	memcpy(t.boot_log, x->order.boot_log, 32);
	tpm_host_id(r->identity.ek_public, t.host_id);
	tpm_name(r->identity.ak_public, t.ak_name);
	tpm_name(r->identity.hk_public, t.hk_name);
	sha256(r->identity.pcr15, t.pcr15);
	if (transcript_digest(&t, x->transcript, NULL) < 0)
		t_bail("transcript");
}

static int
verify(const struct exchange *x, struct bytes pcr15, uint8_t *ret_hk_name,
    struct diag *d)
{
	const struct attest_evidence *e = &x->evidence;
	const struct bytes extra = BYTES_OF_ARRAY(x->transcript);
	const struct quote_evidence q = { e->ak_public, e->quote,
		e->quote_signature, extra, PCR_MASK_DEFAULT };
	const struct certify_evidence c = { e->ak_public, e->hk_public,
		e->certify, e->certify_signature, extra };
	struct pcr_values values = { 0 };
	struct pcr15_facts facts;
	struct quote_facts quote;
	int rc;

	*d = (struct diag){ 0 };
	if ((rc = pcr15_examine(pcr15, &facts, d)) < 0 ||
	    (rc = quote_verify(&q, &quote, d)) < 0)
		return rc;
	memcpy(values.v[15], facts.value, 32);
	if ((rc = quote_digest_check(&quote, &values, PCR_MASK_DEFAULT, d)) < 0)
		return rc;
	return certify_verify(&c, &quote, ret_hk_name, d);
}

static void
attest(struct rig *r, struct exchange *x)
{
	uint8_t name[TPM_NAME_SIZE];
	struct diag d = { 0 };

	*x = (struct exchange){ .storage = BUF_INIT(CHANNEL_BODY_MAX) };
	make_challenge(r, x);
	expected_transcript(r, x);
	CHECK(ask(r->agent, GUARD_OP_ATTEST, &attest_order_fields, &x->order,
		  &x->storage, &d) == 0 &&
		fields_decode(&attest_evidence_fields, buf_bytes(&x->storage),
		    &x->evidence, &d) == 0,
	    "guard-tpm attests %s", d.text);
	CHECK(bytes_equal(x->evidence.activation, BYTES_OF_ARRAY(x->secret)),
	    "the credential is activated");
	CHECK(verify(x, x->evidence.pcr15, name, &d) == 0,
	    "the verifier accepts quote, PCR 15 record and host key %s",
	    d.text);
	if (public_point(x->evidence.hk_public, x->hk_point, &d) < 0)
		t_bail("%s", d.text);
}

static int
send_attested(struct rig *r, const struct exchange *x, struct bytes info,
    struct bytes key, struct diag *d)
{
	auto_buf struct buf sealed = BUF_INIT(SEALED_LIMIT),
			    out = BUF_INIT(CHANNEL_BODY_MAX);
	struct attested a = { .certificate = bytes_of_text("certificate") };

	if (hpke_seal(x->hk_point, info, BYTES_NONE, key, &sealed, d) < 0)
		t_bail("%s", d->text);
	a.sealed = buf_bytes(&sealed);
	return ask(r->agent, GUARD_OP_ATTESTED, &attested_fields, &a, &out, d);
}

static void
test_attested(struct rig *r, const struct exchange *x,
    const uint8_t release_key[static 32])
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	uint8_t other[32] = { 1 };
	struct asker asker;
	struct diag d;

	CHECK(call(r->agent, GUARD_OP_HEALTH, BYTES_NONE, &out, &d) == 0 &&
		out.len == 0,
	    "the host is not guarded yet %s", d.text);
	CHECK(send_attested(r, x, BYTES_OF_ARRAY(other),
		  bytes_of(release_key, 32), &d) < 0,
	    "T56 a release key of another exchange: refused (%s)", d.text);
	CHECK(send_attested(r, x, BYTES_OF_ARRAY(x->transcript),
		  bytes_of(release_key, 31), &d) < 0,
	    "a release key of another length: refused (%s)", d.text);
	CHECK(send_attested(r, x, BYTES_OF_ARRAY(x->transcript),
		  bytes_of(release_key, 32), &d) == 0,
	    "the release key is taken %s", d.text);
	CHECK(send_attested(r, x, BYTES_OF_ARRAY(x->transcript),
		  bytes_of(release_key, 32), &d) < 0,
	    "T56 the same answer again: refused (%s)", d.text);
	CHECK(call(r->agent, GUARD_OP_HEALTH, BYTES_NONE, &out, &d) == 0 &&
		fields_decode(&asker_fields, buf_bytes(&out), &asker, &d) ==
		    0 &&
		bytes_equal(asker.hk_public, x->evidence.hk_public) &&
		bytes_equal(asker.certify, x->evidence.certify),
	    "the host is guarded %s", d.text);
}

/* guardd's end of the command channel of a new VM; -1. */
static int
start_vm(struct rig *r, const char *name, const char *folder, pid_t *ret_pid,
    struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(4096), out = BUF_INIT(4096);
	const struct vm_start in = { bytes_of_text(name),
		bytes_of_text(folder) };
	int control[2], relay[2], fds[2], rc;
	struct vm_started started;

	*d = (struct diag){ 0 };
	if (channel_pair(control, d) < 0 || channel_pair(relay, d) < 0 ||
	    fields_encode(&vm_start_fields, &in, &body, d) < 0)
		t_bail("%s", d->text);
	fds[0] = control[1];
	fds[1] = relay[1];
	rc = channel_call(r->agent, GUARD_OP_VM_START, buf_bytes(&body), fds, 2,
	    TIMEOUT, &out, NULL, d);
	(void)close(control[1]);
	(void)close(relay[1]);
	(void)close(relay[0]);
	if (rc == 0 &&
	    fields_decode(&vm_started_fields, buf_bytes(&out), &started, d) ==
		0) {
		*ret_pid = (pid_t)started.pid;
		return control[0];
	}
	(void)close(control[0]);
	return -1;
}

static int
authorise_for(int vm, uint8_t whose, const char *path,
    const uint8_t body[static 32], struct authorised *ret, struct diag *d)
{
	auto_buf struct buf out = BUF_INIT(4096);
	struct authorise in = { .path = bytes_of_text(path) };
	int rc;

	memcpy(in.body, body, 32);
	memset(in.vm, whose, sizeof(in.vm));
	if ((rc = ask(vm, GUARD_OP_AUTHORISE, &authorise_fields, &in, &out,
		 d)) < 0)
		return rc;
	return fields_decode(&authorised_fields, buf_bytes(&out), ret, d);
}

static int
authorise(int vm, const char *path, const uint8_t body[static 32],
    struct authorised *ret, struct diag *d)
{
	return authorise_for(vm, 1, path, body, ret, d);
}

/* The HGS's check of Shieldwall-Mac. */
static bool
mac_fits(const struct authorised *a, const char *path,
    const uint8_t body[static 32], const uint8_t key[static 32])
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct request_proof p = { .label = bytes_of_text(REQUEST_LABEL),
		.method = bytes_of_text("POST"),
		.path = bytes_of_text(path),
		.time = a->time };
	uint8_t mac[32];
	struct bytes text;

	memcpy(p.request, a->request, 16);
	memcpy(p.body, body, 32);
	if (fields_encode(&request_proof_fields, &p, &b, NULL) < 0)
		t_bail("proof");
	text = buf_bytes(&b);
	hmac_sha256(bytes_of(key, 32), &text, 1, mac);
	return bytes_equal(BYTES_OF_ARRAY(mac), BYTES_OF_ARRAY(a->mac));
}

static void
seal_release(const struct exchange *x, const uint8_t mac[static 32],
    const uint8_t body[static 32], struct buf *ret)
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct release_info info = { .label = bytes_of_text(RELEASE_LABEL) };
	uint8_t digest[32];

	memcpy(info.mac, mac, 32);
	memcpy(info.body, body, 32);
	if (fields_encode(&release_info_fields, &info, &b, NULL) < 0)
		t_bail("info");
	sha256(buf_bytes(&b), digest);
	if (hpke_seal(x->hk_point, BYTES_OF_ARRAY(digest), BYTES_NONE,
		bytes_of_text("two transport keys"), ret, NULL) < 0)
		t_bail("seal");
}

static int
unwrap(int vm, const uint8_t mac[static 32], const uint8_t body[static 32],
    struct bytes sealed, struct buf *ret, struct diag *d)
{
	struct unwrap in = { .sealed = sealed };

	memcpy(in.mac, mac, 32);
	memcpy(in.body, body, 32);
	return ask(vm, GUARD_OP_UNWRAP, &unwrap_fields, &in, ret, d);
}

static void
test_release(struct rig *r, const struct exchange *x, int vm,
    const uint8_t key[static 32])
{
	auto_buf struct buf sealed = BUF_INIT(SEALED_LIMIT),
			    out = BUF_INIT(CHANNEL_BODY_MAX);
	struct authorised a, b;
	uint8_t body[32] = { 7 }, never[32] = { 9 };
	pid_t pid = 0;
	struct diag d;
	int other;

	CHECK(authorise(vm, PATH_ROLL, body, &a, &d) == 0 &&
		mac_fits(&a, PATH_ROLL, body, key),
	    "a child's request carries the release key's proof %s", d.text);
	CHECK(authorise(vm, PATH_ROLL, body, &b, &d) == 0 &&
		!bytes_equal(BYTES_OF_ARRAY(a.request),
		    BYTES_OF_ARRAY(b.request)),
	    "T92 each request has an id of its own");
	CHECK(authorise(vm, "/Attestation/v1/attest", body, &b, &d) < 0,
	    "a path outside the key service: refused (%s)", d.text);
	seal_release(x, a.mac, body, &sealed);
	CHECK(unwrap(vm, a.mac, body, buf_bytes(&sealed), &out, &d) == 0 &&
		bytes_equal_text(buf_bytes(&out), "two transport keys"),
	    "the child unwraps the release %s", d.text);
	CHECK(unwrap(vm, never, body, buf_bytes(&sealed), &out, &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_RequestNotAuthentic,
	    "T56 a release to a request never made: refused (%s)", d.text);
	sealed.p[sealed.len - 1] ^= 1;
	CHECK(unwrap(vm, a.mac, body, buf_bytes(&sealed), &out, &d) < 0,
	    "T56 an altered release: refused (%s)", d.text);
	sealed.p[sealed.len - 1] ^= 1;

	other = start_vm(r, "other", "/var/lib/shieldwall/vms/other", &pid, &d);
	CHECK(other >= 0 &&
		unwrap(other, a.mac, body, buf_bytes(&sealed), &out, &d) ==
		    ERR_REFUSED,
	    "T87 another VM's guard-vm with this release: refused (%s)",
	    d.text);
	CHECK(hangs_up(other, GUARD_OP_ATTEST, &d),
	    "T87 attest asked on a guard-vm's channel: refused (%s)", d.text);
}

/* A copy of the folder, started while the VM runs from the original. */
static void
test_copy(struct rig *r, int vm)
{
	uint8_t body[32] = { 7 };
	struct authorised a;
	pid_t pid = 0;
	struct diag d;
	int copy =
	    start_vm(r, "copy", "/var/lib/shieldwall/vms/copy", &pid, &d);

	CHECK(copy >= 0 &&
		authorise_for(copy, 1, PATH_ROLL, body, &a, &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_VmRunning,
	    "T79 the VM that runs, under another name: refused (%s)", d.text);
	CHECK(authorise_for(copy, 2, PATH_ROLL, body, &a, &d) == 0 &&
		authorise_for(vm, 1, PATH_CONFIRM, body, &a, &d) == 0,
	    "another VM beside it is served, and so is the first %s", d.text);
	CHECK(authorise_for(vm, 2, PATH_ROLL, body, &a, &d) == ERR_REFUSED,
	    "T79 a guard-vm that changes its VM for one that runs: refused");
	(void)close(copy);
	for (int i = 0;
	     i < 100 && authorise_for(vm, 2, PATH_ROLL, body, &a, &d) != 0; i++)
		(void)usleep(20000);
	CHECK(authorise_for(vm, 2, PATH_ROLL, body, &a, &d) == 0,
	    "a VM whose guard-vm ended is free again %s", d.text);
}

/* Our own encoder would not write such a name. */
static void
test_path_name(struct rig *r)
{
	auto_buf struct buf body = BUF_INIT(256), out = BUF_INIT(4096);
	struct diag d;

	buf_put_be32_blob(&body, bytes_of_text("../vm2"));
	buf_put_be32_blob(&body, bytes_of_text("/v"));
	CHECK(call(r->agent, GUARD_OP_VM_START, buf_bytes(&body), &out, &d) < 0,
	    "T60 a name that is a path: refused (%s)", d.text);
}

static int
adopt(struct rig *r, uint32_t slot, size_t n_fds, struct buf *storage,
    struct vm_adopted *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(64);
	const struct vm_adopt in = { slot };
	int fds[2], rc;

	*d = (struct diag){ 0 };
	buf_reset(storage);
	if (channel_pair(fds, d) < 0 ||
	    fields_encode(&vm_adopt_fields, &in, &body, d) < 0)
		t_bail("%s", d->text);
	rc = channel_call(r->agent, GUARD_OP_VM_ADOPT, buf_bytes(&body), fds,
	    n_fds, TIMEOUT, storage, NULL, d);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return rc < 0
	    ? rc
	    : fields_decode(&vm_adopted_fields, buf_bytes(storage), ret, d);
}

/* A guardd that is new finds what runs, and what it leaves is taken once. */
static void
test_adopt(struct rig *r, int vm, pid_t pid)
{
	auto_buf struct buf storage = BUF_INIT(4096);
	struct vm_adopted found;
	struct diag d;

	CHECK(adopt(r, 0, 2, &storage, &found, &d) == 0 &&
		found.pid == (uint32_t)pid &&
		bytes_equal_text(found.name, "vm1") && found.slots > 1,
	    "a new guardd finds the VM that runs %s", d.text);
	CHECK(adopt(r, 1, 2, &storage, &found, &d) == 0 && found.pid == 0 &&
		found.name.len == 0,
	    "and no other %s", d.text);
	CHECK(adopt(r, found.slots, 2, &storage, &found, &d) == ERR_PROTOCOL,
	    "a slot that does not exist: refused (%s)", d.text);
	CHECK(adopt(r, 0, 1, &storage, &found, &d) == ERR_PROTOCOL,
	    "one descriptor instead of two: refused (%s)", d.text);
	CHECK(call(vm, GUARD_OP_VM_RELAY, BYTES_NONE, &storage, &d) == 0 &&
		call(vm, GUARD_OP_VM_COMMAND, BYTES_NONE, &storage, &d) == 0,
	    "its guard-vm may ask for them %s", d.text);
}

static void
test_vm(struct rig *r, const struct exchange *x)
{
	uint8_t release_key[32], body[32] = { 7 };
	struct authorised a;
	pid_t pid = 0, again = 0;
	struct diag d;
	int vm, fd, i;

	random_bytes(release_key, sizeof(release_key));
	vm = start_vm(r, "vm1", "/var/lib/shieldwall/vms/vm1", &pid, &d);
	CHECK(vm >= 0, "guard-vm is started %s", d.text);
	CHECK(authorise(vm, PATH_ROLL, body, &a, &d) == ERR_REFUSED &&
		d.reason == REASON_HostNotGuarded,
	    "nothing is authorised before the attestation: refused (%s)",
	    d.text);
	CHECK(start_vm(r, "vm1", "/v", &again, &d) < 0 &&
		d.reason == REASON_VmRunning,
	    "T79 the same VM twice: refused (%s)", d.text);
	CHECK(start_vm(r, "vm2", "/var/../etc", &again, &d) < 0,
	    "T60 a folder with ..: refused (%s)", d.text);
	test_path_name(r);
	test_adopt(r, vm, pid);
	test_attested(r, x, release_key);
	test_release(r, x, vm, release_key);
	test_copy(r, vm);
	(void)close(vm);
	for (i = 0; i < 100; i++) {
		fd = start_vm(r, "vm1", "/v", &again, &d);
		if (fd >= 0)
			break;
		(void)usleep(20000);
	}
	CHECK(fd >= 0 && again != pid, "a VM that ended is started anew %s",
	    d.text);
	(void)close(fd);
}

/* Root has the TPM too: same AK, but never this host key's record. */
static void
test_root(struct rig *r)
{
	auto_secret struct secret unique = SECRET_NONE, auth = SECRET_NONE;
	struct exchange x = { .storage = BUF_INIT(CHANNEL_BODY_MAX) };
	auto_tpmdev struct tpmdev *t = NULL;
	struct tpmdev_key ek, ak, hk;
	struct pcr15_facts facts;
	uint8_t name[TPM_NAME_SIZE], digest[32] = { 3 };
	struct diag d = { 0 };

	if (secret_alloc(&unique, 64, &d) < 0 ||
	    secret_alloc(&auth, 32, &d) < 0 ||
	    tpmdev_open(r->tpm.tcti, &t, &d) < 0 || tpmdev_ek(t, &ek, &d) < 0 ||
	    tpmdev_ak(t, &ak, &d) < 0 ||
	    tpmdev_hk_create(t, &ek, &unique, &auth, &hk, &d) < 0)
		t_bail("%s", d.text);
	tpm_name(tpmdev_key_public(&hk), name);
	CHECK(bytes_equal(tpmdev_key_public(&ak), r->identity.ak_public) &&
		pcr15_examine(r->identity.pcr15, &facts, &d) == 0 &&
		!bytes_equal(BYTES_OF_ARRAY(facts.hk_name),
		    BYTES_OF_ARRAY(name)),
	    "T87 root's own host key is not the recorded one: refused");
	CHECK(tpmdev_pcr_extend(t, 15, digest, &d) == 0,
	    "root extends PCR 15 %s", d.text);
	tpmdev_key_flush(&hk);
	tpmdev_key_flush(&ak);
	tpmdev_key_flush(&ek);
	tpmdev_close(t);
	t = NULL;

	make_challenge(r, &x);
	expected_transcript(r, &x);
	CHECK(ask(r->agent, GUARD_OP_ATTEST, &attest_order_fields, &x.order,
		  &x.storage, &d) == 0 &&
		fields_decode(&attest_evidence_fields, buf_bytes(&x.storage),
		    &x.evidence, &d) == 0 &&
		verify(&x, x.evidence.pcr15, name, &d) == ERR_REFUSED &&
		d.reason == REASON_QuoteDigest,
	    "T87 a second extend of PCR 15: refused (%s)", d.text);
	buf_free(&x.storage);
}

static void
end_guard(struct rig *r)
{
	int i;

	(void)close(r->agent);
	(void)kill(r->guard, SIGTERM);
	for (i = 0; i < 250 && kill(r->guard, 0) == 0; i++)
		(void)usleep(20000);
	running = 0;
}

static void
test_next_boot(struct rig *r)
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	struct tpm_identity now;
	struct diag d;

	end_guard(r);
	CHECK(run_early(r) == 1 &&
		early_said(r, "PCR 15 already extended", NULL),
	    "T87 guard-tpm died: the host stays unguarded in this boot");
	swtpm_stop(&r->tpm);
	swtpm_start(&r->tpm);
	CHECK(run_early(r) == 0 &&
		early_said(r, "the host key is recorded", &r->guard),
	    "the next boot guards it again");
	r->agent = connect_agent(r);
	CHECK(call(r->agent, GUARD_OP_IDENTITY, BYTES_NONE, &out, &d) == 0 &&
		fields_decode(&tpm_identity_fields, buf_bytes(&out), &now,
		    &d) == 0 &&
		bytes_equal(now.ak_public, r->identity.ak_public) &&
		!bytes_equal(now.hk_public, r->identity.hk_public),
	    "with the same AK and another host key %s", d.text);
	end_guard(r);
	swtpm_stop(&r->tpm);
	CHECK(run_early(r) == 1 && early_said(r, "cannot open the TPM", NULL),
	    "without a TPM guard-early refuses");
}

static void
test_alone(struct rig *r)
{
	char program[256];
	const char *const argv[] = { program, NULL };

	path_of(program, r->bin, "guard-tpm");
	CHECK(swtpm_run(&r->tpm, "alone", argv) == 1,
	    "T87 guard-tpm started by a stranger: refused");
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	struct exchange x;
	struct rig r = { 0 };

	if (strcmp(name == NULL ? argv[0] : name + 1, "guard-vm") == 0)
		return fake_guard_vm(argc, argv);
	if (geteuid() != 0) {
		t_skip("guard-tpm: starts as root");
		return t_done();
	}
	(void)atexit(end_running);
	make_rig(&r);
	test_alone(&r);
	test_early(&r);
	test_again(&r);
	test_process(&r);
	test_wrong_channel(&r);
	test_stranger(&r);
	attest(&r, &x);
	test_vm(&r, &x);
	test_root(&r);
	test_next_boot(&r);
	buf_free(&x.storage);
	buf_free(&r.storage);
	swtpm_remove(&r.tpm);
	return t_done();
}
