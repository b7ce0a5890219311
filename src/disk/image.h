/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk image that somebody hands in: only a plain raw file is taken. Other
 * formats can name further files to read (backing and data files), so they are
 * told by their magic numbers and refused; nobody ever guesses a format from
 * the contents, qemu-img included.
 */
#ifndef DISK_IMAGE_H
#define DISK_IMAGE_H

#include "base/base.h"
#include "base/err.h"

#define IMAGE_SECTOR   512
#define IMAGE_SIZE_MAX ((uint64_t)64 << 40)

/*
 * Opens path for reading. ImageUnsafe: an address (json:, nbd:), a symbolic
 * link, a device, another format. FileInvalid: empty, larger than 64 TiB, not
 * whole sectors.
 */
MUST_CHECK int image_open(const char *path, int *ret_fd, uint64_t *ret_size,
    struct diag *d);
/* The same of an open file; what names it in refusals. */
MUST_CHECK int image_check(int fd, const char *what, uint64_t *ret_size,
    struct diag *d);
/* The format that these first and last bytes are of; NULL: none that we know.*/
const char *image_format(struct bytes head, struct bytes tail);

/* How much image_format() wants to see. */
#define IMAGE_HEAD_SIZE 512
#define IMAGE_TAIL_SIZE 512

#endif
