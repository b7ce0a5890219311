/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The release key: what hgs-attest gives a host with its certificate, and
 * hgs-key derives again, so that a stolen certificate alone asks nothing
 * (T92). doc/PROTOCOL.keyprotection.
 */
#ifndef HGS_COMMON_RELEASE_KEY_H
#define HGS_COMMON_RELEASE_KEY_H

#include "base/base.h"

#define RELEASE_KEY_LABEL "shieldwall release key 1"
#define RELEASE_KEY_SIZE  32

/* HKDF-SHA256(shared, no salt, label || serial). serial: 16 bytes. */
void release_key_derive(struct bytes shared, const uint8_t serial[static 16],
    uint8_t ret[static RELEASE_KEY_SIZE]);

#endif
