/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process may do what in which bucket of the store: the whole of it is
 * one table. What is not in it is refused.
 */
#ifndef HGS_STORE_PERMIT_H
#define HGS_STORE_PERMIT_H

#include "base/err.h"
#include "proto/hgs.h"

enum permit_verb {
	PERMIT_GET = 1,
	PERMIT_LIST = 2,
	PERMIT_PUT = 4,
	PERMIT_REMOVE = 8
};

/* key: "bucket/name", or the prefix of a list; PermissionDenied. */
MUST_CHECK int permit_check(enum hgs_peer peer, struct bytes key,
    enum permit_verb verb, struct diag *d);

#endif
