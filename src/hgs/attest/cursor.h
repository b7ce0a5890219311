/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a host's IMA list may be gone on with: the state that the last passed
 * attestation left in status/NAME. It holds for one boot, one attestation key
 * and one set of policies; whatever of these changes, the list is read from its
 * beginning again (T48, T91).
 */
#ifndef HGS_ATTEST_CURSOR_H
#define HGS_ATTEST_CURSOR_H

#include "hgs/attest/evidence.h"

/* What to ask the host for; 0: all of the list. The boot is not known yet. */
uint64_t cursor_to_ask(const struct policies *p, const struct ima_state *s,
    const uint8_t ak_name[static TPM_NAME_SIZE]);
/*
 * What the list is judged from, by the token and by the quote as the host
 * shows it, before it is verified. ChallengeAgain: the state is another one
 * than the challenge was made by, or of another boot.
 */
MUST_CHECK int cursor_begin(const struct policies *p, const struct ima_state *s,
    const struct token *token, struct bytes quote, struct ima_cursor *ret,
    struct diag *d);
/*
 * The same for what was verified since: counters, PCR 0 to 9; and the facts must
 * begin where the host was asked to.
 */
MUST_CHECK int cursor_verify(const struct ima_state *s,
    const struct token *token, const struct proof *proof,
    const struct findings *f, struct diag *d);
/* What the judged attempt leaves for the next. */
void cursor_keep(const struct policies *p, const struct attempt *t,
    struct ima_state *ret);

#endif
