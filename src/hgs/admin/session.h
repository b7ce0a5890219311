/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to the administrators' socket: who is it, what does it want,
 * may it, and the answer.
 */
#ifndef HGS_ADMIN_SESSION_H
#define HGS_ADMIN_SESSION_H

#include "hgs/admin/admin.h"

/* Accepts and answers one; an error is for the journal alone. */
MUST_CHECK int session_serve(struct admin *a, struct diag *d);

#endif
