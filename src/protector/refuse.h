/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every failure to read a part of a protector is one refusal with one reason,
 * whatever the layer below called it; its text stays.
 */
#ifndef PROTECTOR_REFUSE_H
#define PROTECTOR_REFUSE_H

#include "base/err.h"

/* err < 0. Reasons that say more than FileInvalid are kept. */
static inline int
refuse_as(struct diag *d, int err, enum reason reason)
{
	if (err == ERR_NOMEM)
		return err;
	if (d != NULL &&
	    (d->reason == REASON_NONE || d->reason == REASON_FileInvalid))
		d->reason = reason;
	return ERR_REFUSED;
}

#endif
