/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's command line, in a closed vocabulary: what is not a member of struct
 * qemu_start cannot be asked for. No monitor, debugger's port, firmware
 * configuration file, host folder or host device; a display and a serial port
 * only where they are asked for; memory private and kept out of dumps. Disks
 * come later, by QMP, since their keys do.
 */
#ifndef VM_QEMU_H
#define VM_QEMU_H

#include <sys/types.h>

#include "base/err.h"

#define QEMU_DISKS_MAX 8
#define QEMU_NETS_MAX  4

struct qemu_disk_fds {
	int read_fd;  /* O_RDONLY */
	int write_fd; /* O_RDWR, of the same file */
};

struct qemu_net {
	int tap_fd;
	char mac[18];
};

struct qemu_start {
	const char *program;
	const char *name; /* name_valid() */
	uid_t uid;
	bool kvm;
	bool lock_memory;
	uint32_t cpus;
	uint32_t memory; /* MiB */
	int firmware_fd; /* O_RDONLY: the OVMF code volume */
	struct qemu_disk_fds nvram;
	struct qemu_disk_fds disks[QEMU_DISKS_MAX];
	size_t n_disks;
	struct qemu_net nets[QEMU_NETS_MAX];
	size_t n_nets;
	int tpm_fd; /* from swtpm_start(); -1: none */
	int qmp_fd;
	int agent_fd;  /* -1: none (a trial run) */
	int serial_fd; /* -1: no serial port */
	bool console;  /* a display that qmp_viewer_add() shows */
	bool debuggable;
	int log_fd;
	/* Only held, as long as it lives: the folder's lock, the kernel's. */
	const int *held_fds;
	size_t n_held;
};

/* The descriptors stay the caller's. It starts paused, without disks. */
MUST_CHECK int qemu_start(const struct qemu_start *s, pid_t *ret_pid,
    struct diag *d);

/* The fdset of disk i, for qmp_disk_add(). */
unsigned qemu_disk_set(size_t i);
/* The PCIe port made for disk i. */
void qemu_disk_port(size_t i, char ret[static 16]);

#endif
