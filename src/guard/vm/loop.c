/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While the VM runs: one poll() over guardd, QEMU, its TPM and the clock.
 */
#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>

#include "base/log.h"
#include "guard/vm/vm.h"

#define SAVE_MS      60000
#define ADOPT_MS     2000
#define TERM_SECONDS 60

enum {
	ON_CONTROL,
	ON_RELAY,
	ON_QMP,
	ON_QEMU_END,
	ON_TPM_END,
	ON_LOG,
	ON_SIGNAL,
	ON_LEASE,
	ON_SERIAL,
	ON_VIEWER,
	N_ON
};

/* A crash must not cost the guest what it told its firmware to keep. */
static void
save(struct vm *vm, uint64_t *next)
{
	struct diag d = { 0 };

	*next = lines_now() + SAVE_MS;
	if (nvram_save(vm, &d) < 0)
		log_warning("VM %s: %s", vm->name, d.text);
}

static bool
is_alone(const struct vm *vm)
{
	return vm->control_fd < 0 || vm->relay_fd < 0;
}

static int
next_timeout(const struct vm *vm, uint64_t next_save)
{
	uint64_t now = lines_now(), next = next_save;

	if (vm->stop_deadline != 0 && vm->stop_deadline < next)
		next = vm->stop_deadline;
	if (is_alone(vm) && vm->adopt_at < next)
		next = vm->adopt_at;
	return next > now ? (int)(next - now) : 0;
}

/* Late answers; nothing else may come there. */
static void
drain_relay(struct vm *vm)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;

	if (channel_receive(vm->relay_fd, 0, &storage, &f, NULL) ==
	    ERR_NOT_FOUND) {
		log_warning("VM %s: guardd is gone; no lease can be renewed",
		    vm->name);
		close_p(&vm->relay_fd);
	}
}

static void
on_qmp(struct vm *vm)
{
	struct diag d = { 0 };

	if (qmp_read(&vm->machine.qmp, &d) < 0)
		vm->machine.qmp_lost = true;
}

static void
on_signal(struct vm *vm, int fd)
{
	struct signalfd_siginfo s;

	if (read(fd, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	log_notice("VM %s: told to end", vm->name);
	if (!vm->stopping)
		vm_stop_begin(vm, false, TERM_SECONDS);
	else
		vm_stop_begin(vm, true, 0);
}

static void
dispatch(struct vm *vm, const struct pollfd *p, int signal_fd)
{
	if (p[ON_LOG].revents != 0) {
		machine_read_log(vm);
		if ((p[ON_LOG].revents & POLLHUP) != 0)
			close_p(&vm->machine.log_fd);
	}
	if (p[ON_QMP].revents != 0)
		on_qmp(vm);
	if (p[ON_SERIAL].revents != 0)
		serial_from_guest(vm);
	if (p[ON_VIEWER].revents != 0 && vm->serial.viewer_fd >= 0)
		serial_from_viewer(vm);
	if (p[ON_QEMU_END].revents != 0) {
		vm_ended(vm);
		return;
	}
	control_after_events(vm);
	/* A VM without its TPM is of no use, and QEMU may not notice. */
	if (p[ON_TPM_END].revents != 0 && !vm->stopping)
		vm_stop_begin(vm, true, 0);
	if (p[ON_CONTROL].revents != 0)
		control_serve(vm);
	if (p[ON_RELAY].revents != 0)
		drain_relay(vm);
	if (p[ON_SIGNAL].revents != 0)
		on_signal(vm, signal_fd);
}

int
vm_loop(struct vm *vm, int signal_fd, struct diag *d)
{
	uint64_t next_save = lines_now() + SAVE_MS;
	int r = lease_watch(&vm->lease, d);

	if (r < 0)
		return r;
	while (!vm->over) {
		const struct machine *m = &vm->machine;
		bool tpm = !vm->stopping;
		struct pollfd p[N_ON] = {
			[ON_CONTROL] = { vm->control_fd, POLLIN, 0 },
			[ON_RELAY] = { vm->relay_fd, POLLIN, 0 },
			[ON_QMP] = { m->qmp_lost ? -1 : m->qmp_fd, POLLIN, 0 },
			[ON_QEMU_END] = { m->qemu_end_fd, POLLIN, 0 },
			[ON_TPM_END] = { tpm ? m->swtpm_end_fd : -1, POLLIN,
			    0 },
			[ON_LOG] = { m->log_fd, POLLIN, 0 },
			[ON_SIGNAL] = { signal_fd, POLLIN, 0 },
			[ON_LEASE] = { vm->killing ? -1 : vm->lease.timer_fd,
			    POLLIN, 0 },
			[ON_SERIAL] = { m->serial_fd, POLLIN, 0 },
			[ON_VIEWER] = { vm->serial.viewer_fd, POLLIN, 0 },
		};

		if ((r = lease_arm(&vm->lease, d)) < 0)
			return r;
		if (poll(p, N_ON, next_timeout(vm, next_save)) < 0 &&
		    errno != EINTR)
			return diag_errno(d, "cannot wait");
		dispatch(vm, p, signal_fd);
		if (vm->over)
			break;
		if (vm->stop_deadline != 0 && lines_now() >= vm->stop_deadline)
			vm_stop_late(vm);
		if (is_alone(vm) && lines_now() >= vm->adopt_at) {
			vm->adopt_at = lines_now() + ADOPT_MS;
			control_adopt(vm);
		}
		local_keep(vm);
		lease_keep(vm);
		if (lines_now() >= next_save)
			save(vm, &next_save);
	}
	return ERR_OK;
}
