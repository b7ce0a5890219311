/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far ends of guard-vm's three channels, in one process: guardd, guard-tpm
 * and an HGS that judges by the product's own rules (hgs/key/life.h,
 * protector/), and that can be told to lose, swap or refuse. There is no TPM
 * here: what the host key would open is handed back by its digest.
 */
#ifndef TESTS_VM_FABRIC_H
#define TESTS_VM_FABRIC_H

#include "fabric_hgs.h"

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
