/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardd [--root DIR]: started as root, opens its command socket, then runs
 * as the user of guard.conf.
 */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "conf/paths.h"
#include "guard/agent/agent.h"
#include "ipc/ctl.h"

#define POLL_MAX (2 + CLIENTS_MAX + 2 * VMS_MAX + JOBS_MAX)

static int
set_places(struct agent *a, struct diag *d)
{
	const struct guard_conf *c = &a->conf;
	struct attest_place *p = &a->place;
	int r;

	if ((r = path_under(a->root, PATH_TPM_SOCKET, p->tpm_socket,
		 sizeof(p->tpm_socket), d)) < 0 ||
	    (r = path_under(a->root, c->boot_log, p->boot_log,
		 sizeof(p->boot_log), d)) < 0 ||
	    (r = path_under(a->root, c->ima_log, p->ima_log, sizeof(p->ima_log),
		 d)) < 0 ||
	    (r = path_under(a->root, c->command_line, p->command_line,
		 sizeof(p->command_line), d)) < 0)
		return r;
	r = path_under(a->root, PATH_GUARD_STATE "/evidence", p->bundle,
	    sizeof(p->bundle), d);
	if (r < 0)
		return r;
	return path_under(a->root, PATH_GUARD_STATE "/health.der",
	    p->certificate, sizeof(p->certificate), d);
}

static int
find_user(const struct guard_conf *c, struct passwd *ret, gid_t *ret_group,
    struct diag *d)
{
	struct passwd *user = getpwnam(c->user);
	struct group *group;

	if (user == NULL)
		return diag_fail(d, ERR_USAGE,
		    "guard.conf: [agent] user: there is no user %s", c->user);
	*ret = *user;
	group = getgrnam(c->group);
	if (group == NULL)
		return diag_fail(d, ERR_USAGE,
		    "guard.conf: [agent] group: there is no group %s",
		    c->group);
	*ret_group = group->gr_gid;
	return ERR_OK;
}

/* What needs root, done once; afterwards guardd is nobody in particular. */
static int
open_and_drop(struct agent *a, struct diag *d)
{
	char path[512], state[512];
	struct passwd user = { 0 };
	int r;

	if ((r = find_user(&a->conf, &user, &a->fabric_group, d)) < 0 ||
	    (r = path_under(a->root, PATH_GUARD_STATE, state, sizeof(state),
		 d)) < 0 ||
	    (r = dir_make_all(state, 0755, d)) < 0 ||
	    (r = path_under(a->root, PATH_RUN, path, sizeof(path), d)) < 0 ||
	    (r = dir_make_all(path, 0755, d)) < 0 ||
	    (r = path_under(a->root, PATH_GUARD_SOCKET, path, sizeof(path),
		 d)) < 0 ||
	    (r = ctl_listen(path, 0660, 0, a->fabric_group, &a->listen_fd, d)) <
		0)
		return r;
	if (chown(state, user.pw_uid, user.pw_gid) != 0 ||
	    chmod(state, 0750) != 0)
		return diag_errno(d, "%s: cannot set its owner", state);
	if (setgroups(0, NULL) != 0 ||
	    setresgid(user.pw_gid, user.pw_gid, user.pw_gid) != 0 ||
	    setresuid(user.pw_uid, user.pw_uid, user.pw_uid) != 0)
		return diag_errno(d, "cannot become user %s", a->conf.user);
	return process_protect(d);
}

static size_t
fill_poll(struct agent *a, int signal_fd, struct pollfd *p)
{
	size_t n = 0;

	p[n++] = (struct pollfd){ signal_fd, POLLIN, 0 };
	p[n++] = (struct pollfd){ a->listen_fd, POLLIN, 0 };
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		p[n++] = (struct pollfd){ a->clients[i].fd, POLLIN, 0 };
	for (size_t i = 0; i < VMS_MAX; i++) {
		const struct vm *v = &a->vms[i];

		p[n++] =
		    (struct pollfd){ v->used ? v->relay_fd : -1, POLLIN, 0 };
		p[n++] =
		    (struct pollfd){ v->used && !v->asking ? v->command_fd : -1,
			    POLLIN, 0 };
	}
	for (size_t i = 0; i < JOBS_MAX; i++)
		p[n++] = (struct pollfd){ a->jobs.list[i].fd, POLLIN, 0 };
	return n;
}

