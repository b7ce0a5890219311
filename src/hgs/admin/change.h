/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of the store by an administrator: records, epoch and the audit
 * entry in one commit, then word to the processes that go by them.
 */
#ifndef HGS_ADMIN_CHANGE_H
#define HGS_ADMIN_CHANGE_H

#include "hgs/admin/admin.h"

enum epoch_move {
	EPOCH_STAYS, /* nothing that attestation or release goes by */
	EPOCH_NEXT,  /* policies are read again */
	EPOCH_FLOOR  /* and certificates issued before are refused (T101) */
};

struct change {
	struct admin *admin;
	const struct request *request;
	struct store_commit commit;
	char keys[STORE_CHANGES_MAX][STORE_KEY_MAX + 1];
	struct buf values[STORE_CHANGES_MAX];
	/* The command goes on with another commit: the last one tells. */
	bool more;
	char subject[200];
	char detail[1024];
};

void change_init(struct change *c, struct admin *a, const struct request *q);
void change_free(struct change *c);
#define auto_change CLEANUP(change_free)

/* key is copied; expected: version, 0 absent, STORE_ANY. */
MUST_CHECK int change_put(struct change *c, const char *key, uint64_t expected,
    const struct fields *f, const void *record, struct diag *d);
MUST_CHECK int change_put_raw(struct change *c, const char *key,
    uint64_t expected, struct bytes value, struct diag *d);
MUST_CHECK int change_remove(struct change *c, const char *key,
    uint64_t expected, struct diag *d);
/*
 * Commits with an audit record of the request's command; subject and detail
 * (key=value pairs) may be empty.
 */
MUST_CHECK int change_commit(struct change *c, enum epoch_move move,
    struct bytes subject, const char *detail, struct answer *ret,
    struct diag *d);
/* deny_before: 0 keeps what there is. */
MUST_CHECK int change_commit_deny(struct change *c, uint64_t deny_before,
    const char *detail, struct answer *ret, struct diag *d);

/* An audit record alone: a refusal. */
MUST_CHECK int audit_refusal(const struct admin *a, const char *actor,
    const char *command, const struct diag *why, int err, struct diag *d);

#endif
