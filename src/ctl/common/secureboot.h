/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's firmware variables as they are before its first start: with Secure
 * Boot on under keys of one's own, or under Microsoft's as the firmware package
 * ships them, or blank.
 */
#ifndef CTL_COMMON_SECUREBOOT_H
#define CTL_COMMON_SECUREBOOT_H

#include "base/buf.h"
#include "base/err.h"

#define SECURE_BOOT_MICROSOFT "microsoft"

/*
 * which: "microsoft", or a folder with PK.crt, KEK.crt, db.crt (certificates,
 * PEM or DER; of KEK and db PEM files may hold several) and perhaps dbx.esl
 * (signature lists). owner: the GUID that the keys are entered under.
 * Appends the volume; ret_keys is what the grant's policy names.
 */
MUST_CHECK int secure_boot_volume(const char *which,
    const uint8_t owner[static 16], uint64_t now, struct buf *ret,
    uint8_t ret_keys[static 32], struct diag *d);
/* Appends a volume without keys: Secure Boot is off. */
MUST_CHECK int secure_boot_blank(struct buf *ret, struct diag *d);

#endif
