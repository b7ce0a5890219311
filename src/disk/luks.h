/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host-encrypted disks: raw LUKS1, written from a plain image and read back.
 * The passphrase is the hex of 256 random bits, so its derivation needs no
 * work factor; the header is libcryptsetup's, the data ours
 * (payload.h).
 */
#ifndef DISK_LUKS_H
#define DISK_LUKS_H

#include "base/base.h"
#include "base/err.h"

#define LUKS_KEY_SIZE   32
#define LUKS_ITERATIONS 1000

struct luks_copy {
	int plain_fd;       /* a raw image */
	int luks_fd;        /* open for reading, and writing if it is written */
	const uint8_t *key; /* LUKS_KEY_SIZE bytes */
	bool shows_progress; /* on standard error */
};

/*
 * Makes an empty file an encrypted disk for `size` bytes of data, a multiple
 * of 512: header, length, room on the file system. The data is noise until
 * luks_fill(), which an empty disk does without: whoever makes a file system
 * on it expects nothing of what was there. fd is open for reading and writing.
 */
MUST_CHECK int luks_format(int fd, uint64_t size,
    const uint8_t key[static LUKS_KEY_SIZE], struct diag *d);
/*
 * The image's bytes into the disk, all of them, durably. FileInvalid: the sizes
 * do not agree, the image changes its size meanwhile, or the key is not the
 * disk's.
 */
MUST_CHECK int luks_fill(const struct luks_copy *c, struct diag *d);
/*
 * The disk's first bytes into an empty file, with holes where they are zero.
 * FileInvalid: fewer are there, or the key is not the disk's.
 */
MUST_CHECK int luks_extract(const struct luks_copy *c, uint64_t size,
    struct diag *d);

#endif
