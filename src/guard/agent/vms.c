/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running VMs as guardd sees them: two channels to each guard-vm, its last
 * event, and the HGS calls that guardd carries for it.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "guard/agent/agent.h"
#include "guard/agent/relay.h"
#include "ipc/ctl.h"

#define START_MS 10000
/* A guard-vm that said its last word takes a moment to be gone. */
#define GONE_TRIES 20
#define GONE_PAUSE 50000 /* microseconds */

const char *
vm_phase_name(uint8_t phase)
{
	static const char *const names[] = { "waiting", "starting", "running",
		"stopping", "stopped", "failed" };

	return phase < ARRAY_LEN(names) ? names[phase] : "unknown";
}

bool
vm_is_running(const struct vm *v)
{
	return v->command_fd >= 0;
}

struct vm *
vm_find(struct agent *a, struct bytes name)
{
	for (size_t i = 0; i < VMS_MAX; i++)
		if (a->vms[i].used && bytes_equal_text(name, a->vms[i].name))
			return &a->vms[i];
	return NULL;
}

static void
put_log(struct vm *v, const char *what, struct bytes text)
{
	char *line = v->log[v->n_log++ % VM_LOG_LINES];
	char shown[VM_LOG_WIDTH - 40], when[TIME_TEXT_SIZE];

	time_format(agent_now(), when);
	text_escape(text, shown, sizeof(shown));
	(void)snprintf(line, VM_LOG_WIDTH, "%s %s %s", when, what, shown);
}

/* An event of guard-vm's, or our own about it, becomes the VM's status. */
static int
set_status(struct vm *v, struct bytes event, struct diag *d)
{
	int r;

	buf_reset(&v->status_storage);
	v->status = (struct vm_status){ 0 };
	if (!buf_put(&v->status_storage, event))
		return diag_nomem(d);
	r = fields_decode(&vm_status_fields, buf_bytes(&v->status_storage),
	    &v->status, d);
	if (r < 0)
		return r;
	put_log(v, vm_phase_name(v->status.phase),
	    v->status.text.len != 0 ? v->status.text : v->status.step);
	return ERR_OK;
}

static void
set_own_status(struct vm *v, enum vm_phase phase, const char *step,
    const struct diag *why)
{
	auto_buf struct buf b = BUF_INIT(4096);
	char text[TEXT_LIMIT] = "";
	struct vm_status s = { .name = bytes_of_text(v->name),
		.phase = (uint8_t)phase,
		.step = bytes_of_text(step) };

	if (why != NULL) {
		text_escape(bytes_of_text(why->text), text, sizeof(text));
		s.text = bytes_of_text(text);
		s.reason = bytes_of_text(reason_name(why->reason));
		s.remedy = bytes_of_text(reason_remedy(why->reason));
	}
	if (fields_encode(&vm_status_fields, &s, &b, NULL) < 0 ||
	    set_status(v, buf_bytes(&b), NULL) < 0)
		log_error("%s: cannot keep its status", v->name);
}

static void
drop_channels(struct vm *v)
{
	close_p(&v->command_fd);
	close_p(&v->relay_fd);
	v->waits_attest = false;
}

static struct vm *
take_slot(struct agent *a, struct bytes name)
{
	struct vm *v = NULL;

	for (size_t i = 0; i < VMS_MAX && v == NULL; i++)
		if (!a->vms[i].used)
			v = &a->vms[i];
	/* None free: one that has ended makes room. */
	for (size_t i = 0; i < VMS_MAX && v == NULL; i++)
		if (!vm_is_running(&a->vms[i]) && !a->vms[i].relaying &&
		    !a->vms[i].asking)
			v = &a->vms[i];
	if (v == NULL)
		return NULL;
	buf_free(&v->status_storage);
	*v = (struct vm){ .used = true,
		.command_fd = -1,
		.relay_fd = -1,
		.status_storage = BUF_INIT(8192) };
	(void)snprintf(v->name, sizeof(v->name), "%.*s", (int)name.len,
	    (const char *)name.p);
	return v;
}

