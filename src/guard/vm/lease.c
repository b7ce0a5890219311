/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lease binds this host as it binds the HGS (T79): when it has passed,
 * another host may start the VM, so here the guest stands still until the HGS
 * says that the VM is still this host's.
 */
#include <signal.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/log.h"
#include "guard/vm/vm.h"

#define RETRY_MAX_MS 5000
#define RENEW_MIN_MS 300 /* whatever the HGS answers */
#define PAUSED_STEP  "paused: the HGS cannot be reached and the lease has ended"

/* Time in suspend counts: the HGS's clock does not stop for it. */
uint64_t
lease_now(void)
{
	struct timespec t;

	BUG_ON(clock_gettime(CLOCK_BOOTTIME, &t) != 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* This part of the lease from now: never at once. */
static uint64_t
later(uint32_t seconds, unsigned part)
{
	uint64_t ms = (uint64_t)seconds * 1000 / part;

	return ms > RENEW_MIN_MS ? ms : RENEW_MIN_MS;
}

/*
 * asked: when the request was about to be sent, so that the lease ends here
 * before it ends at the HGS. A tenth of it is kept back, for what this one
 * thread may be waiting for when it ends, and for clocks that differ.
 */
void
lease_take(struct lease *l, uint64_t asked, uint32_t seconds)
{
	l->seconds = seconds;
	l->end = asked + (uint64_t)seconds * 900;
	l->renew_at = asked + later(seconds, 3);
}

bool
lease_holds(const struct lease *l)
{
	return l->none || lease_now() < l->end;
}

/* Of this long wait for an answer, what may be spent while the guest runs. */
int
lease_patience(const struct lease *l, int ms)
{
	uint64_t now = lease_now(), most = LEASE_PAUSED_MS;

	if (l->end == 0)
		return ms;
	if (now < l->end)
		most = l->end - now;
	return (uint64_t)ms < most ? ms : (int)most;
}

int
lease_watch(struct lease *l, struct diag *d)
{
	l->timer_fd =
	    timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	return l->timer_fd < 0 ? diag_errno(d, "cannot make a timer") : ERR_OK;
}

/* poll() sleeps on through a suspend; this timer does not. */
int
lease_arm(struct lease *l, struct diag *d)
{
	static const struct itimerspec never = { 0 };
	uint64_t at = !l->paused && l->end < l->renew_at ? l->end : l->renew_at;
	struct itimerspec t = { .it_value = { (time_t)(at / 1000),
				    (long)(at % 1000) * 1000000 } };

	if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME,
		l->none ? &never : &t, NULL) != 0)
		return diag_errno(d, "cannot set a timer");
	return ERR_OK;
}

/* A QEMU that does not stand still is ended: it may not go on. */
static void
pause_guest(struct vm *vm)
{
	struct diag d = { 0 };

	vm->lease.paused = true;
	if (machine_pause(vm, &d) < 0) {
		log_error("VM %s: cannot be paused, so QEMU is killed: %s",
		    vm->name, d.text);
		vm->stopping = vm->killing = true;
		(void)kill(vm->machine.qemu, SIGKILL);
		return;
	}
	log_error("VM %s: its lease has ended: the guest is paused", vm->name);
	status_step(vm, PAUSED_STEP);
}

static void
continue_guest(struct vm *vm)
{
	struct diag d = { 0 };

	/* It took so long that the lease has passed again. */
	if (!lease_holds(&vm->lease))
		return;
	if (machine_run(vm, &d) < 0) {
		log_error("VM %s: does not continue: %s", vm->name, d.text);
		vm->lease.renew_at = lease_now() + RETRY_MAX_MS;
		return;
	}
	vm->lease.paused = false;
	log_notice("VM %s: its lease is renewed: the guest continues",
	    vm->name);
	if (vm->stopping)
		vm_stop_resume(vm);
	else
		status_step(vm, "running");
}

static void
renew_failed(struct vm *vm, const struct diag *why)
{
	struct lease *l = &vm->lease;
	uint64_t pause = later(l->seconds, 6);

	if (!l->failing)
		log_warning("VM %s: its lease is not renewed: %s", vm->name,
		    why->text);
	l->failing = true;
	l->renew_at =
	    lease_now() + (pause < RETRY_MAX_MS ? pause : RETRY_MAX_MS);
	if (why->reason == REASON_ProtectorSuperseded ||
	    why->reason == REASON_RunningElsewhere) {
		log_error("VM %s: superseded, so it ends here", vm->name);
		vm_stop_begin(vm, true, 0);
	}
}

static void
renew(struct vm *vm)
{
	struct diag d = { 0 };

	if (release_confirm(vm, &d) < 0) {
		renew_failed(vm, &d);
		return;
	}
	vm->lease.failing = false;
	if (vm->lease.paused)
		continue_guest(vm);
}

/* Paused first: an answer may be waited for. */
void
lease_keep(struct vm *vm)
{
	struct lease *l = &vm->lease;

	if (vm->killing || l->none)
		return;
	if (!l->paused && !lease_holds(l))
		pause_guest(vm);
	if (!vm->killing && lease_now() >= l->renew_at)
		renew(vm);
	/* That too may have taken until the lease's end. */
	if (!vm->killing && !l->paused && !lease_holds(l))
		pause_guest(vm);
}
