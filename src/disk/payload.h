/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of an encrypted disk, written from a plain file and read back, by
 * as many threads as there are processors for.
 */
#ifndef DISK_PAYLOAD_H
#define DISK_PAYLOAD_H

#include "base/base.h"
#include "base/err.h"

struct payload {
	int plain_fd;
	int disk_fd;
	uint64_t start;      /* of the data in the disk, in bytes */
	uint64_t size;       /* of the data: whole sectors of 512 bytes */
	const uint8_t *key;  /* the volume key, XTS_KEY_SIZE bytes */
	bool shows_progress; /* on standard error */
};

/*
 * All of the data, also where the plain file has holes: what is not written
 * would say where it is empty. FileInvalid: the plain file does not have this
 * size, or not to the end.
 */
MUST_CHECK int payload_fill(const struct payload *p, struct diag *d);
/*
 * Into a plain file of this size that is all hole; blocks of zeros stay holes.
 * FileInvalid: the disk ends early.
 */
MUST_CHECK int payload_extract(const struct payload *p, struct diag *d);

#endif