/* guard-tpm starts guard-vm, with one end of each of two new channels. */
static int
start_now(struct agent *a, struct vm *v, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(4096), reply = BUF_INIT(4096);
	auto_close int tpm_fd = -1;
	char folder[768];
	struct vm_start q = { bytes_of_text(v->name), BYTES_NONE };
	int command[2] = { -1, -1 }, relay[2] = { -1, -1 }, theirs[2], r;

	(void)snprintf(folder, sizeof(folder), "%s%s/%s", a->root,
	    a->conf.vm_dir, v->name);
	q.folder = bytes_of_text(folder);
	if ((r = fields_encode(&vm_start_fields, &q, &body, d)) < 0 ||
	    (r = ctl_connect(a->place.tpm_socket, &tpm_fd, d)) < 0 ||
	    (r = channel_pair(command, d)) < 0 ||
	    (r = channel_pair(relay, d)) < 0) {
		close_p(&command[0]);
		close_p(&command[1]);
		return r;
	}
	theirs[0] = command[1];
	theirs[1] = relay[1];
	r = channel_call(tpm_fd, GUARD_OP_VM_START, buf_bytes(&body), theirs, 2,
	    START_MS, &reply, NULL, d);
	close_p(&command[1]);
	close_p(&relay[1]);
	if (r < 0) {
		close_p(&command[0]);
		close_p(&relay[0]);
		return r;
	}
	v->command_fd = command[0];
	v->relay_fd = relay[0];
	return ERR_OK;
}

static int
start_patiently(struct agent *a, struct vm *v, struct diag *d)
{
	int r = start_now(a, v, d);

	for (int i = 0; i < GONE_TRIES && r == ERR_REFUSED &&
	     d->reason == REASON_VmRunning;
	     i++) {
		(void)usleep(GONE_PAUSE);
		*d = (struct diag){ 0 };
		r = start_now(a, v, d);
	}
	return r;
}

static void
start_vm(struct agent *a, struct vm *v)
{
	struct diag d = { 0 };

	if (start_patiently(a, v, &d) < 0) {
		if (d.reason == REASON_NONE)
			d.reason = REASON_VmFailed;
		set_own_status(v, VM_PHASE_FAILED, "start guard-vm", &d);
		return;
	}
	set_own_status(v, VM_PHASE_STARTING, "guard-vm started", NULL);
}

/* guard-vm asks when it knows that its VM needs a release. */
static int
answer_attest(const struct agent *a, struct vm *v)
{
	struct diag why = { 0 }, sink = { 0 };

	v->waits_attest = false;
	if (v->relay_fd < 0)
		return ERR_OK;
	if (attest_is_fresh(a))
		return channel_reply(v->relay_fd, &v->attest_to, BYTES_NONE,
		    NULL, 0, &sink);
	(void)diag_refuse(&why, REASON_HostNotGuarded,
	    "the host is not guarded: %s", a->attest.status);
	return channel_reply_error(v->relay_fd, &v->attest_to, ERR_REFUSED,
	    &why, &sink);
}

void
vms_attested(struct agent *a)
{
	for (size_t i = 0; i < VMS_MAX; i++)
		if (a->vms[i].used && a->vms[i].waits_attest &&
		    (attest_is_fresh(a) ||
			attempts_answer(&a->attest.attempts,
			    a->vms[i].attempt)) &&
		    answer_attest(a, &a->vms[i]) < 0)
			log_warning("%s: guard-vm does not listen",
			    a->vms[i].name);
}

static int
await_attest(struct agent *a, struct vm *v, const struct frame *f)
{
	v->attest_to = (struct frame){ .op = f->op, .id = f->id };
	if (attest_is_fresh(a))
		return answer_attest(a, v);
	v->waits_attest = true;
	v->attempt = attest_begin(a);
	/* It could not even begin: nobody would answer. */
	return a->attest.attempts.running ? ERR_OK : answer_attest(a, v);
}

/* Said so itself, but its process is not gone yet. */
static bool
has_ended(const struct vm *v)
{
	return !v->asking && !v->relaying &&
	    (v->status.phase == VM_PHASE_STOPPED ||
		v->status.phase == VM_PHASE_FAILED);
}

int
vm_want_start(struct agent *a, struct bytes name, struct diag *d)
{
	struct vm *v = vm_find(a, name);

	if (v != NULL && has_ended(v))
		drop_channels(v);
	if (v != NULL && vm_is_running(v))
		return diag_refuse(d, REASON_VmRunning, "%s: is running",
		    v->name);
	if (v == NULL && (v = take_slot(a, name)) == NULL)
		return diag_refuse(d, REASON_TooManyRequests,
		    "%d VMs are running", VMS_MAX);
	start_vm(a, v);
	return ERR_OK;
}

