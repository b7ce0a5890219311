/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed, in words, for 'hgsctl baseline diff HOST', and the digest to
 * which 'baseline accept' is bound: of the baseline and of all that the host
 * measured, so that what was read is what is accepted.
 */
#ifndef POLICY_DIFF_H
#define POLICY_DIFF_H

#include "policy/compare.h"

/* b may be NULL: everything is new. Appends lines to ret_text. */
MUST_CHECK int baseline_diff(const struct baseline *b,
    const uint8_t id[static SHA256_SIZE], const struct findings *f,
    struct buf *ret_text, uint8_t ret_digest[static SHA256_SIZE],
    struct diag *d);
/* The digest alone. */
void baseline_diff_digest(const uint8_t id[static SHA256_SIZE],
    const struct findings *f, uint8_t ret[static SHA256_SIZE]);

#endif
