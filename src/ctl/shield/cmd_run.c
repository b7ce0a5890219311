/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield vm run: a VM on a machine without an HGS, by the owner's keys alone,
 * to install, test or repair it. guard-vm does all of the work, as on a host;
 * what it asks is answered here (local.h).
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/signals.h"
#include "conf/paths.h"
#include "crypto/key.h"
#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/folder.h"
#include "ctl/shield/local.h"
#include "ctl/shield/own_ticket.h"
#include "ctl/shield/run_child.h"
#include "ipc/channel.h"
#include "vm/lines.h"

#define TIMEOUT_MAX  (30 * 86400)
#define TICK_MS      500
#define ASK_SECONDS  15     /* then the guest is asked again */
#define STOP_MS      300000 /* then it is ended */
#define ASK_PAUSE_MS 1000

struct run {
	struct cli *cli;
	char folder[PATH_TEXT_MAX];
	struct own_guardian owner;
	struct local local;
	struct run_child child;
	int signal_fd;
	uint64_t timeout; /* ms; 0: none */
	bool ticket;

	bool ran; /* the guest's first instruction was reached */
	bool asked, waits, killed;
	uint64_t stop_at, ask_at, kill_at; /* 0: not */
};

static void
run_free(struct run *r)
{
	run_child_free(&r->child);
	local_free(&r->local);
	own_guardian_free(&r->owner);
	close_p(&r->signal_fd);
}

