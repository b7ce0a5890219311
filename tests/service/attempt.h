/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two registered hosts, and attempts of theirs to attest that can be changed
 * before they are sent.
 */
#ifndef TESTS_SERVICE_ATTEMPT_H
#define TESTS_SERVICE_ATTEMPT_H

#include <time.h>

#include "../party.h"
#include "forge.h"
#include "hgs.h"

static struct hgs g;
static struct host *one, *two;

/* Up to where it would be sent. */
struct attempt {
	struct challenge_reply c;
	struct json_doc *doc;
	struct shown s;
};

static inline void
attempt_free(struct attempt *a)
{
	json_doc_free(a->doc);
	shown_free(&a->s);
}
#define auto_attempt CLEANUP(attempt_free) struct attempt

static inline void
begin(struct host *h, struct attempt *a)
{
	hgs_challenge(&g, h, &a->c, &a->doc);
	shown_make(h, &a->c, &a->s);
	hgs_mark(&g);
}

static inline void
present(struct attempt *a)
{
	hgs_mark(&g);
	hgs_attest(&g, one, &a->s);
}

static inline bool
passed(void)
{
	return g.status == 200 &&
	    memmem(g.body.p, g.body.len, "\"Passed\"", 8) != NULL;
}

static inline void
attempt_setup(void)
{
	hgs_open(&g, env("HGS_URL"), env("HGS_ROOT"));
	one = host_new("kvm1", "host-good");
	two = host_new("kvm2", "host-good");
	hgs_enrol(&g, one, true);
	hgs_enrol(&g, two, false);
}

/* A later boot of a host that is down. */
static inline void
reboot(struct host *h)
{
	swtpm_start(&h->tpm);
	host_boot(h);
}

static inline void
attempt_end(void)
{
	host_free(one);
	host_free(two);
	hgs_close(&g);
}

#endif
