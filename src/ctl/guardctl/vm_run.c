/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm start, stop, kill, status: guardd does it; what it did is told.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/common/remote.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/guardd.h"
#include "ctl/guardctl/vm_local.h"

#define WAIT_DEFAULT 300
#define WAIT_MAX     86400
#define STOP_DEFAULT 90
#define STOP_MAX     3600
/* What guardd and guard-vm need beyond the guest's own time. */
#define STOP_EXTRA_MS 90000
#define POLL_NS       10000000
#define VMS_MAX       128 /* as many as guard-tpm has */

/* What was last told of a start. */
struct told {
	char phase[16];
	char step[128];
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
number_option(const struct cli *cli, const char *name, uint64_t min,
    uint64_t max, uint64_t fallback, uint64_t *ret, struct diag *d)
{
	const char *v = cli_option(cli, name);
	char shown[32];

	*ret = fallback;
	(void)snprintf(shown, sizeof(shown), "--%s", name);
	if (v != NULL &&
	    number_parse(shown, bytes_of_text(v), min, max, ret, d) < 0)
		return ERR_USAGE;
	return ERR_OK;
}

static void
take_data(struct cli *cli, const struct guardd_answer *a)
{
	/* jansson walks no constant object, but changes nothing. */
	json_t *data = (json_t *)(uintptr_t)guardd_data(a);

	for (void *i = json_object_iter(data); i != NULL;
	     i = json_object_iter_next(data, i))
		reply_data(cli, json_object_iter_key(i),
		    json_incref(json_object_iter_value(i)));
}

/* Why the host is not guarded: the HGS's own words. */
static void
explain_attestation(struct cli *cli)
{
	auto_guardd_answer struct guardd_answer a = { 0 };
	struct diag why = { 0 };
	const json_t *list;

	if (guardd_ask(cli, "status", NULL, &a, &why) < 0)
		return;
	reply_line(cli, "AttestationStatus  %s",
	    guardd_text(&a, "AttestationStatus"));
	if (guardd_text(&a, "message")[0] != '\0')
		reply_line(cli, "  %s", guardd_text(&a, "message"));
	list = json_object_get(guardd_data(&a), "AttestationSubStatus");
	for (size_t i = 0; i < json_array_size(list); i++)
		reply_line(cli, "SubStatus          %s",
		    json_string_value(json_array_get(list, i)));
	reply_data(cli, "attestation",
	    json_deep_copy((json_t *)(uintptr_t)guardd_data(&a)));
	list = guardd_reasons(&a);
	for (size_t i = 0; i < json_array_size(list); i++)
		reply_reason(cli, json_deep_copy(json_array_get(list, i)));
}

static int
start_failed(struct cli *cli, const struct guardd_answer *a, struct diag *d)
{
	const char *vm = cli_arg(cli, 0), *code = guardd_text(a, "reason");
	enum reason reason = reason_find(bytes_of_text(code));

	take_data(cli, a);
	reply_line(cli, "%s: failed while: %s", vm, guardd_text(a, "step"));
	/* Its code first: the HGS's reasons come after it. */
	reply_reason(cli,
	    json_pack("{s:s, s:s, s:s}", "code",
		code[0] != '\0' ? code : reason_name(REASON_VmFailed), "text",
		guardd_text(a, "text"), "remedy", guardd_text(a, "remedy")));
	if (reason == REASON_HostNotGuarded)
		explain_attestation(cli);
	return diag_refuse(d, reason != REASON_NONE ? reason : REASON_VmFailed,
	    "%s: %s", vm, guardd_text(a, "text"));
}

static int
start_done(struct cli *cli, const struct guardd_answer *a)
{
	const char *vm = cli_arg(cli, 0), *phase = guardd_text(a, "phase");
	char undo[NAME_MAX_LEN + 32];

	take_data(cli, a);
	if (guardd_true(a, "unclean"))
		reply_line(cli,
		    "note: its last stop was not in order; only its identity "
		    "was compared");
	if (!guardd_true(a, "hgs_knew"))
		reply_line(cli, "note: the HGS saw this VM for the first time");
	(void)snprintf(undo, sizeof(undo), "guardctl vm stop %s", vm);
	if (strcmp(phase, "running") == 0)
		reply_changed(cli, undo, "%s: running (%s)", vm,
		    guardd_text(a, "accel"));
	else
		reply_changed(cli, NULL, "%s: started, and is %s already", vm,
		    phase);
	return ERR_OK;
}

static void
tell_step(struct cli *cli, const struct guardd_answer *a, struct told *told)
{
	const char *phase = guardd_text(a, "phase");
	const char *step = guardd_text(a, "step");

	if (strcmp(told->phase, phase) == 0 && strcmp(told->step, step) == 0)
		return;
	(void)snprintf(told->phase, sizeof(told->phase), "%s", phase);
	(void)snprintf(told->step, sizeof(told->step), "%s", step);
	reply_progress(cli, "%s: %s: %s", cli_arg(cli, 0), phase, step);
}

/* 1: go on waiting. */
static int
look(struct cli *cli, struct told *told, struct diag *d)
{
	auto_guardd_answer struct guardd_answer a = { 0 };
	const char *phase;
	int r = guardd_ask(cli, "vm status", cli_arg(cli, 0), &a, d);

	if (r < 0)
		return r;
	tell_step(cli, &a, told);
	phase = guardd_text(&a, "phase");
	if (strcmp(phase, "failed") == 0)
		return start_failed(cli, &a, d);
	if (strcmp(phase, "waiting") == 0 || strcmp(phase, "starting") == 0)
		return 1;
	return start_done(cli, &a);
}

int
cmd_vm_start(struct cli *cli, struct diag *d)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	auto_guardd_answer struct guardd_answer a = { 0 };
	const char *vm = cli_arg(cli, 0);
	struct told told = { 0 };
	uint64_t seconds, end;
	struct host h;
	int r;

