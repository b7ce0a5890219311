/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The restore ticket for the state in a VM's folder, by its owner.
 */
#ifndef CTL_SHIELD_OWN_TICKET_H
#define CTL_SHIELD_OWN_TICKET_H

#include "base/text.h"
#include "ctl/shield/guardians.h"
#include "protector/protector.h"
#include "protector/ticket.h"

/* "1s" to "365d" from now; NULL: 24h. ERR_USAGE. */
MUST_CHECK int own_ticket_expiry(const char *text, uint64_t *ret,
    struct diag *d);
/* t has host_id and expires; the rest is filled. */
MUST_CHECK int own_ticket_make(const struct core *core,
    const struct own_guardian *owner, struct ticket *t, struct buf *ret,
    struct diag *d);
/* Ticket and expiry into the answer's data; until: the latter as text. */
void own_ticket_reply(struct cli *cli, const struct ticket *t,
    char ret_id[static 33], char ret_until[static TIME_TEXT_SIZE]);

#endif
