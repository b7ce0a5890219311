/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One key-service request on its way through the checks, and what the store
 * must be told about it.
 */
#ifndef HGS_KEY_ASK_H
#define HGS_KEY_ASK_H

#include "hgs/key/asker.h"
#include "hgs/key/life.h"
#include "proto/hgs.h"

struct ask {
	struct keyhold *k;
	struct key_call call; /* views into the frame */
	const char *action;   /* for audit */
	uint64_t now;
	struct caller caller;
	struct core *core; /* presented; verified by signatures */
	struct vm_record vm;
	uint64_t vm_version; /* 0: no record */
	char vm_key[STORE_KEY_MAX + 1];
	char vm_text[33]; /* VM id in hex */
	/* A restore ticket to be spent with the offer: its record's key. */
	char ticket_key[STORE_KEY_MAX + 1];
	uint64_t ticket_expires;
};

void ask_free(struct ask *a);
#define auto_ask CLEANUP(ask_free)

/* Parses and verifies a core and loads its VM's record. */
MUST_CHECK int ask_load_core(struct ask *a, struct bytes core, struct diag *d);
/*
 * One commit: the request's id is spent (RequestReplayed), the audit record
 * written, and the VM's record replaced if `with_vm` (ERR_CONFLICT when
 * somebody was faster).
 */
MUST_CHECK int ask_commit(struct ask *a, bool spend, bool with_vm,
    const char *outcome, const char *detail, struct audit_receipt *ret,
    struct diag *d);

/* The four calls: body is call.body. */
MUST_CHECK int ask_roll(struct ask *a, struct buf *ret, struct diag *d);
MUST_CHECK int ask_confirm(struct ask *a, struct buf *ret, struct diag *d);
MUST_CHECK int ask_stopped(struct ask *a, struct buf *ret, struct diag *d);
MUST_CHECK int ask_open(struct ask *a, struct buf *ret, struct diag *d);

/* The guardian of this HGS that the core names. GuardianNotGranted. */
MUST_CHECK int ask_find_guardian(const struct ask *a,
    const struct keyring_key **ret_enc, const struct keyring_key **ret_sign,
    size_t *ret_index, struct diag *d);
/* Encrypts the release to the host key of the certificate. */
MUST_CHECK int ask_seal_release(const struct ask *a, const struct release *rel,
    struct buf *ret, struct diag *d);

#endif
