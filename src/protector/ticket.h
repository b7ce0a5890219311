/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The restore ticket: the owner's signed permission to start one VM from one
 * named seal that is no longer the newest, once, on one host or on any.
 */
#ifndef PROTECTOR_TICKET_H
#define PROTECTOR_TICKET_H

#include "protector/seal.h"

#define TICKET_MAX     4096
#define TICKET_VERSION 1

struct ticket {
	uint16_t version;
	uint16_t suite;
	uint8_t id[16]; /* random; an HGS remembers those it has honoured */
	uint8_t family[FAMILY_SIZE];
	uint8_t vm_id[VM_ID_SIZE];
	uint8_t seal_digest[32];
	uint8_t host_id[32]; /* zero: any host */
	uint64_t expires;    /* seconds since 1970 */
};

MUST_CHECK int ticket_make(const struct ticket *in,
    const struct key *owner_sign, struct bytes owner_ski, struct buf *ret,
    struct diag *d);

struct ticket_want {
	const struct grant *grant; /* whose owner must have signed it */
	const uint8_t *vm_id;
	const uint8_t *seal_digest;
	const uint8_t *host_id;
	uint64_t now;
};

/*
 * TicketInvalid, or SignatureInvalid when it is not the owner's. Whether it
 * was used before is for the caller to know.
 */
MUST_CHECK int ticket_verify(struct bytes der, const struct ticket_want *want,
    struct ticket *ret, struct diag *d);

#endif
