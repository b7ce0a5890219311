/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blank variable volume that a firmware package ships (OVMF_VARS.fd): a
 * firmware volume (UEFI PI 1.7 Vol. 3 3.2.1) with an empty edk2 store for
 * authenticated variables and an idle fault-tolerant writer. Anything else is
 * refused: what is written here decides what the firmware trusts.
 */
#ifndef VM_VARSTORE_H
#define VM_VARSTORE_H

#include "base/buf.h"
#include "base/err.h"

#define VARSTORE_MAX ((size_t)4 << 20)

/* Offsets in the volume: where variables go. */
struct varstore {
	size_t at;  /* the first variable, 4-byte aligned */
	size_t end; /* behind the store */
};

/* A volume in use: what is behind the store is not looked at. */
MUST_CHECK int varstore_parse(struct bytes in, struct varstore *ret,
    struct diag *d);
/*
 * Appends the volume without what the fault-tolerant writer has pending: it
 * would replace variables at the next start, after they were checked.
 */
MUST_CHECK int varstore_settle(struct bytes in, struct buf *ret,
    struct diag *d);
MUST_CHECK int varstore_parse_blank(struct bytes in, struct varstore *ret,
    struct diag *d);

#endif
