/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of an encrypted disk its VM's secrets remember: who it is, and that
 * nobody wrote to its header since the VM was last stopped.
 */
#ifndef DISK_IDENTITY_H
#define DISK_IDENTITY_H

#include "base/base.h"
#include "base/err.h"

struct disk_facts {
	uint64_t size;    /* of the data, in bytes */
	uint32_t payload; /* where the data starts */
	/* vm_binding.boot_disk: the same for the disk's whole life. */
	uint8_t identity[32];
	/* vm_disk_key.header: SHA-256 of all bytes before the data. */
	uint8_t header[32];
};

/*
 * fd: the disk as this product makes it; what names it in refusals.
 * FileInvalid otherwise. Reads with pread(); the offset stays.
 */
MUST_CHECK int disk_read_facts(int fd, const char *what, struct disk_facts *ret,
    struct diag *d);

#endif
