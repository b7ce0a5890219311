/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of guard.sock.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "guard/agent/agent.h"
#include "guard/agent/ask_vm.h"

struct ask_args {
	struct agent *a;
	struct client *c;
	const struct json *args; /* NULL: none */
	struct answer *answer;
};

static int
get_name(const struct ask_args *q, struct bytes *ret, struct diag *d)
{
	int r;

	if (q->args == NULL)
		return diag_fail(d, ERR_USAGE, "no VM is named");
	if ((r = json_get_text(q->args, "NAME", ret, d)) < 0)
		return r;
	return name_check("VM", *ret, d);
}

static int
get_vm(const struct ask_args *q, bool running, struct vm **ret, struct diag *d)
{
	struct bytes name;
	int r;

	if ((r = get_name(q, &name, d)) < 0)
		return r;
	*ret = vm_find(q->a, name);
	if (*ret == NULL || (running && !vm_is_running(*ret)))
		return diag_refuse(d, REASON_VmNotRunning,
		    "%.*s: is not running", (int)name.len,
		    (const char *)name.p);
	return ERR_OK;
}

static void
put_time(struct json_out *o, const char *key, uint64_t t)
{
	char text[TIME_TEXT_SIZE];

	if (t == 0)
		return;
	time_format(t, text);
	json_out_put_string(o, key, text);
}

static void
put_reasons(const struct wire_error *e, struct answer *answer)
{
	struct json_out *o = answer_data(answer);

	json_out_put_text(o, "code", e->code);
	json_out_put_text(o, "message", e->message);
	for (size_t i = 0; i < e->n_reasons; i++) {
		const struct wire_reason *r = &e->reasons[i];

		if (answer_reason(answer, &wire_reason_fields, r, NULL) < 0)
			return;
		answer_line(answer, "  %.*s: %.*s", (int)r->code.len,
		    (const char *)r->code.p, (int)r->text.len,
		    (const char *)r->text.p);
	}
}

void
command_put_status(const struct agent *a, struct answer *answer)
{
	const struct attest_state *s = &a->attest;
	const struct wire_error *e = &s->error;
	struct json_out *o = answer_data(answer);

	json_out_put_bool(o, "IsHostGuarded", s->guarded);
	json_out_put_string(o, "AttestationOperationMode", "Tpm");
	json_out_put_string(o, "AttestationStatus", s->status);
	json_out_key(o, "AttestationSubStatus");
	json_out_begin_array(o);
	for (size_t i = 0; i < e->n_sub_status; i++)
		json_out_text(o, e->sub_status[i].name);
	json_out_end_array(o);
	json_out_put_string(o, "AttestationServerUrl", a->conf.url);
	json_out_put_string(o, "FallbackUrl", a->conf.fallback);
	json_out_put_bool(o, "IsFallbackInUse",
	    s->url[0] != '\0' && strcmp(s->url, a->conf.url) != 0);
	put_time(o, "LastAttempt", s->last_attempt);
	put_time(o, "LastPassed", s->last_passed);
	put_time(o, "CertificateExpires", s->expires);
	json_out_put_number(o, "ClockSkew", s->skew);
	answer_line(answer, "IsHostGuarded      %s",
	    s->guarded ? "true" : "false");
	answer_line(answer, "AttestationStatus  %s", s->status);
	for (size_t i = 0; i < e->n_sub_status; i++)
		answer_line(answer, "SubStatus          %.*s",
		    (int)e->sub_status[i].name.len,
		    (const char *)e->sub_status[i].name.p);
	answer_line(answer, "HGS                %s", a->conf.url);
	if (e->code.len != 0)
		put_reasons(e, answer);
	if (s->text[0] != '\0')
		answer_line(answer, "  %s", s->text);
}

static int
cmd_status(struct ask_args *q, struct diag *d)
{
	(void)d;
	command_put_status(q->a, q->answer);
	host_lock_put(q->a, q->answer);
	return ERR_OK;
}

