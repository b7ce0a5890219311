/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command asks its user: passphrases (terminal without echo, or
 * --passphrase-fd N) and confirmations (terminal, or --yes). Never argv, never
 * the environment.
 */
#ifndef CTL_COMMON_ASK_H
#define CTL_COMMON_ASK_H

#include "ctl/common/cli.h"

/* Asks twice at a terminal when it is a new passphrase. */
MUST_CHECK int ask_passphrase(const struct cli *cli, const char *prompt,
    bool is_new, struct secret *ret, struct diag *d);
/*
 * Shows the text (escaped) and waits for "yes"; --yes answers it. Without
 * either a terminal or --yes: ERR_REFUSED.
 */
MUST_CHECK int ask_confirm(const struct cli *cli, const char *text,
    struct diag *d);

#endif
