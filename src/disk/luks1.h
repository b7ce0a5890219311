/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The LUKS1 header ("LUKS On-Disk Format Specification" 1.2.3, 4.1) of the one
 * form that this product makes: AES-XTS with a 64-byte volume key, SHA-256,
 * one key slot. Whatever is written otherwise is refused, and what is read
 * becomes the disk's identity, so that a header put in its place is seen.
 */
#ifndef DISK_LUKS1_H
#define DISK_LUKS1_H

#include "base/base.h"
#include "base/err.h"

#define LUKS1_HEADER_SIZE 592
#define LUKS1_FACTS_SIZE  208 /* of it, before the key slots */
#define LUKS1_SLOTS       8
#define LUKS1_PAYLOAD_MAX ((uint32_t)16 << 20)
#define LUKS1_UUID_SIZE   36
#define LUKS1_SECTOR      512
#define LUKS1_VOLUME_KEY  64
#define LUKS1_STRIPES     4000

struct luks1 {
	uint32_t payload; /* where the data starts, in bytes */
	char uuid[LUKS1_UUID_SIZE + 1];
	uint32_t iterations; /* of the key slot */
	uint32_t material;   /* where the slot's key material starts, bytes */
	/*
	 * SHA-256 over what the data depends on: cipher, mode, hash, payload,
	 * digest of the volume key, UUID; not over the key slots.
	 */
	uint8_t identity[32];
};

/* in: the first LUKS1_HEADER_SIZE bytes of the disk. FileInvalid. */
MUST_CHECK int luks1_parse(struct bytes in, struct luks1 *ret, struct diag *d);

#endif
