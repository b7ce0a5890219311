/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compare.h"

#include "host.h"

static struct baseline base;

static const struct difference *
find(const struct comparison *c, unsigned pcr)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].pcr == pcr)
			return &c->list[i];
	return NULL;
}

static struct comparison
compare_log(struct host *h, struct bytes log)
{
	struct comparison c;

	h->parts.boot_log = log;
	host_measure(h);
	baseline_compare(&base, &h->f, &c);
	return c;
}

static void
test_recorded(void)
{
	struct host *again = host_make("host-good-again", NULL);
	struct host *other = host_make("host-cmdline", NULL);
	struct comparison c;

	baseline_compare(&base, &again->f, &c);
	CHECK(c.equal && c.n == 0, "two boots of one host are equal");
	baseline_compare(&base, &other->f, &c);
	CHECK(!c.equal && c.n_pcrs == 3 && find(&c, 4) != NULL &&
		find(&c, 9) != NULL && find(&c, 11) != NULL &&
		find(&c, DIFFERENCE_NO_PCR) != NULL,
	    "T90 another command line differs in PCR 4, 9, 11 and in text");
	CHECK(find(&c, 9)->kind == DIFFERENCE_CHANGED &&
		find(&c, 9)->nth == 0 && find(&c, 9)->event == 32 &&
		strstr(find(&c, 9)->text, "LoadOptions") != NULL,
	    "the event is named: %s", find(&c, 9)->text);
	CHECK(strstr(find(&c, DIFFERENCE_NO_PCR)->text, "lockdown") != NULL,
	    "and so is the argument: %s", find(&c, DIFFERENCE_NO_PCR)->text);
}

static void
test_sequence(void)
{
	struct host *h = host_make("host-good", NULL);
	struct tcg_event e = event_of(h->boot.log, 11, 2);
	struct comparison c;

	c = compare_log(h,
	    insert_event(h->boot.log, e.offset, 11, EV_IPL,
		bytes_of_text("x")));
	CHECK(!c.equal && c.list[0].kind == DIFFERENCE_ADDED &&
		c.list[0].pcr == 11 && c.list[0].nth == 2 && c.n_pcrs == 1,
	    "an added event is told as one: %s", c.list[0].text);
	c = compare_log(h, remove_event(h->boot.log, &e));
	CHECK(!c.equal && c.list[0].kind == DIFFERENCE_MISSING &&
		c.list[0].nth == 2 && c.n_pcrs == 1,
	    "a missing event is told as one: %s", c.list[0].text);
	c = compare_log(h,
	    insert_event(h->boot.log, h->boot.log.len, 14, EV_IPL,
		bytes_of_text("x")));
	CHECK(!c.equal && c.list[0].kind == DIFFERENCE_ADDED &&
		c.list[0].pcr == 14,
	    "an event in a PCR that had none is told");
	c = compare_log(h,
	    insert_event(h->boot.log, h->boot.log.len, 5, EV_EFI_ACTION,
		bytes_of_text("x")));
	CHECK(c.equal, "an ignored PCR may differ");
	c = compare_log(h, bytes_of(h->boot.log.p, 100));
	CHECK(!c.equal && c.list[0].kind == DIFFERENCE_FINDINGS,
	    "T30 a log that is not good equals nothing");
	host_measure(h);
	h->f.locality = 3;
	h->f.log.state = FINDING_GOOD;
	baseline_compare(&base, &h->f, &c);
	CHECK(!c.equal, "T37 another startup locality is not equal");
}

/* Each event but those of PCR 5, 6: changed, removed, doubled. */
static void
test_every_event(void)
{
	struct host *h = host_make("host-good", NULL);
	struct bytes log = h->boot.log;
	struct tcglog l;
	struct tcglog_iter it;
	struct tcg_event e;
	size_t n = 0, n_equal = 0;

	if (tcglog_open(log, &l, NULL) < 0)
		t_bail("log");
	it = tcglog_iter(&l);
	while (tcglog_next(&it, &e, NULL) == ERR_OK) {
		struct bytes changed = copy_of(log, 0);

		if (e.pcr == 5 || e.pcr == 6)
			continue;
		*at_byte(changed, e.offset + AT_DIGEST + 31) ^= 0x80;
		n += 3;
		n_equal += compare_log(h, changed).equal;
		n_equal += compare_log(h, remove_event(log, &e)).equal;
		n_equal += compare_log(h,
		    insert_event(log, e.offset, e.pcr, e.type, e.data))
			       .equal;
	}
	CHECK(n == 3 * 31 && n_equal == 0,
	    "T40 of %zu boots with one event changed none is equal", n);
}

static void
test_exceptions(void)
{
	struct host *h = host_make("host-good", NULL);
	struct baseline b = base;
	struct tcg_event initrd = event_of(h->boot.log, 9, 1);
	struct bytes log = copy_of(h->boot.log, 0);
	struct comparison c;

	*at_byte(log, initrd.offset + AT_DIGEST) ^= 1;
	h->parts.boot_log = log;
	host_measure(h);
	b.exceptions[0] =
	    (struct baseline_exception){ 9, 1, false, bytes_of_text("varies") };
	b.n_exceptions = 1;
	baseline_compare(&b, &h->f, &c);
	CHECK(c.equal, "an event that a rule names may differ");
	b.exceptions[0].nth = 0;
	baseline_compare(&b, &h->f, &c);
	CHECK(!c.equal, "and no other one");
	h = host_make("host-cmdline", NULL);
	b = base;
	b.cmdline = h->f.cmdline_text;
	b.exceptions[0] = (struct baseline_exception){ 9, 0, true,
		bytes_of_text("template") };
	b.exceptions[1] = (struct baseline_exception){ 11, 5, true,
		bytes_of_text("template") };
	b.n_exceptions = 2;
	baseline_compare(&b, &h->f, &c);
	CHECK(c.n_pcrs == 1 && find(&c, 4) != NULL && c.n == 1,
	    "a command line of the template may be measured in its place");
	b.cmdline = base.cmdline;
	baseline_compare(&b, &h->f, &c);
	CHECK(find(&c, DIFFERENCE_NO_PCR) != NULL,
	    "T90 and no other command line");
	h->parts.command_line = BYTES_NONE;
	host_measure(h);
	baseline_compare(&b, &h->f, &c);
	CHECK(find(&c, 9) != NULL && find(&c, 11) != NULL,
	    "T89 nor one whose text was not sent");
}

int
main(void)
{
	base = baseline_of(host_make("host-good", NULL), BASELINE_PRODUCTION);
	test_recorded();
	test_sequence();
	test_every_event();
	test_exceptions();
	return t_done();
}
