/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of the order of a boot log's events (TCG PC Client Platform Firmware
 * Profile 1.05, 3.3.4 and 8.2): what breaks one casts doubt on what the log
 * says, not on its replay. Real firmware breaks some of them; evidence is held
 * to the stricter ones by measure_evidence() and secureboot_event().
 */
#ifndef MEASURE_EVENT_ORDER_H
#define MEASURE_EVENT_ORDER_H

#include "measure/tcglog.h"

struct event_order {
	bool registers;     /* of a log of a confidential guest */
	uint32_t separated; /* bit n: PCR n had its separator */
	uint32_t variables; /* of PCR 7, that were seen before it */
	bool called;        /* "Calling EFI Application from Boot Option" */
	bool exited;        /* "Exit Boot Services Returned with Success" */
	bool extended0;     /* PCR 0 */
	bool localized;     /* a startup locality was told */
};

void event_order_start(const struct tcglog *log, struct event_order *ret);
/* The rule that the event breaks, in words, or NULL. In the log's order. */
const char *event_order_next(struct event_order *o, const struct tcg_event *e);
/* PCR 0-7 that had no separator; 0 for a log that counts registers. */
uint32_t event_order_unseparated(const struct event_order *o);

#endif
