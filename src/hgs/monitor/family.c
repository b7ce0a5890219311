/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/monitor/family.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "conf/paths.h"
#include "hgs/common/roles.h"
#include "ipc/channel.h"

#define STOP_SECONDS 3

static const struct {
	const char *program;
	const char *user;
	const char *role;
	bool restarts;
} table[MEMBER_COUNT] = {
	[MEMBER_STORE] = { "hgs-store", "_hgs-store", ROLE_STORE, false },
	[MEMBER_MEASURE0] = { "hgs-measure", "_hgs-measure", ROLE_MEASURE0,
	    true },
	[MEMBER_MEASURE1] = { "hgs-measure", "_hgs-measure", ROLE_MEASURE1,
	    true },
	[MEMBER_ATTEST] = { "hgs-attest", "_hgs-attest", ROLE_ATTEST, false },
	[MEMBER_KEY] = { "hgs-key", "_hgs-key", ROLE_KEY, false },
	[MEMBER_ADMIN] = { "hgs-admin", "_hgs-admin", ROLE_ADMIN, false },
	[MEMBER_FRONT] = { "hgs-front", "_hgs", ROLE_FRONT, false },
};

/* Who may talk to whom. hgs-front has no channel to the store. */
static const struct {
	enum member a;
	enum member b;
} links[] = {
	{ MEMBER_FRONT, MEMBER_ATTEST },
	{ MEMBER_FRONT, MEMBER_KEY },
	{ MEMBER_ATTEST, MEMBER_MEASURE0 },
	{ MEMBER_ATTEST, MEMBER_MEASURE1 },
	{ MEMBER_ATTEST, MEMBER_STORE },
	{ MEMBER_KEY, MEMBER_STORE },
	{ MEMBER_ADMIN, MEMBER_STORE },
	{ MEMBER_ADMIN, MEMBER_ATTEST },
	{ MEMBER_ADMIN, MEMBER_KEY },
};

/*
 * Our copies of both ends stay open for as long as we run: a measure worker
 * that is started anew gets the end of the one before it.
 */
static int
plan_links(struct family *f, struct diag *d)
{
	int fds[2], r;

	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		if ((r = channel_pair(fds, d)) < 0)
			return r;
		child_give_fd(&f->members[links[i].a], table[links[i].b].role,
		    fds[0]);
		child_give_fd(&f->members[links[i].b], table[links[i].a].role,
		    fds[1]);
	}
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		if ((r = channel_pair(fds, d)) < 0)
			return r;
		f->monitor_fds[i] = fds[0];
		child_give_fd(&f->members[i], ROLE_MONITOR, fds[1]);
	}
	return ERR_OK;
}

static void
plan_listeners(struct child *c, const char *role, const struct listeners *l)
{
	char name[32];

	for (size_t i = 0; i < l->n; i++) {
		(void)snprintf(name, sizeof(name), "%s%zu", role, i);
		child_give_fd(c, name, l->fds[i]);
	}
}

static int
plan_front(struct child *c, const struct family_plan *p, struct diag *d)
{
	char cert[PATH_TEXT_MAX] = "", key[PATH_TEXT_MAX] = "";
	const struct hgs_conf *conf = p->conf;
	int r;

	plan_listeners(c, ROLE_LISTEN, p->listen);
	plan_listeners(c, ROLE_TLS_LISTEN, p->tls_listen);
	child_give_number(c, SET_EVIDENCE_MAX, conf->evidence_max);
	child_give_number(c, SET_RATE, conf->rate_per_peer);
	if (conf->tls_listen[0] == '\0')
		return ERR_OK;
	if ((r = path_under(p->root, conf->tls_cert, cert, sizeof(cert), d)) <
		0 ||
	    (r = path_under(p->root, conf->tls_key, key, sizeof(key), d)) < 0 ||
	    (r = child_give_text(c, SET_TLS_CERT, cert, d)) < 0)
		return r;
	return child_give_text(c, SET_TLS_KEY, key, d);
}

static int
plan_settings(struct family *f, const struct family_plan *p, struct diag *d)
{
	const struct hgs_conf *conf = p->conf;
	struct child *m = f->members;
	char path[PATH_TEXT_MAX];
	int r;

	r = path_under(p->root, PATH_HGS_STATE "/store.db", path, sizeof(path),
	    d);
	if (r < 0 ||
	    (r = child_give_text(&m[MEMBER_STORE], SET_DATABASE, path, d)) < 0)
		return r;
	child_give_number(&m[MEMBER_STORE], SET_STORE_MAX, conf->max_size);
	child_give_number(&m[MEMBER_ATTEST], SET_LIFETIME,
	    conf->certificate_lifetime);
	child_give_number(&m[MEMBER_ATTEST], SET_RELEASE_AGE,
	    conf->release_max_age);
	child_give_number(&m[MEMBER_KEY], SET_RELEASE_AGE,
	    conf->release_max_age);
	child_give_number(&m[MEMBER_KEY], SET_LEASE, conf->start_lease);
	child_give_fd(&m[MEMBER_ADMIN], ROLE_CONTROL, p->control_fd);
	r = child_give_text(&m[MEMBER_ADMIN], SET_URL, conf->url, d);
	return r < 0 ? r : plan_front(&m[MEMBER_FRONT], p, d);
}

int
family_plan(struct family *f, const struct family_plan *p, struct diag *d)
{
	int r;

	*f = (struct family){ .libexec = p->libexec };
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		f->members[i].program = table[i].program;
		f->members[i].user = table[i].user;
		f->members[i].restarts = table[i].restarts;
		f->monitor_fds[i] = -1;
		if ((r = child_find_user(&f->members[i], d)) < 0)
			return r;
	}
	if ((r = plan_links(f, d)) < 0)
		return r;
	return plan_settings(f, p, d);
}

int
family_start(struct family *f, struct diag *d)
{
	int r;

	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if ((r = child_start(&f->members[i], f->libexec, d)) < 0)
			return r;
	return ERR_OK;
}

enum member
family_find(const struct family *f, pid_t pid)
{
	size_t i;

	for (i = 0; i < MEMBER_COUNT; i++)
		if (f->members[i].pid == pid)
			break;
	return (enum member)i;
}

static size_t
reap(struct family *f)
{
	size_t left = 0;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		enum member m = family_find(f, pid);

		if (m != MEMBER_COUNT)
			f->members[m].pid = 0;
	}
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		left += f->members[i].pid != 0;
	return left;
}

static void
signal_all(const struct family *f, int sig)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (f->members[i].pid != 0)
			(void)kill(f->members[i].pid, sig);
}

static bool
wait_all(struct family *f, int seconds)
{
	const struct timespec step = { 0, 20 * 1000 * 1000 };

	for (int i = 0; i < seconds * 50; i++) {
		if (reap(f) == 0)
			return true;
		(void)nanosleep(&step, NULL);
	}
	return reap(f) == 0;
}

void
family_stop(struct family *f)
{
	/* A child ends in order, between two requests, when we have gone. */
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		close_p(&f->monitor_fds[i]);
	if (wait_all(f, STOP_SECONDS))
		return;
	signal_all(f, SIGTERM);
	if (wait_all(f, STOP_SECONDS))
		return;
	signal_all(f, SIGKILL);
	while (!wait_all(f, 1))
		continue;
}
