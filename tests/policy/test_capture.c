/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

static int
capture(const struct host *h, bool skip, uint8_t purpose, struct diag *d)
{
	struct buf store = BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	struct baseline_source src = { .name = bytes_of_text("x"),
		.purpose = purpose,
		.skip_validation = skip };
	struct baseline b;
	int e = baseline_capture(&src, &h->f, &store, &b, d);

	buf_free(&store);
	return e;
}

int
main(void)
{
	struct host *good = host_make("host-good", NULL);
	struct host *off = host_make("host-nosb", NULL);
	struct diag d = { 0 };

	CHECK(capture(good, false, BASELINE_PRODUCTION, NULL) == ERR_OK,
	    "a good host's boot is captured");
	CHECK(capture(off, false, BASELINE_PRODUCTION, &d) == ERR_REFUSED &&
		d.reason == REASON_SecureBoot,
	    "T38 a host without Secure Boot is no reference: %s", d.text);
	CHECK(capture(off, true, BASELINE_PRODUCTION, NULL) == ERR_OK,
	    "unless validation is skipped");
	good->parts.command_line = BYTES_NONE;
	host_measure(good);
	CHECK(capture(good, false, BASELINE_PRODUCTION, &d) == ERR_REFUSED,
	    "T89 nor is one without a proven command line: %s", d.text);
	CHECK(capture(good, true, BASELINE_PRODUCTION, &d) < 0,
	    "which production cannot do without: %s", d.text);
	CHECK(capture(good, true, BASELINE_TEST, NULL) == ERR_OK,
	    "and a test can");
	good->parts.boot_log.len--;
	host_measure(good);
	CHECK(capture(good, true, BASELINE_TEST, &d) == ERR_REFUSED &&
		d.reason == REASON_TcgLogVerification,
	    "T30 a bad log is never captured: %s", d.text);
	return t_done();
}
