/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's two processes, from the first descriptor to the last exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/log.h"
#include "guard/vm/vm.h"
#include "vm/kvm.h"
#include "vm/launch.h"
#include "vm/qemu.h"
#include "vm/swtpm.h"
#include "json/json.h"

#define END_MS    10000
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
		.log_theirs_fd = -1 };
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
static void
program_path(const struct vm *vm, const char *path, char ret[PATH_TEXT_MAX])
{
	if (path_under(vm->root, path, ret, PATH_TEXT_MAX, NULL) < 0 ||
	    access(ret, X_OK) != 0)
		(void)stpncpy(ret, path, PATH_TEXT_MAX - 1);
	ret[PATH_TEXT_MAX - 1] = '\0';
}

int
machine_start_tpm(struct vm *vm, struct diag *d)
{
	struct machine *m = &vm->machine;
	const struct vm_secrets *secrets = vm_secrets_of(vm);
	char program[PATH_TEXT_MAX], state[PATH_TEXT_MAX];
	auto_close int log = -1;
	struct swtpm_start s = { .program = program,
		.state_dir = state,
		.key = BYTES_OF_ARRAY(secrets->vtpm_key),
		.migration_key = BYTES_OF_ARRAY(secrets->vtpm_migration_key),
		.lock_fd = vm->folder.lock_fd };
	int r;

	program_path(vm, vm->conf.swtpm, program);
	if ((r = path_under(vm->folder.path, "/" VM_DIR_VTPM, state,
		 sizeof(state), d)) < 0 ||
	    (r = user_take(vm, &m->uid, d)) < 0 ||
	    (r = folder_give_vtpm(vm, m->uid, d)) < 0 ||
	    (r = pair(&m->log_fd, &log, d)) < 0)
		return r;
	s.uid = m->uid;
	s.log_fd = log;
	if ((r = swtpm_start(&s, &m->swtpm, &m->tpm_fd, d)) < 0)
		return explain(vm, r, d);
	/* QEMU gets the same end to write to. */
	m->log_theirs_fd = TAKE_FD(&log);
	return watch(m->swtpm, &m->swtpm_end_fd, d);
}

static void
on_event(struct bytes name, const struct json *data, void *arg)
{
	struct vm *vm = arg;
	bool guest;

	if (!bytes_equal_text(name, "SHUTDOWN") || data == NULL)
		return;
	if (json_get_bool(data, "guest", &guest, NULL) == ERR_OK && guest)
		vm->machine.guest_went_down = true;
}

static int
choose_accelerator(struct vm *vm, const struct qemu_start *q, struct diag *d)
{
	struct diag why = { 0 };

	if (strcmp(vm->conf.accel, "tcg") == 0)
		return ERR_OK;
	if (kvm_usable(q, &why) == ERR_OK) {
		vm->machine.kvm = true;
		return ERR_OK;
	}
	if (strcmp(vm->conf.accel, "kvm") == 0)
		return diag_refuse(d, REASON_VmFailed, "KVM: %s", why.text);
	log_notice("VM %s: software emulation, since KVM cannot be used: %s",
	    vm->name, why.text);
	return ERR_OK;
}

static void
close_disks(struct qemu_start *q)
{
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
	auto_close int qmp = -1, agent = -1;
	int r;

	if ((r = open_disks(vm, q, d)) < 0 ||
	    (r = pair(&m->qmp_fd, &qmp, d)) < 0 ||
	    (r = pair(&m->agent_fd, &agent, d)) < 0 ||
	    (r = choose_accelerator(vm, q, d)) < 0)
		return r;
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
	qga_init(&m->qga, m->agent_fd);
	return qmp_open(&m->qmp, d);
}

int
machine_start_qemu(struct vm *vm, struct diag *d)
{
	struct machine *m = &vm->machine;
	char program[PATH_TEXT_MAX];
	struct qemu_start q = { .program = program,
		.name = vm->name,
		.uid = m->uid,
		.lock_memory = may_lock_memory(),
		.cpus = vm->folder.config.cpus,
		.memory = vm->folder.config.memory,
		.firmware_fd = vm->folder.firmware_fd,
		.nvram = { -1, -1 },
		.log_fd = m->log_theirs_fd,
		.lock_fd = vm->folder.lock_fd };
	int r;

	program_path(vm, vm->conf.qemu, program);
	if (!q.lock_memory)
		log_notice("VM %s: its memory is not locked: no right to",
		    vm->name);
	r = start_qemu(vm, &q, d);
	close_disks(&q);
	return r < 0 ? explain(vm, r, d) : ERR_OK;
}

int
machine_unlock_disks(struct vm *vm, struct diag *d)
{
	const struct vm_config *c = &vm->folder.config;
	const struct vm_secrets *s = vm_secrets_of(vm);
	int r = ERR_OK;

	for (size_t i = 0; i < c->n_disks && r == ERR_OK; i++) {
		char port[16];
		struct qmp_disk disk = { .index = i,
			.set = qemu_disk_set(i),
			.port = port };

		qemu_disk_port(i, port);
		for (size_t k = 0; k < s->n_disks; k++)
			if (bytes_equal(BYTES_OF_ARRAY(s->disks[k].id),
				BYTES_OF_ARRAY(c->disks[i].id)))
				disk.key = BYTES_OF_ARRAY(s->disks[k].key);
		BUG_ON(disk.key.len == 0); /* state_check() found them all */
		r = qmp_disk_add(&vm->machine.qmp, &disk, d);
	}
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
	if (launch_wait(m->swtpm, END_MS, &swtpm, NULL) < 0)
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
