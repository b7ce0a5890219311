/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/swtpm.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/text.h"
#include "vm/launch.h"

/* Places of the child's descriptors. */
enum { FD_CONTROL, FD_KEY, FD_MIGRATION_KEY, FD_LOCK, N_FDS };

/*
 * A pipe or a memory file could be opened again by way of /proc/PID/fd; a
 * socket cannot. The writing end is gone before the child reads.
 */
static int
key_socket(struct bytes key, int *ret_fd, struct diag *d)
{
	auto_buf struct buf hex = BUF_INIT(2 * SWTPM_KEY_SIZE);
	int fds[2], r;

	BUG_ON(key.len != SWTPM_KEY_SIZE);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "swtpm: cannot make a socket pair");
	(void)hex_put(&hex, key);
	r = buf_check(&hex, "swtpm: key", d);
	if (r == ERR_OK)
		r = file_write_all(fds[1], buf_bytes(&hex), d);
	if (close(fds[1]) != 0 && r == ERR_OK)
		r = diag_errno(d, "swtpm: cannot hand over a key");
	if (r < 0)
		(void)close(fds[0]);
	else
		*ret_fd = fds[0];
	return r;
}

static int
run(const struct swtpm_start *s, const int fds[static N_FDS], pid_t *ret,
    struct diag *d)
{
	char control[64], key[64], migration_key[64];
	const char *const args[] = { "socket", "--tpm2", "--tpmstate",
		"dir=" LAUNCH_STATE_DIR ",mode=0600", "--ctrl", control,
		"--key", key, "--migration-key", migration_key, "--seccomp",
		"action=kill", "--terminate", NULL };
	struct launch l = { .program = s->program,
		.args = args,
		.uid = s->uid,
		.fds = fds,
		.n_fds = s->lock_fd >= 0 ? N_FDS : FD_LOCK,
		.log_fd = s->log_fd,
		.state_dir = s->state_dir };

	(void)snprintf(control, sizeof(control), "type=unixio,clientfd=%d",
	    LAUNCH_FIRST_FD + FD_CONTROL);
	(void)snprintf(key, sizeof(key), "fd=%d,format=hex,mode=aes-256-cbc",
	    LAUNCH_FIRST_FD + FD_KEY);
	(void)snprintf(migration_key, sizeof(migration_key),
	    "fd=%d,format=hex,mode=aes-256-cbc",
	    LAUNCH_FIRST_FD + FD_MIGRATION_KEY);
	return launch(&l, ret, d);
}

int
swtpm_start(const struct swtpm_start *s, pid_t *ret_pid, int *ret_fd,
    struct diag *d)
{
	auto_close int ours = -1, theirs = -1, key = -1, migration_key = -1;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "swtpm: cannot make a socket pair");
	ours = fds[0];
	theirs = fds[1];
	if ((r = key_socket(s->key, &key, d)) < 0 ||
	    (r = key_socket(s->migration_key, &migration_key, d)) < 0)
		return r;
	r = run(s, (int[N_FDS]){ theirs, key, migration_key, s->lock_fd },
	    ret_pid, d);
	if (r == ERR_OK)
		*ret_fd = TAKE_FD(&ours);
	return r;
}
