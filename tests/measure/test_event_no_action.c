/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/event_no_action.h"

#include "made_event.h"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct event_spec_id v;

	(void)arg;
	return event_spec_id_parse(bytes_of(p, n), &v, NULL) == ERR_OK;
}

static void
test_spec(const char *signature, const char *body, size_t n,
    enum event_spec_form form, const char *what)
{
	uint8_t raw[64] = { 0 };
	struct event_spec_id v;

	memcpy(raw, signature, 16);
	memcpy(raw + 16, body, n);
	CHECK(event_spec_id_parse(bytes_of(raw, 16 + n), &v, NULL) == ERR_OK &&
		v.form == form && v.vendor.len == 2 && v.errata == 5,
	    "SpecID 00 / 02 / 03 with vendor info: %s", what);
	CHECK(t_truncations(raw, 16 + n, accepts, NULL) == 0 &&
		!t_trailing(raw, 16 + n, accepts, NULL),
	    "every short read becomes an error: %s", what);
}

/* Without vendor bytes: the header of a log of one bank, and of two. */
static void
test_plain_spec(const char *signature, const char *body, size_t n,
    uint32_t n_algs, const char *what)
{
	uint8_t raw[64] = { 0 };
	struct event_spec_id v;

	memcpy(raw, signature, 16);
	memcpy(raw + 16, body, n);
	CHECK(event_spec_id_parse(bytes_of(raw, 16 + n), &v, NULL) == ERR_OK &&
		v.vendor.len == 0 && v.n_algs == n_algs &&
		v.algs.len == 4 * (size_t)n_algs,
	    "%s", what);
	CHECK(t_truncations(raw, 16 + n, accepts, NULL) == 0,
	    "every short read becomes an error: %s", what);
}

static void
text_is(const void *p, size_t n, const char *want)
{
	const char *text = text_of(EV_NO_ACTION, bytes_of(p, n));

	CHECK(strcmp(text, want) == 0, "%s", text);
}

int
main(void)
{
	static const char manifest[] =
	    "SP800-155 Event3\x79\x2b\0\0"
	    "\xd0\x97\x05\xa0\x5e\x4c\x38\x47\x80\x32"
	    "\x6f\x95\x8c\xa9\x2f\xad\3ab\0\2c";
	struct event_spec_id v;

	test_spec("Spec ID Event00", "\0\0\0\0\1\2\5\0\2vv", 11,
	    EVENT_SPEC_BIOS, "Spec ID Event00");
	test_spec("Spec ID Event02", "\0\0\0\0\2\1\5\2\2vv", 11, EVENT_SPEC_EFI,
	    "Spec ID Event02");
	test_spec("Spec ID Event03", "\0\0\0\0\0\2\5\2\1\0\0\0\4\0\x14\0\2vv",
	    19, EVENT_SPEC_AGILE, "Spec ID Event03");
	test_plain_spec("Spec ID Event00", "\0\0\0\0\1\2\5\0\0", 9, 0,
	    "SpecID 00 / 02 / 03 without vendor info: Spec ID Event00");
	test_plain_spec("Spec ID Event02", "\0\0\0\0\2\1\5\2\0", 9, 0,
	    "SpecID 00 / 02 / 03 without vendor info: Spec ID Event02");
	test_plain_spec("Spec ID Event03",
	    "\0\0\0\0\0\2\5\2\1\0\0\0\4\0\x14\0\0", 17, 1,
	    "TestParseSpecIDEvent: sha1, without vendor info");
	test_plain_spec("Spec ID Event03",
	    "\0\0\0\0\0\2\5\2\2\0\0\0\4\0\x14\0\x0b\0\x20\0\0", 21, 2,
	    "TestParseSpecIDEvent: sha1+sha256, without vendor info");
	CHECK(event_spec_id_parse(
		  bytes_of("Spec ID Event03\0\0\0\0\0\0\2\5\2\xff\xff\xff\xff",
		      28),
		  &v, NULL) < 0,
	    "TestParseSpecIDEvent: numAlgs 0xFFFFFFFF -> error");
	text_is("Spec ID Event03\0\0\0\0\0\0\2\5\2\1\0\0\0\4\0\x14\0\2v\n", 35,
	    "log header: version 2.0 errata 5, algorithm 0x0004 of 20 bytes, "
	    "vendor: v\\x0a");
	text_is("Spec ID Event03", 16, "log header: malformed");
	text_is("StartupLocality\0\3", 17, "startup locality 3");
	text_is("StartupLocality", 16, "startup locality: malformed");
	text_is(manifest, sizeof(manifest),
	    "SP800-155 Event3: vendor 11129, manifest "
	    "a00597d0-4c5e-4738-8032-6f958ca92fad, platform of ab, model c");
	text_is("short", 5, "short");
	return t_done();
}
