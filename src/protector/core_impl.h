/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What core.c (reading) and core_make.c (writing) share.
 */
#ifndef PROTECTOR_CORE_IMPL_H
#define PROTECTOR_CORE_IMPL_H

#include "base/field.h"
#include "protector/core.h"

#define CORE_MAGIC   "SWKC"
#define CORE_VERSION 1

/* The wrap's plaintext. */
struct core_plain {
	uint8_t tk[TK_SIZE];
	uint8_t grant_digest[32];
	uint8_t vm_id[VM_ID_SIZE];
	uint64_t generation;
};

extern const struct fields core_plain_fields;
void core_plain_wipe(struct core_plain *p);

/* Fills sign, enc and n from c->grant and c->seal.successors. */
MUST_CHECK int core_list_parties(struct core *c, struct diag *d);

#endif
