/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel lock, as guard-early left it: what it refused, and the one thing
 * that is still to be closed.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/log.h"
#include "guard/lock/counters.h"
#include "guard/tpm/guard.h"

#define MODULES_DISABLED "/proc/sys/kernel/modules_disabled"

/* Twice: the lock says no, and the kernel itself, which never takes it back. */
int
guard_close_modules(struct guard *g, struct diag *d)
{
	auto_close int fd = -1;
	int rc;

	if (g->modules_fd < 0 || g->modules_closed)
		return ERR_OK;
	if ((rc = lock_modules_close(g->modules_fd, d)) < 0)
		return rc;
	fd = open(MODULES_DISABLED, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d, MODULES_DISABLED ": cannot open");
	if ((rc = file_write_all(fd, bytes_of_text("1\n"), d)) < 0) {
		diag_prefix(d, MODULES_DISABLED);
		return rc;
	}
	g->modules_closed = true;
	log_notice("no kernel module is loaded from now on");
	return ERR_OK;
}

int
guard_on_lock(struct service_call *call, struct diag *d)
{
	const struct guard *g = call->context;
	struct lock_counters n = { 0 };
	struct host_lock out = { .sealed = g->host_ns_fd >= 0,
		.locked = g->lock_fd >= 0,
		.modules_closed = g->modules_closed };
	int rc;

	if (g->refusals_fd >= 0 &&
	    (rc = lock_counters_read(g->refusals_fd, &n, d)) < 0)
		return rc;
	out.bpf = n.bpf;
	out.perf = n.perf;
	out.ptrace = n.ptrace;
	out.kill = n.kill;
	out.sigio = n.sigio;
	out.rlimit = n.rlimit;
	out.pins = n.pins;
	out.mounts = n.mounts;
	out.modules = n.modules;
	out.kexec = n.kexec;
	out.sysctl = n.sysctl;
	out.exec = n.exec;
	out.nsfs = n.nsfs;
	out.sysrq = n.sysrq;
	out.swapon = n.swapon;
	out.binfmt = n.binfmt;
	out.dm = n.dm;
	return fields_encode(&host_lock_fields, &out, call->reply, d);
}
