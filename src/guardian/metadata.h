/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.xml: how guardians are exchanged. This side only writes, with no
 * XML library, so that hgs-key can serve it; reading is metadata_xml.h and
 * linked into tools alone.
 */
#ifndef GUARDIAN_METADATA_H
#define GUARDIAN_METADATA_H

#include "guardian/guardian.h"

#define METADATA_MAX       (128 * 1024)
#define METADATA_NAMESPACE "urn:shieldwall:guardian-metadata:1"

/* Appends the document to ret. */
MUST_CHECK int metadata_write(const struct guardian *g, struct buf *ret,
    struct diag *d);

#endif
