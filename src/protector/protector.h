/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key protector's file, "SWKP" {grant, wrap, seal, secrets, recovery}: what
 * a VM's folder holds. doc/FORMAT.protector.
 */
#ifndef PROTECTOR_PROTECTOR_H
#define PROTECTOR_PROTECTOR_H

#include "protector/core.h"
#include "protector/recovery.h"
#include "protector/secrets.h"

#define PROTECTOR_MAX (CORE_MAX + VM_SECRETS_MAX + RECOVERY_MAX + 64)

struct protector {
	struct core *core;
	struct bytes secrets;  /* sealed */
	struct bytes recovery; /* its digest is the seal's */
	struct buf own;
};

void protector_free(struct protector *p);
DEFINE_FREE_P(struct protector, protector_free);
#define auto_protector CLEANUP(protector_free_p)

MUST_CHECK int protector_parse(struct bytes in, struct protector **ret,
    struct diag *d);
/* Puts a file together from a core and the two blobs, and verifies it. */
MUST_CHECK int protector_write(struct bytes core, struct bytes secrets,
    struct bytes recovery, struct buf *ret, struct diag *d);
#endif