static int
cmd_attest(struct ask_args *q, struct diag *d)
{
	(void)d;
	q->c->attempt = attest_begin(q->a);
	q->c->waits_attest = true;
	return ERR_OK;
}

static void
put_vm(struct json_out *o, const struct vm *v)
{
	const struct vm_status *s = &v->status;

	json_out_put_string(o, "name", v->name);
	json_out_put_string(o, "phase", vm_phase_name(s->phase));
	json_out_put_text(o, "step", s->step);
	json_out_put_text(o, "reason", s->reason);
	json_out_put_text(o, "text", s->text);
	json_out_put_text(o, "remedy", s->remedy);
	json_out_put_text(o, "level", s->level);
	json_out_put_text(o, "accel", s->accel);
	json_out_put_text(o, "accel_why", s->accel_why);
	json_out_put_bool(o, "unclean", s->unclean);
	json_out_put_bool(o, "hgs_knew", s->hgs_knew);
	json_out_put_number(o, "generation", s->generation);
	put_time(o, "started", s->started);
	json_out_put_number(o, "pid", s->pid);
}

static int
cmd_vm_status(struct ask_args *q, struct diag *d)
{
	struct vm *v;
	int r;

	if ((r = get_vm(q, false, &v, d)) < 0)
		return r;
	put_vm(answer_data(q->answer), v);
	answer_line(q->answer, "%s: %s (%.*s)", v->name,
	    vm_phase_name(v->status.phase), (int)v->status.step.len,
	    (const char *)v->status.step.p);
	return ERR_OK;
}

static int
cmd_vm_list(struct ask_args *q, struct diag *d)
{
	struct json_out *o = answer_data(q->answer);

	(void)d;
	json_out_key(o, "vms");
	json_out_begin_array(o);
	for (size_t i = 0; i < VMS_MAX; i++) {
		const struct vm *v = &q->a->vms[i];

		if (!v->used)
			continue;
		json_out_begin_object(o);
		put_vm(o, v);
		json_out_end_object(o);
		answer_line(q->answer, "%-24s %s", v->name,
		    vm_phase_name(v->status.phase));
	}
	json_out_end_array(o);
	return ERR_OK;
}

static int
cmd_vm_start(struct ask_args *q, struct diag *d)
{
	struct bytes name;
	int r;

	if ((r = get_name(q, &name, d)) < 0 ||
	    (r = vm_want_start(q->a, name, d)) < 0)
		return r;
	answer_changed(q->answer, NULL, "%.*s: starting", (int)name.len,
	    (const char *)name.p);
	return ERR_OK;
}

static int
stop(struct ask_args *q, bool kill, struct diag *d)
{
	uint64_t seconds = 90;
	struct vm *v;
	int r;

	if ((r = get_vm(q, true, &v, d)) < 0)
		return r;
	if (json_has(q->args, "timeout")) {
		struct bytes text;

		r = json_get_text(q->args, "timeout", &text, d);
		if (r < 0 ||
		    (r = number_parse("--timeout", text, 1, 3600, &seconds,
			 d)) < 0)
			return r;
	}
	return ask_vm_stop(q->a, v, q->c, kill, (uint32_t)seconds, d);
}

static int
cmd_vm_stop(struct ask_args *q, struct diag *d)
{
	return stop(q, false, d);
}

static int
cmd_vm_kill(struct ask_args *q, struct diag *d)
{
	return stop(q, true, d);
}

static int
cmd_vm_guest(struct ask_args *q, struct diag *d)
{
	struct bytes verb, command = BYTES_NONE;
	struct vm *v;
	int r;

	if ((r = get_vm(q, true, &v, d)) < 0 ||
	    (r = json_get_text(q->args, "VERB", &verb, d)) < 0 ||
	    (json_has(q->args, "command") &&
		(r = json_get_text(q->args, "command", &command, d)) < 0))
		return r;
	return ask_vm_guest(q->a, v, q->c, verb, command, d);
}

