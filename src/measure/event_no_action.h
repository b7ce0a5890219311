/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EV_NO_ACTION, by the signature its data start with: the log's header
 * (10.4.5.1; "Spec ID Event00" of a BIOS, "...02" of the first EFI profile,
 * "...03"), the startup locality (10.4.5.3) and the manifests' references of
 * NIST SP 800-155 (10.4.5.2).
 */
#ifndef MEASURE_EVENT_NO_ACTION_H
#define MEASURE_EVENT_NO_ACTION_H

#include "base/buf.h"
#include "base/err.h"

enum event_spec_form { EVENT_SPEC_BIOS, EVENT_SPEC_EFI, EVENT_SPEC_AGILE };

struct event_spec_id {
	enum event_spec_form form;
	uint32_t platform_class;
	uint8_t major, minor, errata;
	uint8_t uintn_size; /* 1: 32 bits, 2: 64 bits; 0 in a BIOS' */
	uint32_t n_algs;
	struct bytes algs; /* n_algs times 4 bytes */
	struct bytes vendor;
};
MUST_CHECK int event_spec_id_parse(struct bytes in, struct event_spec_id *ret,
    struct diag *d);

/* False, and nothing appended, when the data have no signature of these. */
MUST_CHECK bool event_put_no_action(struct buf *b, struct bytes data);

#endif
