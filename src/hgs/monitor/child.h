/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One child of hgsd: which program, which user, which descriptors and
 * settings it is given.
 */
#ifndef HGS_MONITOR_CHILD_H
#define HGS_MONITOR_CHILD_H

#include <sys/types.h>

#include "base/err.h"

#define CHILD_FDS_MAX      24
#define CHILD_SETTINGS_MAX 12

struct child_fd {
	char name[16];
	int fd; /* the monitor's; stays its own */
};

struct child {
	const char *program; /* "hgs-store" */
	const char *user;    /* "_hgs-store" */
	bool restarts;       /* else the service ends with it */
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0: not running */
	struct child_fd fds[CHILD_FDS_MAX];
	size_t n_fds;
	char settings[CHILD_SETTINGS_MAX][320]; /* "NAME=VALUE" */
	size_t n_settings;
};

void child_give_fd(struct child *c, const char *name, int fd);
void child_give_number(struct child *c, const char *name, uint64_t v);
MUST_CHECK int child_give_text(struct child *c, const char *name, const char *v,
    struct diag *d);
/* uid and gid by the user's name. */
MUST_CHECK int child_find_user(struct child *c, struct diag *d);
/* Forks and executes libexec/program. */
MUST_CHECK int child_start(struct child *c, const char *libexec,
    struct diag *d);

#endif
