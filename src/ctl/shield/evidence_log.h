/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one walk over a boot log of any length: its events with what their
 * digests are of, the facts they make, and every bank's replay.
 */
#ifndef CTL_SHIELD_EVIDENCE_LOG_H
#define CTL_SHIELD_EVIDENCE_LOG_H

#include "ctl/shield/evidence_facts.h"
#include "ctl/shield/window.h"
#include "measure/event_digest.h"
#include "measure/event_order.h"
#include "measure/replay_banks.h"

#define LOG_PROBLEMS_MAX 16
#define LOG_PROBLEM_TEXT DIAG_TEXT_MAX

/* What is said of an event beside the event itself. */
struct log_event {
	enum event_digest of;
	const char *part;  /* of the data, when of is EVENT_DIGEST_PART */
	struct bytes text; /* empty unless the walk wants texts */
};

struct log_problems {
	size_t n; /* all of them: the first LOG_PROBLEMS_MAX are kept */
	char text[LOG_PROBLEMS_MAX][LOG_PROBLEM_TEXT];
};

struct log_walk {
	const char *part; /* its name in a bundle */
	bool texts;
	struct tcglog log;
	struct replay_banks banks;
	struct log_facts facts;
	uint32_t n_events;
	uint32_t n_wrong; /* digests that are not of their data */
	struct event_order order;
	/*
	 * What a replay does not allow, and digests that are not of their
	 * data; apart from them, what breaks a rule of order, as some firmware
	 * does: it casts doubt on what the log says, not on what it comes to.
	 */
	struct log_problems problems;
	struct log_problems broken;
};

typedef int (*log_event_fn)(struct log_walk *w, const struct tcg_event *e,
    const struct log_event *more, void *arg, struct diag *d);

/*
 * w is zero but for part and texts. On an error, which is that of the reader
 * or of fn, *w tells what was read up to there.
 */
MUST_CHECK int log_walk(struct log_walk *w, struct window *in, log_event_fn fn,
    void *arg, struct diag *d);

#endif
