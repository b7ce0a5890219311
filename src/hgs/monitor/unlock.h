/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passphrase on its way to the processes that hold keys: from root's file,
 * or from root at 'hgsctl unlock' over a socket of its own, so that hgs-admin
 * never sees it.
 */
#ifndef HGS_MONITOR_UNLOCK_H
#define HGS_MONITOR_UNLOCK_H

#include "base/secret.h"
#include "hgs/monitor/family.h"

/* A file that only root can read or change; its first line. */
MUST_CHECK int unlock_read_file(const char *path, struct secret *ret,
    struct diag *d);
/* To store, attest and key, in this order. PassphraseWrong. */
MUST_CHECK int unlock_send(const struct family *f, struct bytes passphrase,
    struct diag *d);
/* One request at the socket; *ret_unlocked says whether it opened the keys. */
MUST_CHECK int unlock_serve(int listen_fd, const struct family *f,
    bool *ret_unlocked, struct diag *d);

#endif
