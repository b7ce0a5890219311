/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's two processes, from the first descriptor to the last exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "guard/vm/vm.h"
#include "vm/kvm.h"
#include "vm/launch.h"
#include "vm/program.h"
#include "vm/qemu.h"
#include "vm/swtpm.h"
#include "vm/tap.h"
#include "json/json.h"

#define END_MS    30000
#define PROGRAMS  PATH_RUN "/programs" /* copies that nobody may read */
#define LOG_LINES 200 /* of one VM: the guest must not fill the journal */

void
machine_init(struct machine *m)
{
	*m = (struct machine){ .swtpm_end_fd = -1,
		.qemu_end_fd = -1,
		.tpm_fd = -1,
		.qmp_fd = -1,
		.agent_fd = -1,
		.log_fd = -1,
		.log_theirs_fd = -1,
		.serial_fd = -1 };
	for (size_t i = 0; i < ARRAY_LEN(m->slot); i++)
		m->slot[i] = i;
}

static int
pair(int *ret_ours, int *ret_theirs, struct diag *d)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "cannot make a socket pair");
	*ret_ours = fds[0];
	*ret_theirs = fds[1];
	return ERR_OK;
}

/*
 * The copy is escaped at once: what QEMU prints can come from the guest. The
 * socket is drained even when nothing more of it is written down.
 */
void
machine_read_log(struct vm *vm)
{
	struct machine *m = &vm->machine;
	char text[512];
	ssize_t n;

	while (m->log_fd >= 0 &&
	    (n = recv(m->log_fd, text, sizeof(text), MSG_DONTWAIT)) > 0) {
		while (n > 0 && text[n - 1] == '\n')
			n--;
		if (n == 0)
			continue;
		text_escape(bytes_of(text, (size_t)n), m->last_words,
		    sizeof(m->last_words));
		if (m->n_log++ < LOG_LINES)
			log_info("VM %s: it says: %s", vm->name, m->last_words);
	}
}

/* A failed start is explained by the last thing that was said. */
static int
explain(struct vm *vm, int r, struct diag *d)
{
	struct diag said;

	machine_read_log(vm);
	if (d == NULL || vm->machine.last_words[0] == '\0')
		return r;
	said = *d;
	(void)diag_refuse(d, REASON_VmFailed, "%.180s: %.180s", said.text,
	    vm->machine.last_words);
	if (said.reason != REASON_NONE)
		d->reason = said.reason;
	return r;
}

static int
watch(pid_t pid, int *ret_fd, struct diag *d)
{
	*ret_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	return *ret_fd < 0 ? diag_errno(d, "process %d", (int)pid) : ERR_OK;
}

/* The machine's own programs serve a relocated installation too. */
void
machine_program(const struct vm *vm, const char *path, bool debuggable,
    char ret[static PATH_TEXT_MAX])
{
	char found[PATH_TEXT_MAX], dir[PATH_TEXT_MAX];
	struct diag d = { 0 };
	struct stat st;

	if (path_under(vm->root, path, found, sizeof(found), NULL) < 0 ||
	    access(found, X_OK) != 0)
		(void)snprintf(found, sizeof(found), "%s", path);
	/* In a sealed image they are as they must be. */
	if (!debuggable && stat(found, &st) == 0 && program_is_private(&st)) {
		(void)snprintf(ret, PATH_TEXT_MAX, "%s", found);
		return;
	}
	if (!debuggable &&
	    path_under(vm->root, PROGRAMS, dir, sizeof(dir), &d) == ERR_OK &&
	    program_keep(dir, found, ret, PATH_TEXT_MAX, &d) == ERR_OK)
		return;
	/* Then the cage copies it, each time. */
	if (!debuggable)
		log_warning("VM %s: %s", vm->name, d.text);
	(void)snprintf(ret, PATH_TEXT_MAX, "%s", found);
}