/* guard-vm follows no link; what the working directory is, the user knows. */
static int
make_absolute(const char *dir, char ret[static PATH_TEXT_MAX], struct diag *d)
{
	char here[PATH_TEXT_MAX] = "";
	size_t n;

	if (dir[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return diag_errno(d, "the working directory");
	if ((size_t)snprintf(ret, PATH_TEXT_MAX, "%s%s%s", here,
		dir[0] != '/' ? "/" : "", dir) >= PATH_TEXT_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", dir);
	for (n = strlen(ret); n > 1 && ret[n - 1] == '/'; n--)
		ret[n - 1] = '\0';
	return ERR_OK;
}

/* The keys have done what they are for; a ticket needs one of them. */
static void
drop_keys(struct run *r)
{
	r->local.owner = NULL;
	if (!r->ticket) {
		own_guardian_free(&r->owner);
		return;
	}
	key_free(r->owner.enc);
	r->owner.enc = NULL;
}

static void
on_event(void *arg)
{
	struct run *r = arg;
	const struct local *l = &r->local;

	if (l->phase == VM_PHASE_RUNNING && !r->ran) {
		r->ran = true;
		drop_keys(r);
		if (r->timeout != 0)
			r->stop_at = lines_now() + r->timeout;
		reply_progress(r->cli, "running, in generation %llu%s%s",
		    (unsigned long long)l->generation,
		    strcmp(l->accel, "tcg") == 0 ? ", in software emulation"
						 : "",
		    l->unclean ? "; the last stop was not in order" : "");
		return;
	}
	if (l->phase != VM_PHASE_FAILED)
		reply_progress(r->cli, "%s", l->step);
}

static int
send_stop(struct run *r, bool kill, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(256);
	struct vm_stop q = { kill, ASK_SECONDS };
	struct frame f = { .kind = FRAME_REQUEST,
		.op = GUARD_OP_VM_STOP,
		.id = 1 };
	int rc = fields_encode(&vm_stop_fields, &q, &body, d);

	if (rc < 0)
		return rc;
	f.body = buf_bytes(&body);
	r->ask_at = 0;
	r->waits = true;
	r->killed = kill;
	return channel_send(r->child.control_fd, &f, d);
}

static int
stop(struct run *r, struct diag *d)
{
	if (r->killed)
		return ERR_OK;
	if (r->asked) {
		reply_progress(r->cli, "ending the VM");
		return send_stop(r, true, d);
	}
	r->asked = true;
	r->kill_at = lines_now() + STOP_MS;
	return send_stop(r, false, d);
}

/* The answer to a stop: a guest that does not hear yet is asked again. */
static int
on_control(struct run *r, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	int rc = channel_receive(r->child.control_fd, 0, &storage, &f, d);

	if (rc < 0)
		return rc;
	r->waits = false;
	if (f.kind == FRAME_ERROR && !r->killed)
		r->ask_at = lines_now() + ASK_PAUSE_MS;
	return ERR_OK;
}

static int
on_signal(struct run *r, struct diag *d)
{
	struct signalfd_siginfo s;

	if (read(r->signal_fd, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return diag_errno(d, "cannot read a signal");
	if (!r->asked)
		reply_progress(r->cli,
		    "the guest is asked to shut down; once more ends it");
	return stop(r, d);
}

static int
on_time(struct run *r, struct diag *d)
{
	uint64_t now = lines_now();

	if (r->killed)
		return ERR_OK;
	if (!r->asked)
		return r->stop_at != 0 && now >= r->stop_at ? stop(r, d)
							    : ERR_OK;
	if (now >= r->kill_at)
		return stop(r, d);
	if (!r->waits && r->ask_at != 0 && now >= r->ask_at)
		return send_stop(r, false, d);
	return ERR_OK;
}

/* What a dying guard-vm leaves is not an error of ours: its end says more. */
static int
serve(struct run *r, struct pollfd p[static 5], struct diag *d)
{
	struct run_child *c = &r->child;
	int rc = ERR_OK;

	if (p[0].revents != 0 && local_answer_tpm(&r->local, c->tpm_fd, d) < 0)
		close_p(&c->tpm_fd);
	if (p[1].revents != 0 &&
	    local_answer_relay(&r->local, c->relay_fd, d) < 0)
		close_p(&c->relay_fd);
	if (p[2].revents != 0 && on_control(r, d) < 0)
		close_p(&c->control_fd);
	if (p[3].revents != 0)
		rc = on_signal(r, d);
	return rc < 0 ? rc : on_time(r, d);
}

static int
wait_for_end(struct run *r, struct diag *d)
{
	struct run_child *c = &r->child;
	int rc = ERR_OK;

	for (;;) {
		bool busy = r->asked || r->stop_at != 0;
		struct pollfd p[] = { { c->tpm_fd, POLLIN, 0 },
			{ c->relay_fd, POLLIN, 0 },
			{ c->control_fd, POLLIN, 0 },
			{ r->signal_fd, POLLIN, 0 }, { c->end_fd, POLLIN, 0 } };

		if (poll(p, ARRAY_LEN(p), busy ? TICK_MS : -1) < 0)
			return diag_errno(d, "cannot wait");
		rc = serve(r, p, d);
		/* It waited for an answer to its last word. */
		if (p[4].revents != 0)
			return ERR_OK;
		if (rc < 0)
			return rc;
	}
}

static int
judge_end(struct run *r, struct diag *d)
{
	const struct local *l = &r->local;
	int status, rc = run_child_collect(&r->child, &status, d);

	if (rc < 0)
		return rc;
	if (l->phase == VM_PHASE_FAILED)
		return diag_refuse(d,
		    l->why.reason != REASON_NONE ? l->why.reason
						 : REASON_VmFailed,
		    "%s: %s", r->folder, l->why.text);
	if (WIFSIGNALED(status))
		return diag_refuse(d, REASON_VmFailed,
		    "%s: guard-vm ended by signal %d, and the VM with it",
		    r->folder, WTERMSIG(status));
	if (l->phase != VM_PHASE_STOPPED || WEXITSTATUS(status) != 0)
		return diag_refuse(d, REASON_VmFailed,
		    "%s: guard-vm ended with %d", r->folder,
		    WEXITSTATUS(status));
	if (r->killed)
		return diag_refuse(d, REASON_VmFailed,
		    "%s: the guest was ended before it had shut down",
		    r->folder);
	return ERR_OK;
}

static int
leave_ticket(struct run *r, struct diag *d)
{
	auto_vm_folder struct vm_folder f = VM_FOLDER_NONE;
	auto_buf struct buf out = BUF_INIT(TICKET_MAX);
	char id[33], until[TIME_TEXT_SIZE];
	struct ticket t = { 0 }; /* for any host */
	int rc;

	if ((rc = own_ticket_expiry(NULL, &t.expires, d)) < 0 ||
	    (rc = vm_folder_open(r->folder, &f, d)) < 0 ||
	    (rc = own_ticket_make(f.p->core, &r->owner, &t, &out, d)) < 0 ||
	    (rc = file_write_atomic(f.fd, VM_FILE_TICKET, 0600, buf_bytes(&out),
		 d)) < 0)
		return rc;
	own_ticket_reply(r->cli, &t, id, until);
	reply_line(r->cli, "%s/" VM_FILE_TICKET " permits one start until %s",
	    r->folder, until);
	return ERR_OK;
}

/* The seal has moved on, whichever way the VM ended. */
static int
tell(struct run *r, int rc, struct diag *d)
{
	struct diag why = { 0 };
	int ticket = r->ticket ? leave_ticket(r, &why) : ERR_OK;

	reply_data_number(r->cli, "generation", r->local.generation);
	if (ticket < 0 && rc == ERR_OK) {
		*d = why;
		return ticket;
	}
	if (!r->ticket) {
		reply_line(r->cli,
		    "An HGS that says ProtectorSuperseded of it "
		    "takes it with a ticket:");
		reply_line(r->cli,
		    "shield vm restore-ticket %s --host any -o %s/" VM_FILE_TICKET,
		    r->folder, r->folder);
	}
	if (rc == ERR_OK)
		reply_changed(r->cli, NULL,
		    "%s ran here and stopped, in generation %llu", r->folder,
		    (unsigned long long)r->local.generation);
	return rc;
}

static int
open_owner(struct run *r, struct diag *d)
{
	auto_protector struct protector *p = NULL;
	int rc;

	if ((rc = protector_load(r->folder, &p, d)) < 0 ||
	    (rc = guardians_open_owner(r->cli, p->core->grant, &r->owner, d)) <
		0)
		return rc;
	reply_progress(r->cli, "guardian %s is open", r->owner.name);
	return ERR_OK;
}

int
cmd_vm_run(struct cli *cli, struct diag *d)
{
	CLEANUP(run_free)
	struct run r = { .cli = cli,
		.child = RUN_CHILD_NONE,
		.signal_fd = -1,
		.ticket = cli_flag(cli, "restore-ticket") };
	const char *timeout = cli_option(cli, "timeout");
	int rc;

	if (timeout != NULL &&
	    number_parse("--timeout", bytes_of_text(timeout), 1, TIMEOUT_MAX,
		&r.timeout, d) < 0)
		return ERR_USAGE;
	r.timeout *= 1000;
	if (geteuid() != 0)
		return diag_fail(d, ERR_USAGE,
		    "only root can run a VM: its processes get users and "
		    "namespaces of their own");
	local_init(&r.local, &r.owner);
	r.local.on_event = on_event;
	r.local.arg = &r;
	if ((rc = make_absolute(cli_arg(cli, 0), r.folder, d)) < 0 ||
	    (rc = open_owner(&r, d)) < 0 ||
	    (rc = signals_take(&r.signal_fd, d)) < 0 ||
	    (rc = run_child_start(cli->root, r.folder, cli->verbose, &r.child,
		 d)) < 0 ||
	    (rc = wait_for_end(&r, d)) < 0)
		return rc;
	rc = judge_end(&r, d);
	return r.ran ? tell(&r, rc, d) : rc;
}