	r = number_option(cli, "wait", 0, WAIT_MAX, WAIT_DEFAULT, &seconds, d);
	if (r < 0 || (r = host_load(cli, &h, d)) < 0 ||
	    (r = vm_local_check(&h, vm, d)) < 0 ||
	    (r = guardd_ask(cli, "vm start", vm, &a, d)) < 0)
		return r;
	if (seconds == 0) {
		reply_changed(cli, NULL,
		    "%s: starting; see 'guardctl vm "
		    "status %s'",
		    vm, vm);
		return ERR_OK;
	}
	end = now_ms() + seconds * 1000;
	while ((r = look(cli, &told, d)) == 1) {
		if (now_ms() >= end)
			return diag_fail(d, ERR_TIMEOUT,
			    "%s: still %s after %llu seconds (%s)", vm,
			    told.phase, (unsigned long long)seconds, told.step);
		(void)nanosleep(&pause, NULL);
	}
	return r;
}

static int
stop_one(struct cli *cli, const char *name, uint64_t seconds, struct diag *d)
{
	struct remote_request q = { .socket = REMOTE_GUARD_SOCKET,
		.command = "vm stop",
		.timeout_ms = (int)seconds * 1000 + STOP_EXTRA_MS };
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)seconds);
	q.args = json_pack("{s:s, s:s}", "NAME", name, "timeout", text);
	return remote_call(cli, &q, NULL, d);
}

/* In a process of its own, since each waits for its guest. */
static int
begin_stop(const struct cli *cli, const char *name, uint64_t seconds,
    pid_t *ret, struct diag *d)
{
	struct cli own = { .program = cli->program,
		.command = cli->command,
		.root = cli->root,
		.passphrase_fd = -1 };

	*ret = fork();
	if (*ret < 0)
		return diag_errno(d, "cannot start a process");
	if (*ret == 0)
		_exit(stop_one(&own, name, seconds, d) == ERR_OK ? 0 : 1);
	return ERR_OK;
}

static bool
ended_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
}

static bool
is_up(const json_t *vm)
{
	const char *phase = json_string_value(json_object_get(vm, "phase"));

	return phase != NULL && strcmp(phase, "stopped") != 0 &&
	    strcmp(phase, "failed") != 0;
}

