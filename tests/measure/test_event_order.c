/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/event_order.h"

#include "made_event.h"

static struct event_order o;

static void
start(void)
{
	struct tcglog log = { 0 };

	event_order_start(&log, &o);
}

static const char *
next(uint32_t pcr, uint32_t type, const void *p, size_t n)
{
	struct bytes data = bytes_of(p, n);
	struct tcg_event e = event_make(pcr, type, data, data);

	return event_order_next(&o, &e);
}

static void
breaks(const char *broken, const char *want)
{
	CHECK(broken != NULL && strcmp(broken, want) == 0, "told: %s",
	    broken != NULL ? broken : "nothing");
}

static void
test_separators(void)
{
	struct tcg_event e = event_make(3, EV_SEPARATOR,
	    bytes_of("\0\0\0\0", 4), bytes_of("x", 1));

	start();
	CHECK(next(4, EV_SEPARATOR, "\0\0\0\0", 4) == NULL &&
		next(5, EV_SEPARATOR, "\xff\xff\xff\xff", 4) == NULL,
	    "one separator of each PCR is in order");
	breaks(next(4, EV_SEPARATOR, "\0\0\0\0", 4), "a second separator");
	breaks(next(6, EV_ACTION, "\0\0\0\0", 4),
	    "a separator of another type");
	breaks(next(7, EV_SEPARATOR, "\1\0\0\0", 4),
	    "the separator tells an error");
	breaks(event_order_next(&o, &e), "a separator with another digest");
	CHECK(next(0, EV_S_CRTM_CONTENTS, "\0\0\0\0", 4) == NULL,
	    "PCR 0 may have four zeros under another type");
	CHECK(event_order_unseparated(&o) == 0x47, "four PCRs had none");
	breaks(next(4, EV_S_CRTM_VERSION, "xx", 2),
	    "an event of the firmware after the separator");
	breaks(next(24, EV_IPL, "x", 1), "a PCR that does not exist");
}

static void
test_variables(void)
{
	struct buf b = BUF_INIT(256);

	start();
	put_variable_data(&b, guid_global, "PK", bytes_of("x", 1));
	CHECK(next(7, EV_EFI_VARIABLE_CONFIG, b.p, b.len) == NULL,
	    "a variable once");
	breaks(next(7, EV_EFI_VARIABLE_CONFIG, b.p, b.len),
	    "a second variable of this name");
	(void)next(7, EV_SEPARATOR, "\0\0\0\0", 4);
	breaks(next(7, EV_EFI_VARIABLE_CONFIG, b.p, b.len),
	    "configuration after the separator");
	breaks(next(7, EV_EFI_VARIABLE_CONFIG, b.p, b.len - 1),
	    "a malformed variable");
	buf_free(&b);
}

static void
test_boot(void)
{
	static const char call[] = "Calling EFI Application from Boot Option";
	static const char quit[] = "Exit Boot Services Returned with Success";

	start();
	breaks(next(4, EV_EFI_APPLICATION, "x", 1),
	    "an application before the boot option was called");
	(void)next(4, EV_EFI_ACTION, call, sizeof(call) - 1);
	CHECK(next(4, EV_EFI_APPLICATION, "x", 1) == NULL,
	    "TestParseEventLogCallingEFIAppError: after the call it is in "
	    "order");
	CHECK(next(5, EV_EFI_ACTION, quit, sizeof(quit) - 1) == NULL,
	    "leaving boot services is in order");
	breaks(next(4, EV_EFI_APPLICATION, "x", 1),
	    "an event of the firmware after it gave up control");
	CHECK(next(9, EV_IPL, "x", 1) == NULL, "the system's events go on");
}

static void
test_no_action(void)
{
	static const uint8_t zero[32];
	struct tcg_event e = { .type = EV_NO_ACTION,
		.n_digests = 1,
		.digests = { { 0x0b, BYTES_OF_ARRAY(zero) } },
		.data = bytes_of("StartupLocality\0\3", 17) };

	start();
	breaks(next(4, EV_NO_ACTION, "x", 1),
	    "a digest in an event that extends nothing");
	CHECK(next(0xffffffff, EV_NO_ACTION, "x", 1) == NULL,
	    "PCR index 0xFFFFFFFF in EV_NO_ACTION (Windows)");
	CHECK(event_order_next(&o, &e) == NULL, "a startup locality");
	breaks(event_order_next(&o, &e), "a second startup locality");
	start();
	(void)next(0, EV_POST_CODE, "x", 1);
	breaks(event_order_next(&o, &e),
	    "a startup locality after PCR 0 was extended");
	e.data.len = 16;
	breaks(event_order_next(&o, &e), "a malformed startup locality");
}

int
main(void)
{
	test_separators();
	test_variables();
	test_boot();
	test_no_action();
	return t_done();
}
