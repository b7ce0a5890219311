/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T73: the VM's TPM counts once at every stop in order and at every start that
 * follows another end, and the sealed secrets keep how far. So each state that
 * is older than the last of these says less than they do, whoever copied it.
 *
 * swtpm works on a copy in memory that no path leads to: what is counted, what
 * is digested and what is written back is one and the same state, whatever is
 * done to the folder meanwhile.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "guard/vm/vm.h"
#include "vm/launch.h"
#include "vm/private.h"
#include "vm/swtpm.h"
#include "vm/vtpm.h"
#include "vm/vtpm_counter.h"

#define PROBE_MS 15000

/* A swtpm without a state makes a new one: there must be one. */
static int
copy_in(const struct vm *vm, int dir_fd, uid_t uid, struct diag *d)
{
	auto_buf struct buf state = BUF_INIT(VTPM_STATE_MAX);
	int r =
	    file_read(vm->folder.vtpm_fd, VTPM_FILE, VTPM_STATE_MAX, &state, d);

	if (r == ERR_NOT_FOUND)
		return diag_refuse(d, REASON_VmStateTampered,
		    VM_DIR_VTPM ": there is no state");
	if (r < 0 ||
	    (r = file_create(dir_fd, VTPM_FILE, 0600, buf_bytes(&state), d)) <
		0)
		return r;
	if (fchownat(dir_fd, VTPM_FILE, uid, uid, AT_SYMLINK_NOFOLLOW) != 0)
		return diag_errno(d, VM_DIR_VTPM ": cannot hand over");
	return ERR_OK;
}

/* What swtpm or this process, killed, left beside the state. */
static int
remove_others(const struct vm *vm, struct diag *d)
{
	auto_close int fd =
	    openat(vm->folder.vtpm_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = ERR_OK;

	if (dir == NULL)
		return diag_errno(d, VM_DIR_VTPM);
	fd = -1;
	while (r == ERR_OK && (e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    strcmp(e->d_name, VTPM_FILE) == 0 ||
		    strcmp(e->d_name, VTPM_FILE_LOCK) == 0)
			continue;
		if (unlinkat(dirfd(dir), e->d_name, 0) != 0)
			r = diag_errno(d, VM_DIR_VTPM ": cannot remove a file");
	}
	(void)closedir(dir);
	return r;
}

static int
copy_out(const struct vm *vm, int dir_fd, uint8_t ret_digest[static 32],
    struct diag *d)
{
	auto_buf struct buf state = BUF_INIT(VTPM_STATE_MAX);
	uint8_t digest[32];
	int r;

	if ((r = vtpm_digest(dir_fd, digest, d)) < 0 ||
	    (r = file_read(dir_fd, VTPM_FILE, VTPM_STATE_MAX, &state, d)) < 0 ||
	    (r = remove_others(vm, d)) < 0 ||
	    (r = file_write_atomic(vm->folder.vtpm_fd, VTPM_FILE, 0600,
		 buf_bytes(&state), d)) < 0)
		return r;
	memcpy(ret_digest, digest, sizeof(digest));
	return ERR_OK;
}

/* What ran must say what it said then; after a crash it may say more. */
static int
judge(uint64_t recorded, uint64_t found, bool ran, struct diag *d)
{
	if (recorded == 0 || found == recorded || (found > recorded && !ran))
		return ERR_OK;
	if (found == 0)
		return diag_refuse(d, REASON_VmStateTampered,
		    VM_DIR_VTPM ": older than the state of the last start, or "
				"another one: it never counted");
	return diag_refuse(d, REASON_VmStateTampered,
	    VM_DIR_VTPM ": %s (it counted to %llu, and should to %llu)",
	    found < recorded ? "older than the state of the last start"
			     : "not the state that ran",
	    (unsigned long long)found, (unsigned long long)recorded);
}

static int
count(int control_fd, uint64_t deadline, uint64_t recorded, bool ran,
    uint64_t *ret, struct diag *d)
{
	auto_vtpm_counter struct vtpm_counter c = { .data_fd = -1 };
	uint64_t found;
	int r;

	if ((r = vtpm_counter_open(&c, control_fd, deadline, d)) < 0 ||
	    (r = vtpm_counter_find(&c, &found, d)) < 0 ||
	    (r = judge(recorded, found, ran, d)) < 0 ||
	    (r = vtpm_counter_add(&c, ret, d)) < 0)
		return r;
	return vtpm_counter_close(&c, d);
}

static int
run_tpm(struct vm *vm, struct swtpm_start *s, bool ran, uint64_t *ret,
    struct diag *d)
{
	uint64_t deadline = lines_now() + PROBE_MS, now;
	auto_close int control_fd = -1;
	int status = -1, r;
	pid_t pid;

	if ((r = swtpm_start(s, &pid, &control_fd, d)) < 0)
		return r;
	r = count(control_fd, deadline, vm_secrets_of(vm)->vtpm_counter, ran,
	    ret, d);
	close_p(&control_fd);
	now = lines_now();
	if (r == ERR_OK)
		r = launch_wait(pid, now < deadline ? (int)(deadline - now) : 0,
		    &status, d);
	if (r < 0) {
		launch_kill(pid);
		return r;
	}
	if (status != 0)
		return diag_fail(d, ERR_IO, "vtpm: swtpm ended with %d",
		    status);
	return ERR_OK;
}

static int
probe(struct vm *vm, uid_t uid, bool ran, uint8_t ret_digest[static 32],
    struct diag *d)
{
	struct vm_secrets *secrets = vm_secrets_of(vm);
	auto_close int mount_fd = -1, dir_fd = -1, log = -1;
	char program[PATH_TEXT_MAX];
	struct swtpm_start s = { .program = program,
		.uid = uid,
		.key = BYTES_OF_ARRAY(secrets->vtpm_key),
		.migration_key = BYTES_OF_ARRAY(secrets->vtpm_migration_key),
		.held_fds = vm->held_fds,
		.n_held = vm->n_held };
	uint64_t counted;
	int fds[2], r;

	status_step(vm, "check the VM's TPM");
	machine_program(vm, vm->conf.swtpm, false, program);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "cannot make a socket pair");
	vm->machine.log_fd = fds[0];
	s.log_fd = log = fds[1];
	if ((r = private_folder(uid, &mount_fd, &dir_fd, d)) == ERR_OK &&
	    (r = copy_in(vm, dir_fd, uid, d)) == ERR_OK) {
		s.state_mount_fd = mount_fd;
		r = run_tpm(vm, &s, ran, &counted, d);
	}
	machine_read_log(vm);
	close_p(&vm->machine.log_fd);
	if (r < 0 || (r = copy_out(vm, dir_fd, ret_digest, d)) < 0)
		return r;
	secrets->vtpm_counter = counted;
	return ERR_OK;
}

int
probe_start(struct vm *vm, struct diag *d)
{
	uint8_t digest[32];
	uid_t uid;
	int r = user_take(vm, &uid, d);

	return r < 0 ? r : probe(vm, uid, false, digest, d);
}

int
probe_stop(struct vm *vm, uint8_t ret_digest[static 32], struct diag *d)
{
	return probe(vm, vm->machine.uid, true, ret_digest, d);
}
