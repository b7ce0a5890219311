/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-early and guard-tpm as they are started, in a folder of their own, on
 * a TPM of their own; and a client in guardd's place.
 */
#ifndef TESTS_GUARD_RIG_H
#define TESTS_GUARD_RIG_H

#include <stdio.h>

#include "../swtpm.h"
#include "base/file.h"
#include "ipc/channel.h"
#include "ipc/ctl.h"
#include "proto/guard.h"

#define TIMEOUT 60000

struct rig {
	struct swtpm tpm;
	char root[96], bin[96], socket[128];
	pid_t guard; /* guard-tpm */
	int agent;
	struct buf storage; /* behind the views of identity */
	struct tpm_identity identity;
};

/* The daemon outlives its starter; it shall not outlive the test. */
static pid_t running;

static inline void
end_running(void)
{
	if (running > 0)
		(void)kill(running, SIGKILL);
}

static inline void
path_of(char ret[static 256], const char *dir, const char *name)
{
	(void)snprintf(ret, 256, "%s/%s", dir, name);
}

static inline void
copy_program(const struct rig *r, const char *from, const char *name)
{
	char path[256];
	struct diag d;
	uint8_t *p;
	size_t n;

	p = t_read_file(from, &n);
	path_of(path, r->bin, name);
	if (file_write_atomic(AT_FDCWD, path, 0755, bytes_of(p, n), &d) < 0)
		t_bail("%s", d.text);
	free(p);
}

static inline void
make_rig(struct rig *r)
{
	char self[200], path[256], *slash;
	struct diag d;
	ssize_t n;

	swtpm_new(&r->tpm);
	(void)snprintf(r->root, sizeof(r->root), "%s/root", r->tpm.dir);
	(void)snprintf(r->bin, sizeof(r->bin), "%s/bin", r->tpm.dir);
	(void)snprintf(r->socket, sizeof(r->socket),
	    "%s/run/shieldwall/guard-tpm.sock", r->root);
	path_of(path, r->root, "etc/shieldwall");
	if (dir_make_all(path, 0755, &d) < 0 ||
	    dir_make_all(r->bin, 0755, &d) < 0)
		t_bail("%s", d.text);
	swtpm_put(&r->tpm, "root/etc/shieldwall/guard.conf",
	    "[tpm]\ntcti = %s\n[agent]\nuser = nobody\n", r->tpm.tcti);

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		t_bail("/proc/self/exe");
	self[n] = '\0';
	copy_program(r, self, "guard-vm");
	slash = strrchr(self, '/');
	*slash = '\0';
	path_of(path, self, "../src/guard/early/guard-early");
	copy_program(r, path, "guard-early");
	path_of(path, self, "../src/guard/tpm/guard-tpm");
	copy_program(r, path, "guard-tpm");
	/* A stranger must be able to reach the socket to be refused by it. */
	if (chmod(r->tpm.dir, 0755) != 0)
		t_bail("chmod");
}

/* The exit code; what it said is in dir/early.log. */
static inline int
run_early(struct rig *r)
{
	char program[256];
	const char *const argv[] = { program, "--root", r->root, NULL };

	path_of(program, r->bin, "guard-early");
	return swtpm_run(&r->tpm, "early", argv);
}

static inline bool
early_said(const struct rig *r, const char *words, pid_t *ret_pid)
{
	char path[256], *p, *text;
	size_t n;
	bool said;

	path_of(path, r->tpm.dir, "early.log");
	text = (char *)t_read_file(path, &n);
	text[n > 0 ? n - 1 : 0] = '\0';
	said = strstr(text, words) != NULL;
	if (!said)
		printf("# guard-early said: %s\n", text);
	p = strstr(text, "is process ");
	if (ret_pid != NULL && p != NULL)
		running = *ret_pid = (pid_t)strtol(p + 11, NULL, 10);
	free(text);
	return said;
}

static inline int
connect_agent(const struct rig *r)
{
	struct diag d;
	int fd = -1;

	if (ctl_connect(r->socket, &fd, &d) < 0)
		t_bail("%s", d.text);
	return fd;
}

static inline int
call(int fd, uint16_t op, struct bytes body, struct buf *ret, struct diag *d)
{
	*d = (struct diag){ 0 };
	buf_reset(ret);
	return channel_call(fd, op, body, NULL, 0, TIMEOUT, ret, NULL, d);
}

static inline int
ask(int fd, uint16_t op, const struct fields *f, const void *in,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);

	if (fields_encode(f, in, &body, d) < 0)
		t_bail("%s", d->text);
	return call(fd, op, buf_bytes(&body), ret, d);
}

#endif