/* Until it says itself where it stands. */
int
vm_adopt(struct agent *a, struct bytes name, int fds[static 2], struct diag *d)
{
	struct vm *v;
	int r;

	if ((r = name_check("VM", name, d)) < 0)
		return r;
	if ((v = take_slot(a, name)) == NULL)
		return diag_fail(d, ERR_LIMIT, "%d VMs are running", VMS_MAX);
	v->command_fd = TAKE_FD(&fds[0]);
	v->relay_fd = TAKE_FD(&fds[1]);
	set_own_status(v, VM_PHASE_RUNNING, "found; it has not answered yet",
	    NULL);
	log_notice("%s: runs already", v->name);
	return ERR_OK;
}

/* guard-vm's channel ended: what its last event said stands. */
static void
vm_gone(struct vm *v)
{
	struct diag d = { 0 };
	uint8_t phase = v->status.phase;

	drop_channels(v);
	if (phase == VM_PHASE_STOPPED || phase == VM_PHASE_FAILED)
		return;
	(void)diag_refuse(&d, REASON_VmFailed,
	    "guard-vm ended without a word while the VM was %s",
	    vm_phase_name(phase));
	set_own_status(v, VM_PHASE_FAILED, "run", &d);
}

void
vm_stopped(struct vm *v, struct bytes status)
{
	struct diag d = { 0 };

	if (set_status(v, status, &d) < 0)
		log_warning("%s: %s", v->name, d.text);
	drop_channels(v);
}

/* Answered requests of guard-vm: who waits is known by its name. */
struct relay_owner {
	struct agent *agent;
	char vm[64];
	struct frame to;
};

static void
relay_done(void *owner, int r, struct bytes body, const struct diag *why)
{
	struct relay_owner *o = owner;
	struct vm *v = vm_find(o->agent, bytes_of_text(o->vm));
	struct diag d = { 0 };

	if (v != NULL) {
		v->relaying = false;
		if (v->relay_fd >= 0 && r == ERR_OK)
			r = channel_reply(v->relay_fd, &o->to, body, NULL, 0,
			    &d);
		else if (v->relay_fd >= 0)
			r = channel_reply_error(v->relay_fd, &o->to, r, why,
			    &d);
		if (r < 0)
			log_warning("%s: relay: %s", o->vm, d.text);
	}
	free(o);
}

static int
begin_relay(struct agent *a, struct vm *v, const struct frame *f,
    struct diag *d)
{
	struct relay_job job = { .conf = &a->conf, .url = a->attest.url };
	struct relay_owner *o;
	int r;

	if ((r = fields_decode(&relay_fields, f->body, &job.relay, d)) < 0 ||
	    (r = relay_check(&job.relay, d)) < 0)
		return r;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return diag_nomem(d);
	o->agent = a;
	o->to = (struct frame){ .op = f->op, .id = f->id };
	(void)snprintf(o->vm, sizeof(o->vm), "%s", v->name);
	r = job_start(&a->jobs, relay_run, &job, relay_done, o, d);
	if (r < 0) {
		free(o);
		return r;
	}
	v->relaying = true;
	return ERR_OK;
}

static int
take_event(struct vm *v, const struct frame *f, struct diag *d)
{
	int r = set_status(v, f->body, d);

	if (r < 0)
		return r;
	return channel_reply(v->relay_fd, f, BYTES_NONE, NULL, 0, d);
}

void
vm_on_relay(struct agent *a, struct vm *v)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	struct diag d = { 0 }, sink = { 0 };
	int r;

	if (channel_receive(v->relay_fd, 0, &storage, &f, &d) < 0) {
		vm_gone(v);
		return;
	}
	if (f.kind == FRAME_REQUEST && f.op == GUARD_OP_RELAY)
		r = begin_relay(a, v, &f, &d);
	else if (f.kind == FRAME_REQUEST && f.op == GUARD_OP_VM_EVENT)
		r = take_event(v, &f, &d);
	else if (f.kind == FRAME_REQUEST && f.op == GUARD_OP_VM_ATTEST)
		r = await_attest(a, v, &f);
	else
		r = diag_fail(&d, ERR_PROTOCOL, "operation %u", f.op);
	if (r < 0 && channel_reply_error(v->relay_fd, &f, r, &d, &sink) < 0)
		vm_gone(v);
}

/* Nothing is expected here while no job uses it but the end. */
void
vm_on_command(struct agent *a, struct vm *v)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;

	(void)a;
	if (channel_receive(v->command_fd, 0, &storage, &f, NULL) < 0)
		vm_gone(v);
}
