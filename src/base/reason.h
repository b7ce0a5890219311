/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reason codes: the one vocabulary in which the product says no. Their table
 * is reason.def; the wire, the audit log, --json and the manual all read it.
 */
#ifndef BASE_REASON_H
#define BASE_REASON_H

#include "base/base.h"

enum reason {
	REASON_NONE = 0,
#define REASON(name, http, meaning, remedy) REASON_##name,
#include "base/reason.def"
#undef REASON
	REASON_COUNT
};

const char *reason_name(enum reason reason);    /* "UnauthorizedHost" */
unsigned reason_http(enum reason reason);       /* HTTP status */
const char *reason_meaning(enum reason reason); /* one sentence */
const char *reason_remedy(enum reason reason);  /* what to do */
/* REASON_NONE when there is no such name. */
enum reason reason_find(struct bytes name);

#endif
