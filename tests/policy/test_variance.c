/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may differ from a baseline: read, told, and held to where a host is
 * judged.
 */
#include "policy/variance.h"

#include "host.h"

static struct diag d;

static void
test_read(void)
{
	static const char *const bad[] = { "", "1", "=x", "1=", "24=x", "100=x",
		":1=x", "1:=x", "1:1=", "-1=x", "1:1234567=x", "1 =x",
		"1=\x1b[2J" };
	struct baseline_variance v;
	char text[400];

	CHECK(variance_read("1=firmware settings", &v, &d) == ERR_OK &&
		v.whole && v.pcr == 1 &&
		bytes_equal_text(v.reason, "firmware settings"),
	    "a PCR is read");
	CHECK(variance_read("8:12=a=b", &v, &d) == ERR_OK && !v.whole &&
		v.pcr == 8 && v.nth == 12 && bytes_equal_text(v.reason, "a=b"),
	    "an event is read");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(variance_read(bad[i], &v, &d) == ERR_USAGE,
		    "T98 refused: variance %zu", i);
	memset(text, 'x', sizeof(text));
	memcpy(text, "1=", 2);
	text[2 + BASELINE_TEXT_MAX] = '\0';
	CHECK(variance_read(text, &v, &d) == ERR_OK,
	    "a reason may be as long as a baseline holds");
	text[2 + BASELINE_TEXT_MAX] = 'x';
	text[3 + BASELINE_TEXT_MAX] = '\0';
	CHECK(variance_read(text, &v, &d) == ERR_USAGE, "and no longer");
}

static bool
opens(const char *line, const char *name, const char *want)
{
	struct buf b = BUF_INIT(CMDLINE_MAX);
	bool good =
	    variance_open(bytes_of_text(line), &name, 1, &b, &d) == ERR_OK &&
	    bytes_equal_text(buf_bytes(&b), want);

	buf_free(&b);
	return good;
}

static void
test_open(void)
{
	CHECK(opens("quiet a=1 ab=2 a=3", "a", "quiet a=* ab=2 a=*"),
	    "an argument's value is left open wherever it stands");
	CHECK(!opens("quiet ab=2", "a", "") && !opens("quiet a", "a", ""),
	    "one that has none cannot be: %s", d.text);
}

/* A baseline of h with what may differ; what is told of it in *told. */
static int
capture(const struct host *h, const char *const *given, size_t n,
    const char *open, struct baseline *ret, struct buf *told)
{
	struct buf *store = keep(sizeof(*store)), *line = keep(sizeof(*line));
	struct baseline_variance *v = keep(8 * sizeof(*v));
	struct baseline_source src = { .name = bytes_of_text("b"),
		.source = bytes_of_text("host b"),
		.purpose = BASELINE_PRODUCTION,
		.n_variances = n,
		.variances = v };
	int r;

	*store = (struct buf)BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	*line = (struct buf)BUF_INIT(CMDLINE_MAX);
	for (size_t i = 0; i < n; i++)
		if (variance_read(given[i], &v[i], &d) < 0)
			t_bail("%s", d.text);
	if (open != NULL) {
		if (variance_open(h->f.cmdline_text, &open, 1, line, &d) < 0)
			t_bail("%s", d.text);
		src.template = buf_bytes(line);
	}
	r = baseline_capture(&src, &h->f, store, ret, &d);
	buf_reset(told);
	if (r == ERR_OK && !variance_put(told, ret))
		t_bail("out of memory");
	return r;
}

/* The nth event of a PCR has another digest. */
static struct host *
other(uint32_t pcr, uint32_t nth)
{
	struct host *h = host_make("host-good", NULL);
	struct tcg_event e;

	host_boot_with(h, PRODUCT_CMDLINE);
	h->boot.log = copy_of(h->boot.log, 0);
	e = event_of(h->boot.log, pcr, nth);
	*at_byte(h->boot.log, e.offset + AT_DIGEST) ^= 1;
	h->parts.boot_log = h->boot.log;
	host_measure(h);
	return h;
}

