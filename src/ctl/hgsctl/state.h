/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HGS's folder: made beside its place and moved there when it is whole.
 */
#ifndef CTL_HGSCTL_STATE_H
#define CTL_HGSCTL_STATE_H

#include "ctl/hgsctl/keys.h"

#define STATE_USER "_hgs-store"

struct state_new {
	const char *dir; /* with the root */
	struct bytes name;
	struct bytes mode;
	uint64_t now;
	uint64_t deny_before; /* 0, or now when it comes from a backup */
	const struct service_keys *keys;
	struct bytes passphrase;
	const char *how; /* for the first audit record */
};

/* AlreadyExists when there is one. */
MUST_CHECK int state_check_absent(const char *dir, struct diag *d);
/* Makes DIR.new; what an interrupted run left there is removed first. */
MUST_CHECK int state_build(const struct state_new *in, struct diag *d);
/* Moves DIR.new to DIR. */
MUST_CHECK int state_publish(const char *dir, struct diag *d);
/* Removes a folder with a store in it; what is not ours there is an error. */
MUST_CHECK int state_remove(const char *dir, struct diag *d);

#endif