static int
cmd_vm_console(struct ask_args *q, struct diag *d)
{
	struct bytes kind;
	struct vm *v;
	int r;

	if ((r = get_vm(q, true, &v, d)) < 0 ||
	    (r = json_get_text(q->args, "kind", &kind, d)) < 0)
		return r;
	return ask_vm_console(q->a, v, q->c, kind, d);
}

static int
change_disk(struct ask_args *q, const char *verb, struct diag *d)
{
	struct bytes file, text;
	uint64_t size = 0;
	struct vm *v;
	int r;

	if ((r = get_vm(q, true, &v, d)) < 0 ||
	    (r = json_get_text(q->args, "DISK", &file, d)) < 0 ||
	    (r = name_check("disk", file, d)) < 0)
		return r;
	if (json_has(q->args, "size") &&
	    ((r = json_get_text(q->args, "size", &text, d)) < 0 ||
		(r = number_parse("size", text, 1, UINT64_MAX, &size, d)) < 0))
		return r;
	return ask_vm_disk(q->a, v, q->c, bytes_of_text(verb), file, size, d);
}

static int
cmd_vm_disk_attach(struct ask_args *q, struct diag *d)
{
	return change_disk(q, "attach", d);
}

static int
cmd_vm_disk_detach(struct ask_args *q, struct diag *d)
{
	return change_disk(q, "detach", d);
}

static int
cmd_vm_disk_resize(struct ask_args *q, struct diag *d)
{
	return change_disk(q, "resize", d);
}

static int
cmd_vm_dump(struct ask_args *q, struct diag *d)
{
	struct vm *v;
	int r = get_vm(q, true, &v, d);

	return r < 0 ? r : ask_vm_dump(q->a, v, q->c, d);
}

static int
cmd_vm_log(struct ask_args *q, struct diag *d)
{
	struct vm *v;
	size_t first;
	int r;

	if ((r = get_vm(q, false, &v, d)) < 0)
		return r;
	first = v->n_log > VM_LOG_LINES ? v->n_log - VM_LOG_LINES : 0;
	for (size_t i = first; i < v->n_log; i++)
		answer_line(q->answer, "%s", v->log[i % VM_LOG_LINES]);
	return ERR_OK;
}

static const struct agent_command {
	const char *name;
	int (*run)(struct ask_args *q, struct diag *d);
} commands[] = {
	{ "status", cmd_status },
	{ "attest", cmd_attest },
	{ "vm list", cmd_vm_list },
	{ "vm status", cmd_vm_status },
	{ "vm start", cmd_vm_start },
	{ "vm stop", cmd_vm_stop },
	{ "vm kill", cmd_vm_kill },
	{ "vm guest", cmd_vm_guest },
	{ "vm console", cmd_vm_console },
	{ "vm disk attach", cmd_vm_disk_attach },
	{ "vm disk detach", cmd_vm_disk_detach },
	{ "vm disk resize", cmd_vm_disk_resize },
	{ "vm dump", cmd_vm_dump },
	{ "vm log", cmd_vm_log },
};

int
command_run(struct agent *a, struct client *c, struct bytes request,
    struct answer *answer, struct diag *d)
{
	struct ask_args q = { a, c, NULL, answer };
	struct json_doc *doc = NULL;
	struct bytes name;
	int r;

	if ((r = json_parse(request, &doc, d)) < 0)
		return r;
	r = json_get_text(json_root(doc), "command", &name, d);
	if (r == ERR_OK && json_has(json_root(doc), "args"))
		r = json_get_object(json_root(doc), "args", &q.args, d);
	if (r == ERR_OK) {
		r = diag_fail(d, ERR_USAGE, "guardd has no such command");
		for (size_t i = 0; i < ARRAY_LEN(commands); i++)
			if (bytes_equal_text(name, commands[i].name))
				r = commands[i].run(&q, d);
	}
	json_doc_free(doc);
	return r;
}