/* All at once: a shutdown of the machine waits for the slowest only. */
static int
stop_all(struct cli *cli, uint64_t seconds, struct diag *d)
{
	auto_guardd_answer struct guardd_answer a = { 0 };
	const json_t *vms;
	pid_t pids[VMS_MAX];
	size_t n, n_up = 0, n_bad = 0;
	int r = guardd_ask(cli, "vm list", NULL, &a, d);

	if (r < 0)
		return r;
	vms = json_object_get(guardd_data(&a), "vms");
	n = json_array_size(vms) < VMS_MAX ? json_array_size(vms) : VMS_MAX;
	for (size_t i = 0; i < n; i++) {
		const json_t *vm = json_array_get(vms, i);
		const char *name =
		    json_string_value(json_object_get(vm, "name"));

		if (name == NULL || !is_up(vm))
			continue;
		if ((r = begin_stop(cli, name, seconds, &pids[n_up], d)) < 0)
			return r;
		n_up++;
	}
	for (size_t i = 0; i < n_up; i++)
		if (!ended_well(pids[i]))
			n_bad++;
	if (n_bad != 0)
		return diag_refuse(d, REASON_VmFailed,
		    "%zu of %zu VMs did not stop in order; see 'guardctl vm "
		    "list' and 'guardctl vm status NAME'",
		    n_bad, n_up);
	reply_changed(cli, NULL, "%zu VMs are stopped", n_up);
	return ERR_OK;
}

int
cmd_vm_stop(struct cli *cli, struct diag *d)
{
	bool all = cli_flag(cli, "all");
	const char *name = cli_arg(cli, 0);
	uint64_t seconds;
	int r = number_option(cli, "timeout", 1, STOP_MAX, STOP_DEFAULT,
	    &seconds, d);

	if (r < 0)
		return r;
	if (all == (name != NULL))
		return diag_fail(d, ERR_USAGE,
		    "vm stop: the name of a VM, or --all");
	return all ? stop_all(cli, seconds, d)
		   : stop_one(cli, name, seconds, d);
}

int
cmd_vm_kill(struct cli *cli, struct diag *d)
{
	struct remote_request q = { .socket = REMOTE_GUARD_SOCKET,
		.command = "vm kill",
		.timeout_ms = STOP_DEFAULT * 1000 + STOP_EXTRA_MS };

	q.args = json_pack("{s:s}", "NAME", cli_arg(cli, 0));
	return remote_call(cli, &q, NULL, d);
}

static void
tell_status(struct cli *cli, const struct guardd_answer *a)
{
	static const char *const parts[][2] = { { "reason", "  reason: " },
		{ "text", "    " }, { "remedy", "    remedy: " } };

	take_data(cli, a);
	reply_line(cli, "%s: %s (%s)", cli_arg(cli, 0), guardd_text(a, "phase"),
	    guardd_text(a, "step"));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (guardd_text(a, parts[i][0])[0] != '\0')
			reply_line(cli, "%s%s", parts[i][1],
			    guardd_text(a, parts[i][0]));
}

/* guardd knows only what it started: a folder alone is a stopped VM. */
int
cmd_vm_status(struct cli *cli, struct diag *d)
{
	auto_guardd_answer struct guardd_answer a = { 0 };
	const char *vm = cli_arg(cli, 0);
	struct diag why = { 0 };
	struct host h;
	bool held;
	int r = guardd_ask(cli, "vm status", vm, &a, &why);

	if (r == ERR_OK) {
		tell_status(cli, &a);
		return ERR_OK;
	}
	if (why.reason != REASON_VmNotRunning) {
		*d = why;
		return r;
	}
	if ((r = host_load(cli, &h, d)) < 0 ||
	    (r = vm_local_check(&h, vm, d)) < 0)
		return r;
	held = vm_local_is_held(&h, vm);
	reply_data_text(cli, "name", vm);
	reply_data_text(cli, "phase", held ? "running" : "stopped");
	reply_line(cli, "%s: %s", vm, held ? "running" : "stopped");
	if (held)
		reply_line(cli,
		    "note: started under an earlier guardd: it ends by SIGTERM "
		    "to its guard-vm");
	return ERR_OK;
}
