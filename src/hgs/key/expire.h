/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HGS_KEY_EXPIRE_H
#define HGS_KEY_EXPIRE_H

#include "hgs/key/keyhold.h"

/*
 * Now and then removes request ids that are too old to be accepted again, a
 * page at a time. Called after each request; failures are left to the next.
 */
void requests_expire(struct keyhold *k, uint64_t now);

#endif