/* An earlier handler may have closed what was readable: check fd again. */
static void
handle(struct agent *a, const struct pollfd *p)
{
	size_t n = 2;

	if (p[1].revents != 0)
		client_accept(a);
	for (size_t i = 0; i < CLIENTS_MAX; i++, n++)
		if (p[n].fd >= 0 && p[n].revents != 0 &&
		    a->clients[i].fd == p[n].fd)
			client_on_request(a, &a->clients[i]);
	for (size_t i = 0; i < VMS_MAX; i++) {
		struct vm *v = &a->vms[i];

		if (p[n].fd >= 0 && p[n].revents != 0 && v->relay_fd == p[n].fd)
			vm_on_relay(a, v);
		n++;
		if (p[n].fd >= 0 && p[n].revents != 0 &&
		    v->command_fd == p[n].fd)
			vm_on_command(a, v);
		n++;
	}
	for (size_t i = 0; i < JOBS_MAX; i++, n++)
		if (p[n].fd >= 0 && p[n].revents != 0 &&
		    a->jobs.list[i].fd == p[n].fd)
			job_finish(&a->jobs.list[i]);
}

static int
loop(struct agent *a, int signal_fd, struct diag *d)
{
	static struct pollfd p[POLL_MAX];

	vms_adopt(a);
	(void)attest_begin(a);
	for (;;) {
		size_t n = fill_poll(a, signal_fd, p);

		if (poll(p, n, 1000) < 0) {
			if (errno == EINTR)
				continue;
			return diag_errno(d, "cannot wait");
		}
		if (p[0].revents != 0)
			return ERR_OK;
		handle(a, p);
		if (!a->attest.attempts.running &&
		    agent_now() >= a->attest.next)
			(void)attest_begin(a);
	}
}

static int
start(struct agent *a, int argc, char **argv, struct diag *d)
{
	int signal_fd = -1, r;

	if (argc == 3 && strcmp(argv[1], "--root") == 0 &&
	    strlen(argv[2]) < sizeof(a->root))
		(void)snprintf(a->root, sizeof(a->root), "%s", argv[2]);
	else if (argc != 1)
		return diag_fail(d, ERR_USAGE, "usage: guardd [--root DIR]");
	if ((r = guard_conf_load(a->root, &a->conf, d)) < 0 ||
	    (r = set_places(a, d)) < 0 || (r = open_and_drop(a, d)) < 0 ||
	    (r = signals_take(&signal_fd, d)) < 0)
		return r;
	(void)snprintf(a->attest.status, sizeof(a->attest.status), "%s",
	    a->conf.url[0] == '\0' ? "NotConfigured" : "Unknown");
	r = loop(a, signal_fd, d);
	jobs_kill(&a->jobs);
	return r;
}

int
main(int argc, char **argv)
{
	static struct agent a;
	struct diag d = { 0 };
	int r;

	log_open("guardd", LOG_LEVEL_INFO, true);
	a.listen_fd = -1;
	a.attest.error_storage = (struct buf)BUF_INIT(65536);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		a.clients[i].fd = a.clients[i].file_fd = -1;
	for (size_t i = 0; i < VMS_MAX; i++)
		a.vms[i].command_fd = a.vms[i].relay_fd = -1;
	jobs_init(&a.jobs);
	if ((r = start(&a, argc, argv, &d)) < 0)
		log_error("%s", d.text);
	return r == ERR_OK ? 0 : r == ERR_USAGE ? 2 : 3;
}
