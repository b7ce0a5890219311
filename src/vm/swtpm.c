/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/swtpm.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/text.h"
#include "vm/launch.h"

/* The child's: control, keys, two held, a private folder, as there are. */
#define FDS_MAX 6

struct start {
	int fds[FDS_MAX];
	size_t n_fds;
	const char *args[20];
	size_t n_args;
	char control[64], key[64], migration_key[64];
};

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
give(struct start *s, int fd)
{
	s->fds[s->n_fds] = fd;
	return LAUNCH_FIRST_FD + (int)s->n_fds++;
}

static void
add(struct start *s, const char *option, const char *value)
{
	BUG_ON(s->n_args + 2 >= ARRAY_LEN(s->args));
	s->args[s->n_args++] = option;
	if (value != NULL)
		s->args[s->n_args++] = value;
}

static void
add_key(struct start *s, const char *option, int fd, char text[static 64])
{
	(void)snprintf(text, 64, "fd=%d,format=hex,mode=aes-256-cbc",
	    give(s, fd));
	add(s, option, text);
}

static int
run(const struct swtpm_start *s, int control, int key, int migration_key,
    pid_t *ret, struct diag *d)
{
	struct start b = { 0 };
	struct launch l = { .program = s->program,
		.args = b.args,
		.uid = s->uid,
		.fds = b.fds,
		.log_fd = s->log_fd,
		.state_dir = s->state_dir,
		.state_is_last_fd = s->state_dir == NULL };

	add(&b, "socket", "--tpm2");
	add(&b, "--tpmstate", "dir=" LAUNCH_STATE_DIR ",mode=0600");
	(void)snprintf(b.control, sizeof(b.control), "type=unixio,clientfd=%d",
	    give(&b, control));
	add(&b, "--ctrl", b.control);
	if (key >= 0) {
		add_key(&b, "--key", key, b.key);
		add_key(&b, "--migration-key", migration_key, b.migration_key);
	}
	add(&b, "--seccomp", "action=kill");
	add(&b, "--terminate", NULL);
	for (size_t i = 0; i < s->n_held; i++)
		(void)give(&b, s->held_fds[i]);
	if (s->state_dir == NULL)
		(void)give(&b, s->state_mount_fd);
	l.n_fds = b.n_fds;
	return launch(&l, ret, d);
}

int
swtpm_start(const struct swtpm_start *s, pid_t *ret_pid, int *ret_fd,
    struct diag *d)
{
	auto_close int ours = -1, theirs = -1, key = -1, migration_key = -1;
	int fds[2], r;

	BUG_ON((s->key.len == 0) != (s->migration_key.len == 0));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return diag_errno(d, "swtpm: cannot make a socket pair");
	ours = fds[0];
	theirs = fds[1];
	if (s->key.len != 0 &&
	    ((r = key_socket(s->key, &key, d)) < 0 ||
		(r = key_socket(s->migration_key, &migration_key, d)) < 0))
		return r;
	r = run(s, theirs, key, migration_key, ret_pid, d);
	if (r == ERR_OK)
		*ret_fd = TAKE_FD(&ours);
	return r;
}
