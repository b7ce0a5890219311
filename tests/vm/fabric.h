/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far ends of guard-vm's three channels, in one process: guardd, guard-tpm
 * and an HGS that judges by the product's own rules (hgs/key/life.h,
 * protector/), and that can be told to lose, swap or refuse. There is no TPM
 * here: what the host key would open is handed back by its digest.
 */
#ifndef TESTS_VM_FABRIC_H
#define TESTS_VM_FABRIC_H

#include "t.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "guardian/guardian.h"
#include "hgs/key/life.h"
#include "ipc/channel.h"
#include "protector/ticket.h"
#include "proto/guard.h"
#include "json/json.h"

#define STEP_MAX 128

#define CERTIFICATE       "certificate"
#define NEWER_CERTIFICATE "newer certificate"

enum fault {
	NO_FAULT,
	LOSE_ROLL,      /* the HGS did it, the reply never comes */
	LOSE_CONFIRM,   /* the same */
	REPLAY_ROLL,    /* guardd answers with the roll before */
	SWAP_CORE,      /* that one's core with this one's release */
	REFUSE_ROLL,    /* ProtectorSuperseded, once */
	REFUSE_CONFIRM, /* ProtectorSuperseded */
	UNSURE_CONFIRM, /* the HGS did it and answers 503, then REVOKED */
	REVOKED,        /* a confirm: CertificateRevoked */
	GUARDD_SILENT,  /* 503 */
	GUARDD_MUTE,    /* no answer at all to what is for the HGS */
	REATTESTED,     /* at the proof: the certificate before is refused */
	NOT_AUTHENTIC   /* whatever the certificate */
};

struct roll_made {
	struct buf core;
	struct buf release; /* plaintext */
	uint8_t id[32];
};

struct fabric {
	const char *program, *root, *name;
	bool local; /* guard-vm is started in that mode */
	struct key *sign, *enc;
	struct guardian_file guardian;

	struct vm_record vm;
	bool known;
	uint32_t lease;
	unsigned n_confirms, n_rolls, n_refused, n_attests;
	const char *certificate;
	struct roll_made now, before;
	enum fault fault;

	int ask_fd; /* goes along with the next request; 0: none */

	pid_t pid; /* guard-vm; 0: none */
	int tpm_fd, control_fd, relay_fd;
	int exit_status;
	const char *kill_at; /* a step: SIGKILL when it is announced */
	unsigned kill_ms;    /* or so long after guard-vm went on */
	const char *hold_at; /* a step: goes on after hold_ms */
	unsigned hold_ms;
	void (*on_hold)(void *arg); /* meanwhile; NULL: nothing */
	void *on_hold_arg;
	enum fault hold_fault; /* from then on */

	/* Last event. */
	uint8_t phase;
	char step[STEP_MAX], reason[64], text[DIAG_TEXT_MAX];
	bool unclean;
	uint32_t qemu;
};

static struct diag fd_;
#define NEED(call)                                                         \
	do {                                                               \
		if ((call) < 0)                                            \
			t_bail("%s:%d: %s", __FILE__, __LINE__, fd_.text); \
	} while (0)

static inline void
copy_text(struct bytes from, char *to, size_t size)
{
	size_t n = from.len < size ? from.len : size - 1;

	if (n > 0)
		memcpy(to, from.p, n);
	to[n] = '\0';
}

static inline void
fabric_keys(struct fabric *f, const char *file, const char *passphrase_file)
{
	auto_buf struct buf b = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	auto_secret struct secret p = SECRET_NONE;
	auto_close int fd = open(passphrase_file, O_RDONLY | O_CLOEXEC);

	NEED(file_read(AT_FDCWD, file, GUARDIAN_PRIVATE_MAX, &b, &fd_));
	NEED(file_read_passphrase(fd, passphrase_file, &p, &fd_));
	NEED(guardian_private_open(buf_bytes(&b), secret_bytes(&p),
	    &f->guardian, &f->sign, &f->enc, &fd_));
}

