/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an event's digests are those of the data that stands beside them.
 * For some types that must be so; for others the digest is of something that
 * is not in the log (an image, a file, a table), and the data prove nothing.
 */
#ifndef MEASURE_EVENT_DIGEST_H
#define MEASURE_EVENT_DIGEST_H

#include "measure/tcglog.h"

enum event_digest {
	EVENT_DIGEST_OTHER, /* of something else: the data are mere words */
	EVENT_DIGEST_DATA,  /* of the data as a whole */
	EVENT_DIGEST_PART,  /* of a known part or other form of the data */
	EVENT_DIGEST_WRONG  /* must be of the data and is not */
};

/*
 * All digests of the event must be of the same: where some banks' are of the
 * data and others' are not, the result is WRONG. `separated`: the event's PCR
 * had its separator, so that not only firmware can have written it. *ret_part
 * says of which part ("the variable's value"), and is "" unless that is the
 * result.
 */
enum event_digest event_digest_check(const struct tcg_event *e, bool separated,
    const char **ret_part);
/* "of its data", "of a part of its data", "of something else", "wrong" */
const char *event_digest_name(enum event_digest v);

#endif
