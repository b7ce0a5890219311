/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new VM's firmware variables with Secure Boot on: under the owner's own
 * keys, or under Microsoft's as the firmware package ships them.
 */
#ifndef CTL_SHIELD_SECUREBOOT_H
#define CTL_SHIELD_SECUREBOOT_H

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

#endif
