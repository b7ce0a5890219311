/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which digest of a file a kernel measures: its default, or the one that the
 * file's security.ima names.
 */
#ifndef CTL_GUARDCTL_CI_XATTR_H
#define CTL_GUARDCTL_CI_XATTR_H

#include "crypto/hash.h"

#define CI_XATTR_MAX ((size_t)2048)

/*
 * As ima_get_hash_algo() of the kernel, which asks this attribute whatever its
 * mode; false: of an algorithm that is none of ours.
 */
MUST_CHECK bool ci_xattr_alg(struct bytes xattr, enum hash_alg *ret);

#endif
