/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event of a boot log says, for people: TCG PC Client Platform
 * Firmware Profile 1.05, 10.2 to 10.4, the loaders' own forms (GRUB, shim,
 * systemd) and Windows' (measure/sipa.h). Nothing is judged by a word of it:
 * a type and much of the data are covered by no digest (event_digest.h).
 */
#ifndef MEASURE_EVENT_H
#define MEASURE_EVENT_H

#include "base/buf.h"
#include "measure/tcglog.h"

/*
 * Appends one line without its newline, e.g. "SecureBoot = 01, on". All that
 * comes from outside is escaped: printable ASCII is all that appears. At most
 * EVENT_TEXT_MAX characters for one event. Data that is not of its type's form
 * is told as such, with its size; there is no failure but out of memory.
 */
#define EVENT_TEXT_MAX 4096
bool event_put_text(struct buf *b, const struct tcg_event *e);

#endif
