/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any boot log: each bank replayed, each event put into words and held against
 * its digests. The words are printable, and a window reads what the whole does.
 */
#include "fuzz.h"

#include "measure/event.h"
#include "measure/event_digest.h"
#include "measure/event_order.h"
#include "measure/replay_banks.h"

static void
check_text(const struct tcg_event *e)
{
	struct buf b = BUF_INIT(EVENT_TEXT_MAX);

	if (!event_put_text(&b, e))
		abort();
	for (size_t i = 0; i < b.len; i++)
		if (b.p[i] < 0x20 || b.p[i] > 0x7e)
			abort();
	buf_free(&b);
}

/* The second half comes as another window. */
static uint32_t
count_by_windows(const struct tcglog *log, size_t half)
{
	struct tcglog_iter it;
	struct tcg_event e;
	uint64_t at;
	int err;

	it = tcglog_iter(log);
	it.r.in.len = it.r.off > half ? it.r.off : half;
	it.more = it.r.in.len < log->in.len;
	while ((err = tcglog_next(&it, &e, NULL)) == ERR_OK ||
	    (err == ERR_SHORT && it.more)) {
		if (err == ERR_OK)
			continue;
		at = tcglog_offset(&it);
		tcglog_window(&it,
		    bytes_of(log->in.p + at, log->in.len - (size_t)at), false);
	}
	return err == ERR_NOT_FOUND ? it.next : UINT32_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct replay_banks banks;
	struct event_order order;
	struct tcglog_iter it;
	struct tcg_event e;
	struct tcglog log;
	const char *part;
	int err;

	if (tcglog_open_limited(bytes_of(p, n), &tcglog_any, &log, NULL) < 0)
		return 0;
	replay_banks_start(&log, &banks);
	event_order_start(&log, &order);
	it = tcglog_iter(&log);
	while ((err = tcglog_next(&it, &e, NULL)) == ERR_OK) {
		(void)event_digest_check(&e, false, &part);
		(void)event_order_next(&order, &e);
		if (replay_banks_event(&banks, &e, NULL) < 0)
			continue;
		check_text(&e);
	}
	/* Padding that a window takes for certain may be events as a whole. */
	if (n < 65536 &&
	    count_by_windows(&log, n / 2) !=
		(err == ERR_NOT_FOUND ? it.next : UINT32_MAX))
		abort();
	return 0;
}
