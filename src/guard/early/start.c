/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting guard-tpm so that it outlives the initramfs, its unit and us.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/early/early.h"
#include "ipc/channel.h"
#include "proto/guard.h"

/* A first CreatePrimary can take a chip minutes. */
#define RECORD_TIMEOUT_MS 300000

/* Descriptors that go along, besides the channel. */
#define KEPT_MAX 4

struct start {
	char program[PATH_MAX];
	char fd[32];
	char kept[KEPT_MAX][32];
	int kept_fds[KEPT_MAX];
	size_t n_kept;
	char root[600];
	char tcti[300];
	char uid[40];
	char gid[40];
};

/* guard-tpm stands beside this program, and nowhere else. */
static int
find_program(char *ret, size_t size, struct diag *d)
{
	ssize_t n = readlink("/proc/self/exe", ret, size - 16);
	char *slash;

	if (n <= 0)
		return diag_errno(d, "/proc/self/exe");
	ret[n] = '\0';
	slash = strrchr(ret, '/');
	BUG_ON(slash == NULL);
	(void)stpcpy(slash, "/guard-tpm");
	if (access(ret, X_OK) != 0)
		return diag_errno(d, "%s", ret);
	return ERR_OK;
}

/*
 * The user of guardd. In an initramfs without it root alone may ask: root is
 * let in anyway.
 */
static void
find_agent(const struct guard_conf *conf, struct start *s)
{
	const struct passwd *user = getpwnam(conf->user);

	(void)snprintf(s->uid, sizeof(s->uid), "agent_uid=%u",
	    user == NULL ? 0 : (unsigned)user->pw_uid);
	(void)snprintf(s->gid, sizeof(s->gid), "agent_gid=%u",
	    user == NULL ? 0 : (unsigned)user->pw_gid);
}

/*
 * systemd of the real root does not know the initramfs' unit and ends whatever
 * is left in its control group: so leave it for the root group. On a machine
 * only; below a --root we are an ordinary program.
 */
void
leave_control_group(void)
{
	int fd = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "0", 1) != 1)
		(void)fprintf(stderr,
		    "guard-early: cannot leave the control group\n");
	(void)close(fd);
}

static void
keep_fd(struct start *s, const char *name, int fd)
{
	if (fd < 0)
		return;
	BUG_ON(s->n_kept == KEPT_MAX);
	(void)snprintf(s->kept[s->n_kept], sizeof(s->kept[0]), "%s=%d", name,
	    fd);
	s->kept_fds[s->n_kept++] = fd;
}

static bool
pass_fds(const struct start *s, int channel)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0 ||
	    fcntl(channel, F_SETFD, 0) != 0)
		return false;
	for (size_t i = 0; i < s->n_kept; i++)
		if (fcntl(s->kept_fds[i], F_SETFD, 0) != 0)
			return false;
	return true;
}

/* In the child: exec, or die. */
static void NORETURN
exec_guard_tpm(const struct start *s, int channel)
{
	/* systemd's last killing at shutdown spares a name that begins so. */
	const char *argv[12 + 2 * KEPT_MAX] = { "@guard-tpm", "--fd", s->fd,
		"--set", s->root, "--set", s->tcti, "--set", s->uid, "--set",
		s->gid };
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8", NULL };
	size_t n = 11;
	int null;

	for (size_t i = 0; i < s->n_kept; i++) {
		argv[n++] = "--fd";
		argv[n++] = s->kept[i];
	}
	(void)setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    !pass_fds(s, channel))
		_exit(127);
	(void)execve(s->program, (char *const *)(uintptr_t)argv,
	    (char *const *)(uintptr_t)env);
	_exit(127);
}

int
guard_tpm_start(const char *root, const struct guard_conf *conf,
    const struct held_lock *lock, int host_ns_fd, struct started *ret,
    struct diag *d)
{
	int ends[2] = { -1, -1 };
	struct start s = { 0 };
	pid_t pid;
	int rc;

	if ((rc = find_program(s.program, sizeof(s.program), d)) < 0 ||
	    (rc = channel_pair(ends, d)) < 0)
		return rc;
	find_agent(conf, &s);
	keep_fd(&s, "lock", lock->holder_fd);
	keep_fd(&s, "refusals", lock->counters_fd);
	keep_fd(&s, "modules", lock->modules_fd);
	keep_fd(&s, "host", host_ns_fd);
	(void)snprintf(s.fd, sizeof(s.fd), "early=%d", ends[1]);
	(void)snprintf(s.root, sizeof(s.root), "root=%s", root);
	(void)snprintf(s.tcti, sizeof(s.tcti), "tcti=%s", conf->tcti);
	pid = fork();
	if (pid == 0)
		exec_guard_tpm(&s, ends[1]);
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return diag_errno(d, "cannot start guard-tpm");
	}
	*ret = (struct started){ pid, ends[0] };
	return ERR_OK;
}

int
guard_tpm_record(const struct started *s, const struct early_record *record,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(sizeof(*record));
	int rc;

	if ((rc = fields_encode(&early_record_fields, record, &body, d)) < 0)
		return rc;
	rc = channel_call(s->fd, GUARD_OP_RECORD, buf_bytes(&body), NULL, 0,
	    RECORD_TIMEOUT_MS, ret, NULL, d);

	/* It said why itself. */
	if (rc == ERR_NOT_FOUND)
		return diag_fail(d, ERR_PROTOCOL,
		    "guard-tpm ended before it made the record");
	return rc;
}

void
guard_tpm_end(struct started *s)
{
	close_p(&s->fd);
	(void)kill(s->pid, SIGTERM);
	(void)waitpid(s->pid, NULL, 0);
}
