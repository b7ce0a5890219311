/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/ask_vm.h"

#include <stdio.h>

#define GUEST_MS 15000
/* What a stop needs beyond the guest's own time: digests, HGS, files. */
#define STOP_EXTRA_MS 60000
/* How long guard-vm may take to end after its last word. */
#define END_MS 10000

static const char *const verbs[] = { "ping", "info", "shutdown" };

struct ask_job {
	int fd;
	uint16_t op;
	int timeout_ms;
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
	auto_buf struct buf body = BUF_INIT(4096);
	int r;

	if ((r = fields_encode(j->fields, j->message, &body, d)) < 0)
		return r;
	r = channel_call(j->fd, j->op, buf_bytes(&body), NULL, 0, j->timeout_ms,
	    ret, NULL, d);
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
put_answer(const struct ask_owner *o, struct bytes body, struct answer *answer)
{
	struct vm_guest_reply guest;

	if (o->op != GUARD_OP_VM_GUEST) {
		answer_changed(answer, NULL, "%s: stopped", o->vm);
		return;
	}
	if (fields_decode(&vm_guest_reply_fields, body, &guest, NULL) < 0)
		return;
	json_out_put_text(answer_data(answer), "answer", guest.json);
	answer_line(answer, "%.*s",
	    (int)(guest.json.len < 900 ? guest.json.len : 900),
	    (const char *)guest.json.p);
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
		.fields = &vm_stop_fields,
		.message = &q };

	return begin(a, v, c, &job, d);
}

int
ask_vm_guest(struct agent *a, struct vm *v, struct client *c, struct bytes verb,
    struct diag *d)
{
	struct vm_guest q = { verb };
	struct ask_job job = { .op = GUARD_OP_VM_GUEST,
		.timeout_ms = GUEST_MS,
		.fields = &vm_guest_fields,
		.message = &q };

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (bytes_equal_text(verb, verbs[i]))
			return begin(a, v, c, &job, d);
	return diag_refuse(d, REASON_PermissionDenied,
	    "the guest's agent is asked for ping, info and shutdown only");
}
