/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "ctl/shield/evidence_log.h"
#include "measure/event.h"

static void add(struct log_problems *p, const char *fmt, ...) PRINTF(2, 3);
static void
add(struct log_problems *p, const char *fmt, ...)
{
	va_list ap;

	if (p->n++ >= LOG_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(p->text[p->n - 1], LOG_PROBLEM_TEXT, fmt, ap);
	va_end(ap);
}

/* An event that is not of its data, in the words of a problem. */
static void
add_wrong(struct log_walk *w, const struct tcg_event *e)
{
	char type[24], where[TCGLOG_REGISTER_SIZE];

	w->n_wrong++;
	tcglog_register_name(&w->log, e->pcr, where);
	add(&w->problems, "event %u: %s %s: the digest is not of the data",
	    e->index, where, tcg_event_type_name(e->type, type, sizeof(type)));
}

static void
take_facts(struct log_walk *w, struct tcg_event *e, struct log_event *more)
{
	bool separated = e->pcr < 32 && (w->order.separated >> e->pcr & 1) != 0;
	const char *rule = event_order_next(&w->order, e);
	struct diag why = { 0 };

	if (rule != NULL)
		add(&w->broken, "event %u: %s", e->index, rule);
	if (e->type == EV_NO_ACTION)
		return;
	more->of = event_digest_check(e, separated, &more->part);
	if (more->of == EVENT_DIGEST_WRONG)
		add_wrong(w, e);
	if (log_facts_event(&w->facts, &w->log, e, more->of, &why) < 0)
		add(&w->broken, "%s", why.text);
}

static int
take_event(struct log_walk *w, struct tcg_event *e, struct buf *text,
    log_event_fn fn, void *arg, struct diag *d)
{
	struct log_event more = { EVENT_DIGEST_OTHER, "", BYTES_NONE };
	struct diag why = { 0 };

	w->n_events++;
	if (replay_banks_event(&w->banks, e, &why) < 0)
		add(&w->problems, "%s", why.text);
	take_facts(w, e, &more);
	buf_reset(text);
	if (w->texts && !event_put_text(text, e))
		return diag_nomem(d);
	more.text = buf_bytes(text);
	if (more.part == NULL)
		more.part = "";
	return fn(w, e, &more, arg, d);
}

static void
take_end(struct log_walk *w)
{
	uint32_t missing = event_order_unseparated(&w->order);
	struct diag why = { 0 };
	char list[PCR_LIST_MAX];

	if (missing != 0) {
		pcr_list(missing, list);
		add(&w->broken, "no separator in PCR %s", list);
	}
	if (log_facts_end(&w->facts, &w->log, &why) < 0)
		add(&w->broken, "%s", why.text);
}

/* The next window; a window that is full and yet too short is no log. */
static int
go_on(struct tcglog_iter *it, struct window *in, struct diag *d)
{
	size_t done = (size_t)(tcglog_offset(it) - in->at);
	struct diag why = { 0 };
	int r;

	if (done == 0)
		return ERR_SHORT;
	if ((r = window_pass(in, done, &why)) < 0) {
		*d = why;
		return r;
	}
	tcglog_window(it, in->in, in->more);
	return ERR_OK;
}

int
log_walk(struct log_walk *w, struct window *in, log_event_fn fn, void *arg,
    struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(4 * EVENT_TEXT_MAX);
	struct tcglog_iter it;
	struct tcg_event e;
	int r;

	r = tcglog_open_limited(in->in, &tcglog_any, &w->log, d);
	if (r < 0)
		return r;
	replay_banks_start(&w->log, &w->banks);
	event_order_start(&w->log, &w->order);
	it = tcglog_iter(&w->log);
	it.more = in->more;
	for (;;) {
		r = tcglog_next(&it, &e, d);
		if (r == ERR_SHORT && in->more)
			r = go_on(&it, in, d);
		else if (r == ERR_OK)
			r = take_event(w, &e, &text, fn, arg, d);
		else
			break;
		if (r < 0)
			return r;
	}
	if (r != ERR_NOT_FOUND)
		return r;
	take_end(w);
	return ERR_OK;
}
