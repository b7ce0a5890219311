/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking hgs-store, blocking, over a process's own channel to it. Records are
 * decoded by their field table; views in them point into `storage`.
 */
#ifndef HGS_COMMON_STORE_CLIENT_H
#define HGS_COMMON_STORE_CLIENT_H

#include "ipc/channel.h"
#include "proto/hgs.h"

#define STORE_CALL_MS 10000

/* Absent: ERR_OK with *ret_version 0 and ret zeroed. ret_version may be NULL.*/
MUST_CHECK int store_read(int fd, const char *key, const struct fields *f,
    struct buf *storage, void *ret, uint64_t *ret_version, struct diag *d);
/* The raw value; empty and version 0 when absent. */
MUST_CHECK int store_read_raw(int fd, const char *key, struct buf *ret,
    uint64_t *ret_version, struct diag *d);
/* One page after `after`; views into storage. */
MUST_CHECK int store_list(int fd, const char *prefix, struct bytes after,
    struct buf *storage, struct store_page *ret, struct diag *d);
/* ERR_CONFLICT when an expected version was not met: nothing changed. */
MUST_CHECK int store_write(int fd, const struct store_commit *c,
    struct audit_receipt *ret, struct diag *d);

/* "bucket/" and hex of parts, into key of STORE_KEY_MAX + 1 bytes. */
void store_key_hex(char *key, const char *bucket, const struct bytes *parts,
    size_t n);
/* "bucket/name"; the name must be name_valid() (T60). */
MUST_CHECK int store_key_name(char *key, const char *bucket, struct bytes name,
    struct diag *d);

#endif
