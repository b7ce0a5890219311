/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guard-vm says to a VM's TPM and what that may answer: TCG TPM 2.0
 * Library, Part 3 (commands), Part 2 for the structures. Each request is the
 * same bytes every time. The answers come from swtpm, which reads what a guest
 * writes: any other form than the one expected is an error.
 *
 * The counter is an NV index that only the platform hierarchy may count, read
 * and make, and that nobody may remove: its authorisation is empty until a
 * VM's firmware draws its own, so that no guest reaches it, and TPM2_Clear
 * leaves it as it is (resetCount goes to 0 with it).
 */
#ifndef VM_VTPM_WIRE_H
#define VM_VTPM_WIRE_H

#include "base/base.h"
#include "base/err.h"

#define VTPM_HEAD_SIZE  10
#define VTPM_ANSWER_MAX 256
/* TPM_RC_HANDLE, of the first handle: there is no such index. */
#define VTPM_NO_INDEX 0x18b

enum vtpm_request {
	VTPM_STARTUP,
	VTPM_READ_PUBLIC,
	VTPM_DEFINE,
	VTPM_INCREMENT,
	VTPM_READ,
	VTPM_SHUTDOWN,
	VTPM_N_REQUESTS
};

struct vtpm_answer {
	uint32_t code;  /* 0: done; all below is only told then */
	bool ours;      /* VTPM_READ_PUBLIC: the counter as we make it */
	bool written;   /* the same: it has counted */
	uint64_t count; /* VTPM_READ */
};

struct bytes vtpm_request_bytes(enum vtpm_request q);
/* head: VTPM_HEAD_SIZE bytes. Of the whole answer, at most VTPM_ANSWER_MAX. */
MUST_CHECK int vtpm_answer_size(struct bytes head, size_t *ret, struct diag *d);
MUST_CHECK int vtpm_answer_parse(enum vtpm_request q, struct bytes in,
    struct vtpm_answer *ret, struct diag *d);

#endif
