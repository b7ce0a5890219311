/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled CI policies in the store: too large for one value, so in pieces
 * (proto/records.h).
 */
#ifndef HGS_COMMON_CI_PIECES_H
#define HGS_COMMON_CI_PIECES_H

#include "hgs/common/store_client.h"
#include "proto/records.h"

#define CI_PIECES_PREFIX "cidata/"

/* How many pieces a policy of this size has. */
size_t ci_pieces_count(uint64_t size);
/* The store's key of a piece. */
void ci_piece_key(const uint8_t id[static 32], size_t nth,
    char ret[static STORE_KEY_MAX + 1]);
/* Appends all of it; ERR_FORMAT unless size and id are the record's. */
MUST_CHECK int ci_pieces_read(int store_fd, const struct ci_record *rec,
    struct buf *ret, struct diag *d);

#endif
