/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backup that 'init' writes: the service's name and all of its private
 * keys in one passphrase container (crypto/pbe.h). Hosts, baselines and
 * policies are not in it: they come anew from their files.
 */
#ifndef CTL_HGSCTL_BACKUP_H
#define CTL_HGSCTL_BACKUP_H

#include "ctl/hgsctl/keys.h"

#define BACKUP_MAX ((size_t)1 << 20)

struct backup {
	struct bytes name; /* views */
	struct bytes mode;
	uint64_t time;
};

/* Appends the file. */
MUST_CHECK int backup_write(const struct backup *b,
    const struct service_keys *keys, struct bytes passphrase, struct buf *ret,
    struct diag *d);
/* PassphraseWrong. The backup's views point into ret_plain. */
MUST_CHECK int backup_read(struct bytes file, struct bytes passphrase,
    struct secret *ret_plain, struct backup *ret, struct service_keys *ret_keys,
    struct diag *d);

#endif