/* For both programs: a user, and a log to write to. */
static int
take_user(struct vm *vm, struct diag *d)
{
	struct machine *m = &vm->machine;
	int r;

	if (m->uid != 0)
		return ERR_OK;
	if ((r = user_take(vm, &m->uid, d)) < 0)
		return r;
	return pair(&m->log_fd, &m->log_theirs_fd, d);
}

int
machine_start_tpm(struct vm *vm, struct diag *d)
{
	struct machine *m = &vm->machine;
	const struct vm_secrets *secrets = vm_secrets_of(vm);
	char program[PATH_TEXT_MAX];
	struct swtpm_start s = { .program = program,
		.state_mount_fd = vm->folder.vtpm_mount_fd,
		.held_fds = vm->held_fds,
		.n_held = vm->n_held };
	int r;

	if (vm_has(vm, VM_FEATURE_STATE_ENCRYPTION)) {
		s.key = BYTES_OF_ARRAY(secrets->vtpm_key);
		s.migration_key = BYTES_OF_ARRAY(secrets->vtpm_migration_key);
	}
	machine_program(vm, vm->conf.swtpm, false, program);
	if ((r = take_user(vm, d)) < 0 ||
	    (r = folder_give_vtpm(vm, m->uid, d)) < 0)
		return r;
	s.uid = m->uid;
	s.log_fd = m->log_theirs_fd;
	if ((r = swtpm_start(&s, &m->swtpm, &m->tpm_fd, d)) < 0)
		return explain(vm, r, d);
	return watch(m->swtpm, &m->swtpm_end_fd, d);
}

static bool
dump_is_whole(const struct json *data)
{
	const struct json *result;
	struct bytes status;

	return data != NULL &&
	    json_get_object(data, "result", &result, NULL) == ERR_OK &&
	    json_get_text(result, "status", &status, NULL) == ERR_OK &&
	    bytes_equal_text(status, "completed");
}

static void
on_event(struct bytes name, const struct json *data, void *arg)
{
	struct vm *vm = arg;
	bool guest;

	if (bytes_equal_text(name, "DUMP_COMPLETED")) {
		vm->machine.dump_ended = true;
		vm->machine.dump_good = dump_is_whole(data);
	}
	if (!bytes_equal_text(name, "SHUTDOWN") || data == NULL)
		return;
	if (json_get_bool(data, "guest", &guest, NULL) == ERR_OK && guest)
		vm->machine.guest_went_down = true;
}

static int
choose_accelerator(struct vm *vm, const struct qemu_start *q, struct diag *d)
{
	struct diag why = { 0 };

	if (strcmp(vm->conf.accel, "tcg") == 0) {
		(void)snprintf(vm->machine.kvm_why, sizeof(vm->machine.kvm_why),
		    "guard.conf says so");
		return ERR_OK;
	}
	if (kvm_usable(q, &why) == ERR_OK) {
		vm->machine.kvm = true;
		return ERR_OK;
	}
	if (strcmp(vm->conf.accel, "kvm") == 0)
		return diag_refuse(d, REASON_VmFailed, "KVM: %s", why.text);
	text_escape(bytes_of_text(why.text), vm->machine.kvm_why,
	    sizeof(vm->machine.kvm_why));
	log_notice("VM %s: software emulation, since KVM cannot be used: %s",
	    vm->name, vm->machine.kvm_why);
	return ERR_OK;
}

static void
close_parts(struct qemu_start *q)
{
	for (size_t i = 0; i < q->n_nets; i++)
		close_p(&q->nets[i].tap_fd);
	close_p(&q->nvram.read_fd);
	close_p(&q->nvram.write_fd);
	for (size_t i = 0; i < q->n_disks; i++) {
		close_p(&q->disks[i].read_fd);
		close_p(&q->disks[i].write_fd);
	}
}

