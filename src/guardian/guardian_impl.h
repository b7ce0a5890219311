/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of src/guardian share.
 */
#ifndef GUARDIAN_GUARDIAN_IMPL_H
#define GUARDIAN_GUARDIAN_IMPL_H

#include "guardian/guardian.h"

/*
 * Copies the parts into ret->bytes, encoded, and makes ret->g views of them;
 * checks their form, not what they prove.
 */
MUST_CHECK int guardian_own(const struct guardian *g, struct guardian_file *ret,
    struct diag *d);

#endif
