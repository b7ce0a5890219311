/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads metadata.xml with expat. Document types, entities, processing
 * instructions and unknown elements are refused; sizes and depth are bounded.
 * The result passed guardian_check(), which says that the parts belong
 * together, not whose they are: that is the fingerprint's business.
 */
#ifndef GUARDIAN_METADATA_XML_H
#define GUARDIAN_METADATA_XML_H

#include "guardian/guardian.h"

MUST_CHECK int metadata_read(struct bytes xml, struct guardian_file *ret,
    struct diag *d);

#endif
