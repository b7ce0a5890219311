/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-store's state and its answers. Every request that is readable at the
 * same moment is answered from one transaction; replies leave after it is
 * durable, so that nobody acts on what a power cut could take back.
 */
#ifndef HGS_STORE_KEEPER_H
#define HGS_STORE_KEEPER_H

#include "ipc/channel.h"
#include "proto/hgs.h"
#include "store/db.h"

#define KEEPER_PEERS_MAX 8
#define KEEPER_BATCH_MAX 16

struct keeper {
	struct db *db;
	struct key *audit_key; /* NULL: locked */
	uint8_t audit_log[AUDIT_LOG_SIZE];
	struct buf audit_spki;
};

void keeper_free(struct keeper *k);

/* One request of a batch, and what is to be answered. */
struct keeper_call {
	int fd;
	enum hgs_peer peer;
	struct buf storage;
	struct frame in;
	struct buf reply;
	int result;
	struct diag why;
};

/* In db group where any of the calls is a commit. Fills result and reply. */
void keeper_answer(struct keeper *k, struct keeper_call *calls, size_t n);

/* Opens the audit key. PassphraseWrong. */
MUST_CHECK int keeper_unlock(struct keeper *k, struct bytes passphrase,
    struct diag *d);

#endif
