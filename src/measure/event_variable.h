/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a measured UEFI variable says, for people: switches, signature
 * databases, boot options, the certificate that a signature was checked by.
 */
#ifndef MEASURE_EVENT_VARIABLE_H
#define MEASURE_EVENT_VARIABLE_H

#include "base/buf.h"
#include "measure/efi.h"

/* "db: 2 certificates (\"...\"), 3 SHA-256 hashes"; authority: one entry. */
bool event_put_variable(struct buf *b, const struct efi_variable *v,
    bool authority);

#endif