/* Nothing is started yet, and the HGS knows of no VM. */
static inline struct fabric
fabric_of(const char *root, const char *name, const char *program)
{
	return (struct fabric){ .root = root,
		.name = name,
		.program = program,
		.lease = 600,
		.certificate = CERTIFICATE,
		.tpm_fd = -1,
		.control_fd = -1,
		.relay_fd = -1 };
}

static inline void
fabric_start(struct fabric *f)
{
	int tpm[2], control[2], relay[2], mine[3];
	char fds[3][24], name[80], folder[600], root[300];

	NEED(channel_pair(tpm, &fd_));
	NEED(channel_pair(control, &fd_));
	NEED(channel_pair(relay, &fd_));
	mine[0] = tpm[1];
	mine[1] = control[1];
	mine[2] = relay[1];
	(void)snprintf(fds[0], sizeof(fds[0]), "tpm=%d", tpm[1]);
	(void)snprintf(fds[1], sizeof(fds[1]), "control=%d", control[1]);
	(void)snprintf(fds[2], sizeof(fds[2]), "relay=%d", relay[1]);
	(void)snprintf(name, sizeof(name), "name=%s", f->name);
	(void)snprintf(folder, sizeof(folder),
	    "folder=%s/var/lib/shieldwall/vms/%s", f->root, f->name);
	(void)snprintf(root, sizeof(root), "root=%s", f->root);
	close_p(&f->control_fd);
	f->phase = 0;
	f->step[0] = f->reason[0] = f->text[0] = '\0';
	f->pid = fork();
	if (f->pid == 0) {
		for (int i = 0; i < 3; i++)
			(void)fcntl(mine[i], F_SETFD, 0);
		(void)execl(f->program, "guard-vm", "--fd", fds[0], "--fd",
		    fds[1], "--fd", fds[2], "--set", name, "--set", folder,
		    "--set", root, f->local ? "--set" : (char *)NULL,
		    "mode=local", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 3; i++)
		(void)close(mine[i]);
	f->tpm_fd = tpm[0];
	f->control_fd = control[0];
	f->relay_fd = relay[0];
}

/* What comes after guard-vm's end: channels closed, status known. */
static inline void
fabric_collect(struct fabric *f)
{
	int status;

	if (waitpid(f->pid, &status, 0) == f->pid)
		f->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	f->pid = 0;
	close_p(&f->tpm_fd);
	close_p(&f->relay_fd);
	/* The last answer may still be in the third. */
}

static inline void
fabric_kill(struct fabric *f)
{
	/* 0 would be this process and all of its group. */
	if (f->pid == 0)
		return;
	(void)kill(f->pid, SIGKILL);
	fabric_collect(f);
}

static inline void
on_tpm(struct fabric *f, const struct frame *in, struct buf *out)
{
	struct asker asker = { bytes_of_text(f->certificate),
		bytes_of_text("key"), bytes_of_text("certify"),
		bytes_of_text("signature") };
	struct authorised proof = { .time = 1 };
	struct authorise q;
	struct unwrap u;

	switch (in->op) {
	case GUARD_OP_HEALTH:
		NEED(fields_encode(&asker_fields, &asker, out, &fd_));
		break;
	case GUARD_OP_AUTHORISE:
		NEED(fields_decode(&authorise_fields, in->body, &q, &fd_));
		memcpy(proof.mac, q.body, sizeof(proof.mac));
		if (f->fault == REATTESTED)
			f->certificate = NEWER_CERTIFICATE;
		NEED(fields_encode(&authorised_fields, &proof, out, &fd_));
		break;
	case GUARD_OP_UNWRAP:
		NEED(fields_decode(&unwrap_fields, in->body, &u, &fd_));
		if (bytes_equal(u.sealed, BYTES_OF_ARRAY(f->now.id)))
			(void)buf_put(out, buf_bytes(&f->now.release));
		else if (bytes_equal(u.sealed, BYTES_OF_ARRAY(f->before.id)))
			(void)buf_put(out, buf_bytes(&f->before.release));
		break;
	default:
		t_bail("guard-vm asks guard-tpm for %u", in->op);
	}
}

static inline void
put_refusal(enum reason reason, struct relayed *ret, struct buf *storage)
{
	struct wire_error e = { .code = bytes_of_text(reason_name(reason)),
		.message = bytes_of_text("because the test says so") };

	ret->http = (uint16_t)reason_http(reason);
	NEED(json_encode(&wire_error_fields, &e, storage, &fd_));
	ret->body = buf_bytes(storage);
}

/* Whether the proof is by another key than this certificate's. */
static inline bool
not_authentic(struct fabric *f, const struct asker *asker, struct relayed *ret,
    struct buf *storage)
{
	if (f->fault != NOT_AUTHENTIC &&
	    (f->fault != REATTESTED ||
		bytes_equal_text(asker->certificate, NEWER_CERTIFICATE)))
		return false;
	f->n_refused++;
	put_refusal(REASON_RequestNotAuthentic, ret, storage);
	return true;
}

static inline void
make_roll(struct fabric *f, const struct core *old, const uint8_t *request,
    struct bytes ingress)
{
	struct release rel = { .version = 1 };
	struct wrap_random random;
	struct core_new n = { .tk = BYTES_OF_ARRAY(rel.new_tk),
		.random = &random,
		.signer = f->sign };
	auto_secret struct secret tk = SECRET_NONE;

	buf_free(&f->before.core);
	buf_free(&f->before.release);
	f->before = f->now;
	f->now = (struct roll_made){ .core = BUF_INIT(CORE_LIMIT),
		.release = BUF_INIT(1024) };
	NEED(core_find(old, f->guardian.g.enc_cert, &n.signer_index, &fd_));
	NEED(core_open(old, f->enc, n.signer_index, &tk, &fd_));
	random_bytes((uint8_t *)&random, sizeof(random));
	random_bytes(rel.new_tk, sizeof(rel.new_tk));
	NEED(core_roll(old, secret_bytes(&tk), &n, &f->now.core, &fd_));
	memcpy(rel.old_tk, tk.p, sizeof(rel.old_tk));
	memcpy(rel.request, request, sizeof(rel.request));
	memcpy(rel.grant, old->grant->digest, sizeof(rel.grant));
	sha256(ingress, rel.ingress);
	sha256(buf_bytes(&f->now.core), rel.egress);
	NEED(fields_encode(&release_fields, &rel, &f->now.release, &fd_));
	sha256(buf_bytes(&f->now.release), f->now.id);
}

/* As hgs-key does, but for tickets that were used before. */
static inline bool
take_ticket(const struct roll_request *q, struct life_ask *ask, struct diag *d)
{
	const struct core *c = ask->core;
	struct ticket_want want = { c->grant, c->seal.vm_id, c->seal_digest,
		ask->host_id, ask->now };
	struct ticket t;

	ask->restore = q->ticket.len != 0;
	return !ask->restore ||
	    ticket_verify(q->ticket, &want, &t, d) == ERR_OK;
}

static inline void
on_roll(struct fabric *f, struct bytes json, struct relayed *ret,
    struct buf *storage)
{
	static const uint8_t host[32] = { 7 };
	auto_json_doc struct json_doc *doc = NULL;
	auto_buf struct buf message = BUF_INIT(CHANNEL_BODY_MAX);
	auto_core struct core *old = NULL, *made = NULL;
	struct life_ask ask = { .host_id = host, .now = 1000 };
	struct roll_request q;
	struct roll_reply reply = { .version = 1, .lease = f->lease };
	uint8_t digest[32];
	struct diag d = { 0 };

	NEED(json_decode(json, &roll_request_fields, &q, &doc, &fd_));
	if (not_authentic(f, &q.asker, ret, storage))
		return;
	NEED(fields_encode(&roll_request_fields, &q, &message, &fd_));
	sha256(buf_bytes(&message), digest);
	NEED(core_parse(q.core, NULL, &old, &fd_));
	ask.core = old;
	f->n_rolls++;
	if (f->fault == REFUSE_ROLL || !take_ticket(&q, &ask, &d) ||
	    life_admit(&f->vm, f->known, &ask, &d) < 0) {
		put_refusal(f->fault == REFUSE_ROLL ? REASON_ProtectorSuperseded
						    : d.reason,
		    ret, storage);
		if (f->fault == REFUSE_ROLL)
			f->fault = NO_FAULT;
		return;
	}
	reply.known = f->known;
	f->known = true;
	make_roll(f, old, digest, q.core);
	NEED(core_parse(buf_bytes(&f->now.core), NULL, &made, &fd_));
	life_offer(&f->vm, made->seal_digest, &ask);
	reply.core = buf_bytes(f->fault == REPLAY_ROLL || f->fault == SWAP_CORE
		? &f->before.core
		: &f->now.core);
	reply.sealed = f->fault == REPLAY_ROLL ? BYTES_OF_ARRAY(f->before.id)
					       : BYTES_OF_ARRAY(f->now.id);
	NEED(json_encode(&roll_reply_fields, &reply, storage, &fd_));
	*ret = (struct relayed){ 200, buf_bytes(storage) };
}

static inline void
on_notice(struct fabric *f, bool stopped, struct bytes json,
    struct relayed *ret, struct buf *storage)
{
	static const uint8_t host[32] = { 7 };
	auto_json_doc struct json_doc *doc = NULL;
	auto_core struct core *core = NULL;
	struct life_ask ask = { .host_id = host, .now = 1000 };
	struct seal_notice_reply reply = { 1, f->lease };
	struct seal_notice q;
	struct diag d = { 0 };
	int r;

	NEED(json_decode(json, &seal_notice_fields, &q, &doc, &fd_));
	if (not_authentic(f, &q.asker, ret, storage))
		return;
	NEED(core_parse(q.core, NULL, &core, &fd_));
	ask.core = core;
	if (!stopped && f->fault == REFUSE_CONFIRM) {
		put_refusal(REASON_ProtectorSuperseded, ret, storage);
		return;
	}
	if (!stopped && f->fault == REVOKED) {
		put_refusal(REASON_CertificateRevoked, ret, storage);
		return;
	}
	r = stopped ? life_stopped(&f->vm, &ask, q.clean, &d)
		    : life_confirm(&f->vm, &ask, f->lease, &d);
	if (r < 0) {
		put_refusal(d.reason, ret, storage);
		return;
	}
	f->n_confirms += stopped ? 0 : 1;
	if (!stopped && f->fault == UNSURE_CONFIRM) {
		f->fault = REVOKED;
		put_refusal(REASON_TransientError, ret, storage);
		return;
	}
	NEED(json_encode(&seal_notice_reply_fields, &reply, storage, &fd_));
	*ret = (struct relayed){ 200, buf_bytes(storage) };
}

/* False: the answer is lost, and guard-vm with it. */
static inline bool
on_relay(struct fabric *f, const struct frame *in, struct buf *out)
{
	auto_buf struct buf storage = BUF_INIT(RELAY_BODY_MAX);
	bool roll, confirm;
	struct relayed ret = { 0 };
	struct relay q;

	NEED(fields_decode(&relay_fields, in->body, &q, &fd_));
	roll = bytes_equal_text(q.path, PATH_ROLL);
	confirm = bytes_equal_text(q.path, PATH_CONFIRM);
	if (f->fault == GUARDD_SILENT)
		put_refusal(REASON_TransientError, &ret, &storage);
	else if (roll)
		on_roll(f, q.body, &ret, &storage);
	else if (confirm || bytes_equal_text(q.path, PATH_STOPPED))
		on_notice(f, !confirm, q.body, &ret, &storage);
	else
		t_bail("guard-vm asks for an unknown path");
	NEED(fields_encode(&relayed_fields, &ret, out, &fd_));
	return !(roll && f->fault == LOSE_ROLL) &&
	    !(confirm && f->fault == LOSE_CONFIRM);
}

/* False: it is killed at this step. */
static inline bool
on_vm_event(struct fabric *f, struct bytes body)
{
	struct vm_status s;

	NEED(fields_decode(&vm_status_fields, body, &s, &fd_));
	f->phase = s.phase;
	f->unclean = s.unclean;
	f->qemu = s.pid;
	copy_text(s.step, f->step, sizeof(f->step));
	copy_text(s.reason, f->reason, sizeof(f->reason));
	copy_text(s.text, f->text, sizeof(f->text));
	if (f->hold_at != NULL && strcmp(f->hold_at, f->step) == 0) {
		f->hold_at = NULL;
		f->fault = f->hold_fault;
		(void)usleep(f->hold_ms * 1000);
		if (f->on_hold != NULL)
			f->on_hold(f->on_hold_arg);
	}
	return f->kill_at == NULL || f->kill_ms != 0 ||
	    strcmp(f->kill_at, f->step) != 0;
}

/* One request of guard-vm's. False when guard-vm is gone. */
static inline bool
fabric_answer(struct fabric *f, int fd)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	auto_frame struct frame in = FRAME_INIT;
	bool go_on = true;

	if (channel_receive(fd, 0, &storage, &in, &fd_) < 0) {
		fabric_collect(f);
		return false;
	}
	if (f->fault == GUARDD_MUTE && in.op == GUARD_OP_RELAY)
		return true;
	if (fd == f->tpm_fd)
		on_tpm(f, &in, &out);
	else if (in.op == GUARD_OP_RELAY)
		go_on = on_relay(f, &in, &out);
	else if (in.op == GUARD_OP_VM_EVENT)
		go_on = on_vm_event(f, in.body);
	else if (in.op == GUARD_OP_VM_ATTEST)
		f->n_attests++;
	else
		t_bail("guard-vm asks guardd for %u", in.op);
	if (!go_on) {
		fabric_kill(f);
		return false;
	}
	go_on =
	    channel_reply(fd, &in, buf_bytes(&out), NULL, 0, &fd_) == ERR_OK;
	if (in.op == GUARD_OP_VM_EVENT && f->kill_at != NULL &&
	    f->kill_ms != 0 && strcmp(f->kill_at, f->step) == 0) {
		(void)usleep(f->kill_ms * 1000);
		fabric_kill(f);
		return false;
	}
	return go_on;
}

