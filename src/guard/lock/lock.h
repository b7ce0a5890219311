/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel lock: BPF-LSM programs that keep root out of the memory of this
 * process and of all that it starts, until the last of them has ended.
 *
 *	if (lock_supported(d) == 0 && lock_load(&options, &lock, d) == 0 &&
 *	    lock_arm(lock, d) == 0)
 *		the record may say lock_digest()
 *
 * lock_load() marks the calling process; every child made from then on is
 * marked too, through fork and exec. It needs one thread, root, /proc, /sys and
 * /dev/tty0, and that no swap is on. lock_arm() first sets what LOCK_SETTINGS
 * says and changes keymaps, so that the kernel prints nobody's registers. It is the last bpf() that
 * anybody does before the next boot, and cannot be undone: extend the record
 * after it, so that it never lies.
 *
 * What has to be handed on to the process that lives on, and by it to each of
 * its children: lock_holder_fd(), which has no FD_CLOEXEC and holds the pins
 * (keep its number out of close_range()). The lock ends with the last copy of
 * it. Only to the process that lives on: lock_counters_fd() and
 * lock_modules_fd(), for guard/lock/counters.h; both have FD_CLOEXEC.
 *
 * Processes with the mark execute files of the file system of the first program
 * only that one of them executes after lock_arm(): the sealed image's; and
 * copies on a tmpfs that they make themselves. When PID 1 has executed
 * something of another file system than it and the caller ran from, the
 * initramfs is left: device-mapper's tables stay as they are.
 *
 * With code_root (the command line's shieldwall.code=root) processes that are
 * not marked execute, and map for execution, files only of the file system on
 * a block device from which PID 1 is started first after the lock was armed,
 * and, until that has happened, of those from which PID 1 and the caller run.
 */
#ifndef GUARD_LOCK_LOCK_H
#define GUARD_LOCK_LOCK_H

#include "guard/lock/counters.h"
#include "guard/lock/support.h"

struct lock_options {
	bool code_root;
};

struct lock;

/* Loads, marks, attaches and pins; nothing is refused yet. */
MUST_CHECK int lock_load(const struct lock_options *options, struct lock **ret,
    struct diag *d);
/* Refuses from now on, and has seen that the kernel does. */
MUST_CHECK int lock_arm(struct lock *lock, struct diag *d);
/* Descriptors that lock_free() closes. */
int lock_holder_fd(const struct lock *lock);
int lock_counters_fd(const struct lock *lock);
int lock_modules_fd(const struct lock *lock);
/* Closes this process's descriptors; an armed lock lives on in copies. */
void lock_free(struct lock *lock);
DEFINE_FREE_P(struct lock, lock_free);
#define auto_lock CLEANUP(lock_free_p)

#endif
