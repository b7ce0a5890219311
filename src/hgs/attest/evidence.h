/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt to attest: from the evidence's small parts and hgs-measure's
 * findings to what is known about the host.
 */
#ifndef HGS_ATTEST_EVIDENCE_H
#define HGS_ATTEST_EVIDENCE_H

#include "hgs/attest/attest.h"
#include "hgs/attest/verify.h"

struct attempt {
	struct attest_parts parts;     /* views into the request */
	struct attest_request request; /* views into the request */
	struct token token;
	struct host_record host; /* views into host_storage */
	struct buf host_storage;
	struct status_record status; /* views into status_storage */
	struct buf status_storage;
	uint64_t status_version;
	struct ima_cursor cursor; /* that the list is judged from */
	struct buf findings_storage;
	struct findings findings; /* views into findings_storage */
	struct proof proof;
	struct verdict verdict;
};

void attempt_free(struct attempt *t);
/*
 * Everything up to judgement: token spent, host and keys as registered,
 * activation, findings, quote and certify. `fd` has the bulk parts.
 */
MUST_CHECK int attempt_verify(struct attestor *a, struct attempt *t,
    struct bytes body, int fd, uint64_t now, struct diag *d);

#endif
