/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the lock's programs in the kernel share with its loader and with those
 * that read its counters. Compiled for BPF too: no header of libc.
 */
#ifndef GUARD_LOCK_SHARED_H
#define GUARD_LOCK_SHARED_H

#include <stdint.h>

/* Refusals since the lock was armed, by what was tried. */
struct lock_counters {
	uint64_t bpf;     /* any bpf() call */
	uint64_t perf;    /* perf_event_open() */
	uint64_t ptrace;  /* /proc/PID, ptrace(), setns() and all the like */
	uint64_t kill;    /* signals by whatever call */
	uint64_t sigio;   /* signals by a file's owner */
	uint64_t rlimit;  /* prlimit() of another process */
	uint64_t pins;    /* unlink or rename where the lock is pinned */
	uint64_t mounts;  /* mount, move, unmount of that place */
	uint64_t modules; /* modules, once they are closed */
	uint64_t kexec;   /* loading another kernel */
	uint64_t sysctl;  /* settings that nobody may write */
	uint64_t exec;    /* code from a foreign file system */
	uint64_t nsfs;    /* going through other mount namespaces */
	uint64_t sysrq;   /* /proc/sysrq-trigger, or changing a keymap */
	uint64_t swapon;  /* swap, that memory would be written to */
	uint64_t binfmt;  /* interpreters of programs, by binfmt_misc */
	uint64_t dm;      /* other tables of device-mapper devices */
};

/* One page that its holder writes `request` of, and reads the other of. */
struct lock_modules {
	uint64_t request; /* not 0: close */
	uint64_t closed;  /* written by the lock when it has closed them */
};

/*
 * bpf() with this command, which no kernel knows, only has the lock look at
 * the request; it is refused like any other, but not counted.
 */
#define LOCK_BPF_LOOK 0x7f4c4f4b

/*
 * Settings that nobody may write while the lock is armed, by their names in
 * /proc/sys, and what the loader writes there before, or NULL. The first would
 * end the lock, the next two have to do with core dumps. All others have the
 * kernel print registers or stacks of whatever runs or sleeps at the time;
 * 438 is Debian's value for sysrq, which leaves out those that print.
 */
#define LOCK_SETTINGS(X)                              \
	X("kernel/ftrace_enabled", NULL)              \
	X("kernel/core_pattern", NULL)                \
	X("fs/suid_dumpable", NULL)                   \
	X("kernel/sysrq", "438")                      \
	X("kernel/panic_print", "0")                  \
	X("kernel/print-fatal-signals", "0")          \
	X("kernel/oops_all_cpu_backtrace", "0")       \
	X("kernel/hardlockup_all_cpu_backtrace", "0") \
	X("kernel/softlockup_all_cpu_backtrace", "0") \
	X("kernel/hung_task_all_cpu_backtrace", "0")  \
	X("kernel/hung_task_timeout_secs", "0")       \
	X("kernel/watchdog_thresh", "10")             \
	X("kernel/unknown_nmi_panic", "0")            \
	X("kernel/panic_on_unrecovered_nmi", "0")     \
	X("kernel/panic_on_io_nmi", "0")

#define LOCK_REPORTS_MAX 24

/* What the loader sets before the lock is armed, all at once by `armed`. */
struct lock_state {
	uint64_t armed;
	uint64_t closed;       /* the lock's own copy: never goes back */
	uint64_t root;         /* the super_block that PID 1 was started from */
	uint64_t sealed;       /* that of what marked processes execute */
	uint32_t pins_dev;     /* s_dev of the file system with the pins */
	uint32_t early_dev[2]; /* of what PID 1 and the loader run from */
	uint32_t started;      /* PID 1 has executed something of the root */
	uint64_t sysrq;        /* inode number in any proc */
	uint64_t reports[LOCK_REPORTS_MAX]; /* inode numbers in any sysfs */
};

#endif