/* Serves for ms, or until guard-vm ends (false) or is in this phase. */
static inline bool
fabric_serve(struct fabric *f, uint8_t phase, int ms)
{
	for (int waited = 0; f->pid != 0 && waited < ms;) {
		struct pollfd p[2] = { { f->tpm_fd, POLLIN, 0 },
			{ f->relay_fd, POLLIN, 0 } };

		if (poll(p, 2, 100) == 0)
			waited += 100;
		for (int i = 0; i < 2; i++)
			if (f->pid != 0 && p[i].revents != 0 &&
			    !fabric_answer(f, p[i].fd))
				break;
		if (phase != 0 && f->phase == phase)
			return true;
	}
	return f->pid != 0;
}

/* A request to guard-vm, while its own are answered. */
static inline int
fabric_ask(struct fabric *f, uint16_t op, const struct fields *fields,
    const void *message, int ms, struct buf *ret)
{
	auto_buf struct buf body = BUF_INIT(1024);
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame in = FRAME_INIT;
	struct frame q = { .kind = FRAME_REQUEST, .op = op, .id = 1 };

	if (fields != NULL)
		NEED(fields_encode(fields, message, &body, &fd_));
	q.body = buf_bytes(&body);
	if (f->ask_fd > 0) {
		q.fds[0] = f->ask_fd;
		q.n_fds = 1;
		f->ask_fd = 0;
	}
	NEED(channel_send(f->control_fd, &q, &fd_));
	for (int waited = 0; waited < ms; waited += 50) {
		bool gone = f->pid == 0;

		if (channel_receive(f->control_fd, 50, &storage, &in, &fd_) ==
		    ERR_OK) {
			if (in.kind == FRAME_ERROR)
				return channel_error_decode(&in, &fd_);
			(void)buf_put(ret, in.body);
			return ERR_OK;
		}
		if (gone)
			break;
		(void)fabric_serve(f, 0, 100);
	}
	return ERR_TIMEOUT;
}

#endif
