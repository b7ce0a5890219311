/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CI set: all code integrity policies of an HGS in one sealed memory file,
 * made by hgs-attest and read by hgs-measure. The message below, then the
 * compiled policies without gaps (doc/PROTOCOL.ipc).
 */
#ifndef PROTO_CI_SET_H
#define PROTO_CI_SET_H

#include "proto/records.h"

struct ci_set_item {
	struct bytes name;
	uint8_t id[32];
	uint64_t at; /* from the file's beginning */
	uint64_t len;
};
extern const struct fields ci_set_item_fields;

/* Of the file: the message, and as many policies as signed objects hold. */
#define CI_SET_MAX (CI_POLICIES_MAX * ((size_t)15 << 20) + 4096)

struct ci_set {
	struct ci_set_item items[CI_POLICIES_MAX];
	size_t n_items;
};
extern const struct fields ci_set_fields;

/* Fills each item's `at` from the lengths. Appends the message alone. */
MUST_CHECK int ci_set_write(struct ci_set *set, struct buf *ret,
    struct diag *d);
/*
 * Of the whole file: every policy lies within, where it must. The policies
 * themselves are not looked at: see ci_open() and ci_view().
 */
MUST_CHECK int ci_set_read(struct bytes file, struct ci_set *ret,
    struct diag *d);
/* The bytes of an item that ci_set_read() gave for this file. */
struct bytes ci_set_policy(struct bytes file, const struct ci_set_item *item);

#endif