static int
open_disks(struct vm *vm, struct qemu_start *q, struct diag *d)
{
	const struct vm_config *c = &vm->folder.config;
	int r;

	if ((r = nvram_reopen(vm, O_RDONLY, &q->nvram.read_fd, d)) < 0 ||
	    (r = nvram_reopen(vm, O_RDWR, &q->nvram.write_fd, d)) < 0)
		return r;
	for (size_t i = 0; i < c->n_disks; i++) {
		q->disks[i] = (struct qemu_disk_fds){ -1, -1 };
		q->n_disks = i + 1;
		if ((r = folder_open_disk(vm, c->disks[i].file, O_RDONLY,
			 &q->disks[i].read_fd, d)) < 0 ||
		    (r = folder_open_disk(vm, c->disks[i].file, O_RDWR,
			 &q->disks[i].write_fd, d)) < 0)
			return r;
	}
	return ERR_OK;
}

static int
open_nets(struct vm *vm, struct qemu_start *q, struct diag *d)
{
	const struct vm_config *c = &vm->folder.config;
	int r;

	for (size_t i = 0; i < c->n_nets; i++) {
		if ((r = tap_open(c->nets[i].bridge, &q->nets[i].tap_fd, d)) <
		    0)
			return r;
		q->n_nets = i + 1;
		vm_mac_format(c->nets[i].mac, q->nets[i].mac);
	}
	return ERR_OK;
}

/* Guest memory must not reach a swap device, where the limit allows. */
static bool
may_lock_memory(void)
{
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_MEMLOCK, &all) == 0;
}

static int
start_qemu(struct vm *vm, struct qemu_start *q, struct diag *d)
{
	struct machine *m = &vm->machine;
	auto_close int qmp = -1, agent = -1, serial = -1;
	int r;

	if ((r = open_disks(vm, q, d)) < 0 || (r = open_nets(vm, q, d)) < 0 ||
	    (r = take_user(vm, d)) < 0 || (r = pair(&m->qmp_fd, &qmp, d)) < 0 ||
	    (r = pair(&m->agent_fd, &agent, d)) < 0 ||
	    (vm_has(vm, VM_FEATURE_SERIAL) &&
		(r = pair(&m->serial_fd, &serial, d)) < 0))
		return r;
	q->uid = m->uid;
	q->log_fd = m->log_theirs_fd;
	if ((r = choose_accelerator(vm, q, d)) < 0)
		return r;
	q->serial_fd = serial;
	q->tpm_fd = m->tpm_fd;
	q->qmp_fd = qmp;
	q->agent_fd = agent;
	q->kvm = m->kvm;
	if ((r = qemu_start(q, &m->qemu, d)) < 0 ||
	    (r = watch(m->qemu, &m->qemu_end_fd, d)) < 0)
		return r;
	/* Ours would keep swtpm alive after QEMU is gone. */
	close_p(&m->tpm_fd);
	close_p(&m->log_theirs_fd);
	close_p(&qmp);
	qmp_init(&m->qmp, m->qmp_fd, on_event, vm);
	qmp_allow(&m->qmp, vm->folder.config.level, vm->folder.config.features);
	qga_init(&m->qga, m->agent_fd);
	return qmp_open(&m->qmp, d);
}

int
machine_start_qemu(struct vm *vm, struct diag *d)
{
	char program[PATH_TEXT_MAX];
	struct qemu_start q = { .program = program,
		.name = vm->name,
		.lock_memory = may_lock_memory(),
		.cpus = vm->folder.config.cpus,
		.memory = vm->folder.config.memory,
		.firmware_fd = vm->folder.firmware_fd,
		.nvram = { -1, -1 },
		.console = vm_has(vm, VM_FEATURE_CONSOLE),
		.debuggable = vm_has(vm, VM_FEATURE_DEBUG),
		.held_fds = vm->held_fds,
		.n_held = vm->n_held };
	int r;

	machine_program(vm, vm->conf.qemu, q.debuggable, program);
	if (!q.lock_memory && vm->kernel_lock_fd >= 0)
		return diag_refuse(d, REASON_VmFailed,
		    "the VM's memory cannot be locked: %s", strerror(errno));
	if (!q.lock_memory)
		log_notice("VM %s: its memory is not locked: no right to",
		    vm->name);
	r = start_qemu(vm, &q, d);
	close_parts(&q);
	return r < 0 ? explain(vm, r, d) : ERR_OK;
}

