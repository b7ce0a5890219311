/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of hgsd's children and the channels between them: two tables, which are
 * the picture of the service.
 */
#ifndef HGS_MONITOR_FAMILY_H
#define HGS_MONITOR_FAMILY_H

#include "hgs/common/hgs_conf.h"
#include "hgs/monitor/child.h"
#include "hgs/monitor/listen.h"

enum member {
	MEMBER_STORE,
	MEMBER_MEASURE0,
	MEMBER_MEASURE1,
	MEMBER_ATTEST,
	MEMBER_KEY,
	MEMBER_ADMIN,
	MEMBER_FRONT,
	MEMBER_COUNT
};

struct family {
	struct child members[MEMBER_COUNT];
	int monitor_fds[MEMBER_COUNT]; /* our ends */
	const char *libexec;
};

struct family_plan {
	const char *root;
	const char *libexec;
	const struct hgs_conf *conf;
	const struct listeners *listen;
	const struct listeners *tls_listen;
	int control_fd;
};

/* Users, channels, descriptors and settings; starts nothing. */
MUST_CHECK int family_plan(struct family *f, const struct family_plan *p,
    struct diag *d);
MUST_CHECK int family_start(struct family *f, struct diag *d);
/* The member with this pid, or MEMBER_COUNT. */
enum member family_find(const struct family *f, pid_t pid);
/* Ends all in order, by force who does not; waits for them. */
void family_stop(struct family *f);

#endif