static bool
passes(const struct host *h, const struct baseline *b)
{
	return judge(h, NULL, b)->status == VERDICT_PASSED;
}

static void
test_judged(void)
{
	static const char *const one[] = { "1=settings of the firmware" };
	static const char *const event[] = { "1:1=an asset tag" };
	static const char *const locked[] = { "7=no" };
	static const char *const absent[] = { "1:999=no such event" };
	static const char *const twice[] = { "1:1=a", "1:1=b" };
	struct host *h = host_make("host-good", NULL);
	struct buf told = BUF_INIT(4096);
	struct baseline b;

	host_boot_with(h, PRODUCT_CMDLINE);
	CHECK(capture(h, NULL, 0, NULL, &b, &told) == ERR_OK && told.len == 0 &&
		passes(h, &b) && !passes(other(1, 1), &b),
	    "without a variance nothing is told, and nothing may differ");
	CHECK(capture(h, one, 1, NULL, &b, &told) == ERR_OK && passes(h, &b) &&
		passes(other(1, 1), &b) && passes(other(1, 0), &b) &&
		!passes(other(2, 0), &b) &&
		bytes_equal_text(buf_bytes(&told),
		    "PCR 1 is ignored: settings of the firmware\n"),
	    "an ignored PCR may differ, and is told");
	CHECK(capture(h, event, 1, NULL, &b, &told) == ERR_OK &&
		passes(other(1, 1), &b) && !passes(other(1, 0), &b) &&
		bytes_equal_text(buf_bytes(&told),
		    "PCR 1, event 1 may differ: an asset tag\n"),
	    "an event may differ, its neighbour not");
	CHECK(capture(h, locked, 1, NULL, &b, &told) == ERR_REFUSED,
	    "T38 PCR 7 is ignored in no production: %s", d.text);
	CHECK(capture(h, absent, 1, NULL, &b, &told) < 0 &&
		capture(h, twice, 2, NULL, &b, &told) < 0,
	    "an event that is not there, or there twice: refused");
	buf_free(&told);
}

static void
test_template(void)
{
	static char line[4096];
	struct host *h = host_make("host-good", NULL);
	struct host *changed = host_make("host-good", NULL);
	struct buf told = BUF_INIT(4096);
	struct baseline b;
	char *at;

	host_boot_with(h, PRODUCT_CMDLINE);
	(void)snprintf(line, sizeof(line), "%s", PRODUCT_CMDLINE);
	if ((at = strstr(line, "panic=5")) == NULL)
		t_bail("the product's command line has no panic=5");
	at[6] = '9';
	host_boot_with(changed, line);
	CHECK(capture(h, NULL, 0, NULL, &b, &told) == ERR_OK &&
		!passes(changed, &b),
	    "T90 another value of an argument is refused");
	CHECK(capture(h, NULL, 0, "panic", &b, &told) == ERR_OK &&
		passes(h, &b) && passes(changed, &b) &&
		bytes_equal_text(buf_bytes(&told),
		    "PCR 9, event 0 may differ: " VARIANCE_CMDLINE "\n"
		    "PCR 11, event 5 may differ: " VARIANCE_CMDLINE "\n"
		    "the command line is open: panic=*\n"),
	    "but for one that the template leaves open, which is told: %.*s",
	    (int)told.len, (const char *)told.p);
	changed->parts.command_line = bytes_of_text(PRODUCT_CMDLINE);
	host_measure(changed);
	CHECK(!passes(changed, &b),
	    "T89 a text that is not what was measured: refused");
	CHECK(capture(h, NULL, 0, "lockdown", &b, &told) == ERR_REFUSED,
	    "T90 what guards the host is never open: %s", d.text);
	buf_free(&told);
}

int
main(void)
{
	test_read();
	test_open();
	test_judged();
	test_template();
	return t_done();
}