int
machine_add_disk(struct vm *vm, size_t i, bool later, struct diag *d)
{
	char port[16];
	size_t slot = vm->machine.slot[i];
	struct qmp_disk disk = { .index = slot,
		.set = qemu_disk_set(slot),
		.port = port,
		.later = later };
	struct vm_disk_key *key;
	int r;

	qemu_disk_port(slot, port);
	if (!vm_is_regular(vm)) {
		if ((r = state_find_disk(vm, i, &key, d)) < 0)
			return r;
		disk.key = BYTES_OF_ARRAY(key->key);
	}
	return qmp_disk_add(&vm->machine.qmp, &disk, d);
}

int
machine_unlock_disks(struct vm *vm, struct diag *d)
{
	int r = ERR_OK;

	for (size_t i = 0; i < vm->folder.config.n_disks && r == ERR_OK; i++)
		r = machine_add_disk(vm, i, false, d);
	if (r == ERR_OK)
		r = qmp_reset(&vm->machine.qmp, d);
	return r < 0 ? explain(vm, r, d) : ERR_OK;
}

int
machine_run(struct vm *vm, struct diag *d)
{
	bool running = false;
	int r;

	if ((r = qmp_continue(&vm->machine.qmp, d)) < 0 ||
	    (r = qmp_running(&vm->machine.qmp, &running, d)) < 0)
		return explain(vm, r, d);
	return running
	    ? ERR_OK
	    : explain(vm, diag_fail(d, ERR_IO, "qemu does not run"), d);
}

int
machine_pause(struct vm *vm, struct diag *d)
{
	bool running = true;
	int r;

	if ((r = qmp_stop(&vm->machine.qmp, d)) < 0 ||
	    (r = qmp_running(&vm->machine.qmp, &running, d)) < 0)
		return r;
	return running ? diag_fail(d, ERR_IO, "qemu runs on") : ERR_OK;
}

static void
close_ends(struct machine *m)
{
	close_p(&m->swtpm_end_fd);
	close_p(&m->qemu_end_fd);
	close_p(&m->tpm_fd);
	close_p(&m->qmp_fd);
	close_p(&m->agent_fd);
	close_p(&m->serial_fd);
	close_p(&m->log_theirs_fd);
	qmp_free(&m->qmp);
	qga_free(&m->qga);
}

void
machine_kill(struct vm *vm)
{
	struct machine *m = &vm->machine;

	launch_kill(m->qemu);
	launch_kill(m->swtpm);
	m->qemu = m->swtpm = 0;
	machine_read_log(vm);
	close_p(&m->log_fd);
	close_ends(m);
}

/* swtpm ends by itself when QEMU lets go of it. */
bool
machine_reap(struct vm *vm)
{
	struct machine *m = &vm->machine;
	int qemu = -1, swtpm = -1;

	if (launch_wait(m->qemu, END_MS, &qemu, NULL) < 0)
		launch_kill(m->qemu);
	if (m->swtpm == 0)
		swtpm = 0;
	else if (launch_wait(m->swtpm, END_MS, &swtpm, NULL) < 0)
		launch_kill(m->swtpm);
	m->qemu = m->swtpm = 0;
	machine_read_log(vm);
	close_p(&m->log_fd);
	close_ends(m);
	if (qemu != 0 || swtpm != 0)
		log_warning("VM %s: qemu ended with %d, swtpm with %d",
		    vm->name, qemu, swtpm);
	return qemu == 0 && swtpm == 0;
}
