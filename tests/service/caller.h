/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two attested hosts at the key service of one fabric.
 */
#ifndef TESTS_SERVICE_CALLER_H
#define TESTS_SERVICE_CALLER_H

#include <time.h>

#include "session.h"

static struct hgs g;
static struct host *one, *two;
static struct session s1, s2;
static struct guardian_file fabric;

/* Sessions as young as a release asks for. */
static inline void
fresh(void)
{
	session_free(&s1);
	session_free(&s2);
	session_open(&g, one, &s1);
	session_open(&g, two, &s2);
}

static inline void
new_vm(struct vm *vm, grant_change_fn change)
{
	const struct guardian_file *list[] = { &fabric };

	tenant_vm(vm, list, 1, change);
}

static inline void
mark_roll(const struct session *s, struct bytes core)
{
	hgs_mark(&g);
	roll(&g, s, core);
}

static inline void
mark_notice(const struct session *s, const char *path, struct bytes core)
{
	hgs_mark(&g);
	notice(&g, s, path, core);
}

static inline void
caller_setup(void)
{
	hgs_open(&g, env("HGS_URL"), env("HGS_ROOT"));
	one = host_new("kvm1", "host-good");
	two = host_new("kvm2", "host-good");
	hgs_enrol(&g, one, true);
	hgs_enrol(&g, two, false);
	hgs_guardian(&g, &fabric);
}

static inline void
caller_end(void)
{
	host_free(one);
	host_free(two);
	session_free(&s1);
	session_free(&s2);
	guardian_file_free(&fabric);
	hgs_close(&g);
}

#endif
