/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/monitor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/signals.h"
#define ARGV_MAX     (2 + 2 * (CHILD_FDS_MAX + CHILD_SETTINGS_MAX))
#define FIRST_FD     3
#define EXIT_NO_EXEC 127

void
child_give_fd(struct child *c, const char *name, int fd)
{
	struct child_fd *f = &c->fds[c->n_fds++];

	BUG_ON(c->n_fds > CHILD_FDS_MAX || strlen(name) >= sizeof(f->name));
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	f->fd = fd;
}

int
child_give_text(struct child *c, const char *name, const char *v,
    struct diag *d)
{
	char *s = c->settings[c->n_settings++];
	int n;

	BUG_ON(c->n_settings > CHILD_SETTINGS_MAX);
	n = snprintf(s, sizeof(c->settings[0]), "%s=%s", name, v);
	if (n < 0 || (size_t)n >= sizeof(c->settings[0]))
		return diag_fail(d, ERR_LIMIT, "%s: %s is too long", c->program,
		    name);
	return ERR_OK;
}

void
child_give_number(struct child *c, const char *name, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	BUG_ON(child_give_text(c, name, text, NULL) < 0);
}

int
child_find_user(struct child *c, struct diag *d)
{
	const struct passwd *p;

	errno = 0;
	p = getpwnam(c->user);
	if (p == NULL)
		return diag_fail(d, ERR_USAGE,
		    "%s: no such user; see units/sysusers.conf", c->user);
	if (p->pw_uid == 0)
		return diag_fail(d, ERR_USAGE, "%s: is root", c->user);
	c->uid = p->pw_uid;
	c->gid = p->pw_gid;
	return ERR_OK;
}

/*
 * Moves the descriptors to FIRST_FD and up, in their order; first out of the
 * way, since a target may be another one's source.
 */
static bool
place_fds(const struct child *c)
{
	int high[CHILD_FDS_MAX];

	for (size_t i = 0; i < c->n_fds; i++) {
		high[i] =
		    fcntl(c->fds[i].fd, F_DUPFD, FIRST_FD + CHILD_FDS_MAX);
		if (high[i] < 0)
			return false;
	}
	for (size_t i = 0; i < c->n_fds; i++)
		if (dup2(high[i], FIRST_FD + (int)i) < 0)
			return false;
	return close_range(FIRST_FD + (unsigned)c->n_fds, ~0U, 0) == 0;
}

/*
 * From root to the child's own user, for good: groups first, since without
 * root they could not be changed, then all three ids of each kind. After this
 * nothing the child executes can gain privileges.
 */
static bool
drop_root(const struct child *c)
{
	return setgroups(0, NULL) == 0 &&
	    setresgid(c->gid, c->gid, c->gid) == 0 &&
	    setresuid(c->uid, c->uid, c->uid) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

static void run_child(const struct child *c, const char *path, char **argv,
    pid_t parent) NORETURN;

static void
run_child(const struct child *c, const char *path, char **argv, pid_t parent)
{
	char lang[] = "LC_ALL=C.UTF-8";
	char *env[] = { lang, NULL };

	signals_reset();
	if (place_fds(c) && chdir("/") == 0 && drop_root(c) &&
	    getppid() == parent)
		(void)execve(path, argv, env);
	(void)dprintf(STDERR_FILENO, "<3>hgsd: cannot start %s: %s\n", path,
	    strerror(errno));
	_exit(EXIT_NO_EXEC);
}

int
child_start(struct child *c, const char *libexec, struct diag *d)
{
	char path[512], fds[CHILD_FDS_MAX][32],
	    fd_word[] = "--fd", set_word[] = "--set", *argv[ARGV_MAX];
	size_t n = 0;
	pid_t me = getpid(), pid;
	int len;

	len = snprintf(path, sizeof(path), "%s/%s", libexec, c->program);
	if (len < 0 || (size_t)len >= sizeof(path))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", c->program);
	argv[n++] = path;
	for (size_t i = 0; i < c->n_fds; i++) {
		(void)snprintf(fds[i], sizeof(fds[i]), "%s=%d", c->fds[i].name,
		    FIRST_FD + (int)i);
		argv[n++] = fd_word;
		argv[n++] = fds[i];
	}
	for (size_t i = 0; i < c->n_settings; i++) {
		argv[n++] = set_word;
		argv[n++] = c->settings[i];
	}
	argv[n] = NULL;
	pid = fork();
	if (pid < 0)
		return diag_errno(d, "%s: cannot fork", c->program);
	if (pid == 0)
		run_child(c, path, argv, me);
	c->pid = pid;
	return ERR_OK;
}
