/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "vm/launch.h"
#include "vm/qmp.h"

#define TRIAL_MS     2000
#define TRIAL_STEP   100000 /* microseconds */
#define TRIAL_MEMORY 128

static int
check_capability(struct diag *d)
{
	auto_close int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return diag_errno(d, "/dev/kvm");
	if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return diag_fail(d, ERR_UNSUPPORTED, "another API version");
	if (ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM) <= 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "no system management mode, which Secure Boot needs");
	return ERR_OK;
}

/* The trial's firmware may write; the VM's variables stay as they are. */
static int
copy_nvram(int from, int *ret_fd, struct diag *d)
{
	auto_close int fd = memfd_create("nvram-trial", MFD_CLOEXEC);
	off_t at = 0;
	struct stat st;

	if (fd < 0 || fstat(from, &st) != 0)
		return diag_errno(d, "cannot copy the variables");
	while (at < st.st_size)
		if (sendfile(fd, from, &at, (size_t)(st.st_size - at)) <= 0)
			return diag_errno(d, "cannot copy the variables");
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

/* "running" must hold until the firmware has long left its reset code. */
static int
watch(int qmp_fd, struct diag *d)
{
	struct qmp q;
	uint64_t end;
	bool running = true;
	int r;

	qmp_init(&q, qmp_fd, NULL, NULL);
	r = qmp_open(&q, d);
	if (r == ERR_OK)
		r = qmp_continue(&q, d);
	end = lines_now() + TRIAL_MS;
	while (r == ERR_OK && lines_now() < end) {
		(void)usleep(TRIAL_STEP);
		r = qmp_running(&q, &running, d);
		if (r == ERR_OK && !running)
			r = diag_fail(d, ERR_UNSUPPORTED,
			    "a trial start stopped in the firmware");
	}
	qmp_free(&q);
	return r;
}

static int
try_start(const struct qemu_start *like, struct diag *d)
{
	auto_close int ours = -1, theirs = -1, nvram = -1, nvram_read = -1;
	struct qemu_start q = *like;
	char name[64];
	pid_t pid = 0;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "cannot make a socket pair");
	ours = fds[0];
	theirs = fds[1];
	if ((r = copy_nvram(like->nvram.read_fd, &nvram, d)) < 0)
		return r;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", nvram);
	nvram_read = open(name, O_RDONLY | O_CLOEXEC);
	if (nvram_read < 0)
		return diag_errno(d, "cannot copy the variables");
	q.kvm = true;
	q.lock_memory = false;
	q.cpus = 1;
	q.memory = TRIAL_MEMORY;
	q.nvram = (struct qemu_disk_fds){ nvram_read, nvram };
	q.n_disks = q.n_nets = 0;
	q.tpm_fd = q.agent_fd = q.serial_fd = -1;
	q.qmp_fd = theirs;
	if ((r = qemu_start(&q, &pid, d)) < 0)
		return r;
	close_p(&theirs);
	r = watch(ours, d);
	launch_kill(pid);
	return r;
}

int
kvm_usable(const struct qemu_start *like, struct diag *d)
{
	int r = check_capability(d);

	return r < 0 ? r : try_start(like, d);
}
