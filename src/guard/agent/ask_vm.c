/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/ask_vm.h"

#include <stdio.h>
#include <sys/socket.h>

#define BODY_MAX ((size_t)8192)
#define GUEST_MS 15000
/* What a stop needs beyond the guest's own time: digests, HGS, files. */
#define STOP_EXTRA_MS 60000
/* How long guard-vm may take to end after its last word. */
#define END_MS 10000

#define DISK_MS    60000
#define CONSOLE_MS 30000
#define DUMP_MS    1800000

struct ask_job {
	int fd;
	uint16_t op;
	int timeout_ms;
	int file_fd; /* to go along, or -1 */
	const struct fields *fields;
	const void *message;
};

/* After a stop guard-vm ends by itself: only then may the VM start again. */
static void
wait_for_end(int fd)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;

	while (channel_receive(fd, END_MS, &storage, &f, NULL) == ERR_OK)
		frame_close(&f);
}

/* In the child, which alone uses the channel meanwhile. */
static int
ask_run(void *arg, struct buf *ret, struct diag *d)
{
	const struct ask_job *j = arg;
	auto_buf struct buf body = BUF_INIT(BODY_MAX);
	int r;

	if ((r = fields_encode(j->fields, j->message, &body, d)) < 0)
		return r;
	r = channel_call(j->fd, j->op, buf_bytes(&body), &j->file_fd,
	    j->file_fd >= 0 ? 1 : 0, j->timeout_ms, ret, NULL, d);
	if (r == ERR_OK && j->op == GUARD_OP_VM_STOP)
		wait_for_end(j->fd);
	return r;
}

struct ask_owner {
	struct agent *agent;
	uint32_t client;
	uint16_t op;
	char vm[64];
};

static void
put_guest(const struct ask_owner *o, struct bytes body, struct answer *answer)
{
	struct vm_guest_reply guest;

	(void)o;
	if (fields_decode(&vm_guest_reply_fields, body, &guest, NULL) < 0)
		return;
	json_out_put_text(answer_data(answer), "answer", guest.json);
	answer_line(answer, "%.*s",
	    (int)(guest.json.len < 900 ? guest.json.len : 900),
	    (const char *)guest.json.p);
}

static void
put_disk(const struct ask_owner *o, struct bytes body, struct answer *answer)
{
	struct vm_disk_reply disk;

	if (fields_decode(&vm_disk_reply_fields, body, &disk, NULL) < 0)
		return;
	json_out_put_number(answer_data(answer), "size", disk.size);
	json_out_put_bool(answer_data(answer), "made", disk.made);
	answer_changed(answer, NULL, "%s: its disks are changed%s", o->vm,
	    disk.made ? "; a new one is empty" : "");
}

static void
put_answer(const struct ask_owner *o, struct bytes body, struct answer *answer)
{
	switch (o->op) {
	case GUARD_OP_VM_STOP:
		answer_changed(answer, NULL, "%s: stopped", o->vm);
		break;
	case GUARD_OP_VM_GUEST:
		put_guest(o, body, answer);
		break;
	case GUARD_OP_VM_DISK:
		put_disk(o, body, answer);
		break;
	case GUARD_OP_VM_DUMP:
		answer_changed(answer, NULL, "%s: its memory is written",
		    o->vm);
		break;
	default:
		answer_line(answer, "%s: connected", o->vm);
	}
}

static void
ask_done(void *owner, int r, struct bytes body, const struct diag *why)
{
	struct ask_owner *o = owner;
	struct vm *v = vm_find(o->agent, bytes_of_text(o->vm));
	struct client *c = client_find(o->agent, o->client);
	auto_answer struct answer answer;

	answer_init(&answer);
	if (v != NULL)
		v->asking = false;
	if (v != NULL && r == ERR_OK && o->op == GUARD_OP_VM_STOP)
		vm_stopped(v, body);
	if (r == ERR_OK)
		put_answer(o, body, &answer);
	if (c != NULL)
		client_answer(c, &answer, r, why);
	free(o);
}

static int
begin(struct agent *a, struct vm *v, struct client *c, struct ask_job *job,
    struct diag *d)
{
	struct ask_owner *o;
	int r;

	if (v->asking)
		return diag_refuse(d, REASON_TooManyRequests,
		    "%s: another request is being answered", v->name);
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return diag_nomem(d);
	*o = (struct ask_owner){ a, c->serial, job->op, "" };
	(void)snprintf(o->vm, sizeof(o->vm), "%s", v->name);
	job->fd = v->command_fd;
	r = job_start(&a->jobs, ask_run, job, ask_done, o, d);
	if (r < 0) {
		free(o);
		return r;
	}
	v->asking = true;
	c->waits = true;
	return ERR_OK;
}

int
ask_vm_stop(struct agent *a, struct vm *v, struct client *c, bool kill,
    uint32_t seconds, struct diag *d)
{
	struct vm_stop q = { kill, seconds };
	struct ask_job job = { .op = GUARD_OP_VM_STOP,
		.timeout_ms = (int)seconds * 1000 + STOP_EXTRA_MS,
		.file_fd = -1,
		.fields = &vm_stop_fields,
		.message = &q };

	return begin(a, v, c, &job, d);
}

int
ask_vm_guest(struct agent *a, struct vm *v, struct client *c, struct bytes verb,
    struct bytes command, struct diag *d)
{
	struct vm_guest q = { verb, command, (uint32_t)c->uid };
	struct ask_job job = { .op = GUARD_OP_VM_GUEST,
		.timeout_ms = GUEST_MS,
		.file_fd = -1,
		.fields = &vm_guest_fields,
		.message = &q };

	return begin(a, v, c, &job, d);
}

int
ask_vm_console(struct agent *a, struct vm *v, struct client *c,
    struct bytes kind, struct diag *d)
{
	struct vm_console q = { kind, (uint32_t)c->uid };
	struct ask_job job = { .op = GUARD_OP_VM_CONSOLE,
		.timeout_ms = CONSOLE_MS,
		.fields = &vm_console_fields,
		.message = &q };
	auto_close int theirs = -1;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "cannot make a socket pair");
	close_p(&c->file_fd);
	c->file_fd = fds[0];
	job.file_fd = theirs = fds[1];
	r = begin(a, v, c, &job, d);
	if (r < 0)
		close_p(&c->file_fd);
	return r;
}

int
ask_vm_disk(struct agent *a, struct vm *v, struct client *c, struct bytes verb,
    struct bytes file, uint64_t size, struct diag *d)
{
	struct vm_disk q = { verb, file, size, (uint32_t)c->uid };
	struct ask_job job = { .op = GUARD_OP_VM_DISK,
		.timeout_ms = DISK_MS,
		.file_fd = -1,
		.fields = &vm_disk_fields,
		.message = &q };

	return begin(a, v, c, &job, d);
}

int
ask_vm_dump(struct agent *a, struct vm *v, struct client *c, struct diag *d)
{
	struct vm_dump q = { (uint32_t)c->uid };
	struct ask_job job = { .op = GUARD_OP_VM_DUMP,
		.timeout_ms = DUMP_MS,
		.file_fd = c->file_fd,
		.fields = &vm_dump_fields,
		.message = &q };
	int r;

	if (c->file_fd < 0)
		return diag_fail(d, ERR_USAGE, "no file to write to");
	/* The job has its own copy; the client's answer carries none. */
	r = begin(a, v, c, &job, d);
	close_p(&c->file_fd);
	return r;
}
