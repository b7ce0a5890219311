/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in and out: one value has one text, and outside text does no harm.
 */
#include "base/text.h"

#include "../t.h"

#define TEXT(s) bytes_of_text(s)

static void
test_hex(void)
{
	auto_buf struct buf b = BUF_INIT(64), small = BUF_INIT(1);
	struct diag d = { 0 };
	uint8_t two[2] = { 7, 7 };
	char text[7];

	CHECK(hex_put(&b, bytes_of("\x00\xff\x1a", 3)) &&
		bytes_equal_text(buf_bytes(&b), "00ff1a"),
	    "hex is lower-case");
	hex_format(bytes_of("\x00\xff\x1a", 3), text);
	CHECK(strcmp(text, "00ff1a") == 0, "in an array too");
	buf_reset(&b);
	CHECK(hex_decode(TEXT("00fF1A"), &b, &d) == ERR_OK &&
		bytes_equal(buf_bytes(&b), bytes_of("\x00\xff\x1a", 3)),
	    "either case is read");
	CHECK(hex_decode(BYTES_NONE, &b, &d) == ERR_OK && b.len == 3,
	    "no digits are no bytes");
	CHECK(hex_decode(TEXT("00f"), &b, &d) == ERR_FORMAT, "odd length");
	CHECK(hex_decode(TEXT("0g"), &b, &d) == ERR_FORMAT &&
		hex_decode(TEXT(" 0"), &b, &d) == ERR_FORMAT &&
		hex_decode(TEXT("0x"), &b, &d) == ERR_FORMAT && b.len == 3,
	    "anything but digits is refused, and nothing is written");
	CHECK(hex_decode(TEXT("0000"), &small, &d) == ERR_LIMIT,
	    "more than the buffer's maximum");
	CHECK(hex_decode_fixed(TEXT("0a0b"), two, 2, &d) == ERR_OK &&
		two[0] == 10 && two[1] == 11,
	    "a fixed number of bytes");
	CHECK(hex_decode_fixed(TEXT("0a"), two, 2, &d) == ERR_FORMAT &&
		hex_decode_fixed(TEXT("0a0b0c"), two, 2, &d) == ERR_FORMAT &&
		hex_decode_fixed(TEXT("0a0z"), two, 2, &d) == ERR_FORMAT &&
		two[0] == 10,
	    "and no other");
}

static void
test_base64(void)
{
	/* RFC 4648, section 10. */
	static const char *const vector[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	static const char *const bad[] = { "Z", "Zg",
		"Zg=", "Zg===", "Zh==", "Zm9=", "Zm9vY===", "=",
		"====", "Zg==Zg==", "Zm 9", "Zm9v\n", "Zm9_", "Zm9-",
		"Z=g=", "Zg=a" };
	auto_buf struct buf b = BUF_INIT(16);
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		buf_reset(&b);
		CHECK(base64_put(&b, TEXT(vector[i][0])) &&
			bytes_equal_text(buf_bytes(&b), vector[i][1]),
		    "\"%s\" is written as %s", vector[i][0], vector[i][1]);
		buf_reset(&b);
		CHECK(base64_decode(TEXT(vector[i][1]), &b, &d) == ERR_OK &&
			bytes_equal_text(buf_bytes(&b), vector[i][0]),
		    "and read again");
	}
	buf_reset(&b);
	(void)buf_put_u8(&b, 'x');
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(base64_decode(TEXT(bad[i]), &b, &d) == ERR_FORMAT &&
			b.len == 1 && buf_ok(&b),
		    "T58 text %zu that is not canonical is refused", i);
	CHECK(base64_decode(TEXT("Zm9vYmFyZm9vYmFyZm9v"), &b, &d) == ERR_OK &&
		b.len == 16,
	    "as much as fits");
	CHECK(base64_decode(TEXT("Zg=="), &b, &d) == ERR_LIMIT,
	    "and no byte more");
}

static int
number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	struct diag d = { 0 };

	return number_parse("n", TEXT(text), min, max, ret, &d);
}

static void
test_numbers(void)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "01",
		"00", "0x1", "1e3", "18446744073709551616",
		"99999999999999999999999", "1\n" };
	static const char *const no_duration[] = { "", "s", "1", "1w", "01s",
		"-1s", "1.5h", "4294967296s", "1 s", "1sm" };
	struct diag d = { 0 };
	uint64_t v = 77;

	CHECK(number("0", 0, 9, &v) == ERR_OK && v == 0, "zero");
	CHECK(number("18446744073709551615", 0, UINT64_MAX, &v) == ERR_OK &&
		v == UINT64_MAX,
	    "the largest number");
	v = 77;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(number(bad[i], 0, UINT64_MAX, &v) == ERR_USAGE && v == 77,
		    "\"%s\" is no number", i == 11 ? "1\\n" : bad[i]);
	CHECK(number("3", 3, 5, &v) == ERR_OK &&
		number("5", 3, 5, &v) == ERR_OK,
	    "both ends of a range belong to it");
	CHECK(number("2", 3, 5, &v) == ERR_USAGE &&
		number("6", 3, 5, &v) == ERR_USAGE && v == 5,
	    "what is beside them does not");
	CHECK(number_parse("port", TEXT("\x1b[2J"), 1, 9, &v, &d) ==
		    ERR_USAGE &&
		strchr(d.text, 0x1b) == NULL && strstr(d.text, "port") != NULL,
	    "a bad number is shown escaped, with its range");

	CHECK(duration_parse("t", TEXT("30s"), &v, &d) == ERR_OK && v == 30 &&
		duration_parse("t", TEXT("5m"), &v, &d) == ERR_OK && v == 300 &&
		duration_parse("t", TEXT("8h"), &v, &d) == ERR_OK &&
		v == 28800 &&
		duration_parse("t", TEXT("2d"), &v, &d) == ERR_OK &&
		v == 172800 &&
		duration_parse("t", TEXT("0s"), &v, &d) == ERR_OK,
	    "durations have a unit");
	for (size_t i = 0; i < ARRAY_LEN(no_duration); i++)
		CHECK(duration_parse("t", TEXT(no_duration[i]), &v, &d) ==
			ERR_USAGE,
		    "\"%s\" is no duration", no_duration[i]);
}

static void
test_names(void)
{
	static const char *const bad[] = { "", ".", "..", ".a", "-a", "a/b",
		"../a", "a b", "a\n", "a\\b", "\xc3\xa4", "a*", "a:b",
		"a\x7f" };
	char text[65];
	struct diag d = { 0 };

	memset(text, 'n', sizeof(text));
	CHECK(name_valid(TEXT("a")) && name_valid(TEXT("Web-1.example_x")) &&
		name_valid(TEXT("0")) && name_valid(TEXT("_a")),
	    "names are words");
	CHECK(name_valid(bytes_of(text, 63)) && !name_valid(bytes_of(text, 64)),
	    "of at most 63 characters");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!name_valid(TEXT(bad[i])), "T60 bad name %zu is refused",
		    i);
	CHECK(!name_valid(bytes_of("a\0b", 3)) &&
		!name_valid(bytes_of("a\0", 2)),
	    "T60 a NUL in a name is refused");
	CHECK(name_check("vm", TEXT("ok"), &d) == ERR_OK &&
		name_check("vm", TEXT("\x1b]0;x\x07"), &d) == ERR_USAGE &&
		strchr(d.text, 0x1b) == NULL,
	    "a bad name is shown escaped");
}

static void
test_printable(void)
{
	static const char *const good[] = { "", "plain", "\xc3\xa4",
		"\xe2\x82\xac", "\xf0\x9f\x94\x92", "\xf4\x8f\xbf\xbf",
		"\xc2\xa0" };
	static const char *const bad[] = { "\n", "\t", "\x1b[0m", "\x7f",
		"\xc2\x80", "\xc2\x9b", "\xc2\x9f", "\xc0\x80", "\xc1\xbf",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
		"\x80", "a\xc3", "\xc3(", "\xe2\x82", "\xf0\x9f\x94", "\xff" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK(text_printable(TEXT(good[i])), "good text %zu", i);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!text_printable(TEXT(bad[i])),
		    "T59 control or malformed text %zu is refused", i);
	CHECK(!text_printable(bytes_of("a\0", 2)), "T59 so is a NUL");
}

static void
test_escape(void)
{
	auto_buf struct buf b = BUF_INIT(256);
	char text[16], tiny[8];

	CHECK(text_put_escaped(&b, bytes_of("a\\\x1b\xc3\0z", 6), 100) &&
		bytes_equal_text(buf_bytes(&b), "a\\x5c\\x1b\\xc3\\x00z"),
	    "T98 what a terminal would obey is written in hex");
	buf_reset(&b);
	CHECK(text_put_escaped(&b, TEXT("abcdef"), 6) && b.len == 6,
	    "as many characters as asked for");
	buf_reset(&b);
	CHECK(text_put_escaped(&b, TEXT("abcdefg"), 6) &&
		bytes_equal_text(buf_bytes(&b), "abcdef..."),
	    "then three dots");
	text_escape(TEXT("12345678901234567890"), text, sizeof(text));
	CHECK(strlen(text) == 15 && strcmp(text, "123456789012...") == 0,
	    "an array is filled and ended");
	text_escape(bytes_of("\0\0\0", 3), tiny, sizeof(tiny));
	CHECK(strcmp(tiny, "\\x00...") == 0, "the smallest array");
	text_escape(BYTES_NONE, tiny, sizeof(tiny));
	CHECK(tiny[0] == '\0', "no text is an empty text");
}

static void
test_time(void)
{
	static const char *const bad[] = { "", "2026-01-31T12:00:00",
		"2026-01-31 12:00:00Z", "2026-02-30T00:00:00Z",
		"2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
		"2026-13-01T00:00:00Z", "2026-1-31T12:00:00ZZ",
		"1969-12-31T23:59:59Z", "2026-01-31T12:00:00z",
		" 026-01-31T12:00:00Z" };
	char text[TIME_TEXT_SIZE];
	struct diag d = { 0 };
	uint64_t t = 5;

	time_format(0, text);
	CHECK(strcmp(text, "1970-01-01T00:00:00Z") == 0, "time 0");
	time_format(1769860800, text);
	CHECK(strcmp(text, "2026-01-31T12:00:00Z") == 0, "a time of today");
	CHECK(time_parse(TEXT(text), &t, &d) == ERR_OK && t == 1769860800,
	    "and back");
	time_format(UINT64_MAX, text);
	CHECK(strcmp(text, "9999-12-31T23:59:59Z") == 0,
	    "the end of time is the year 9999");
	t = 5;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(time_parse(TEXT(bad[i]), &t, &d) == ERR_FORMAT && t == 5,
		    "\"%s\" is no time", bad[i]);
}

static void
test_dup(void)
{
	char *p = text_dup(TEXT("abc")), *empty = text_dup(BYTES_NONE);

	CHECK(p != NULL && strcmp(p, "abc") == 0, "a copy with a NUL");
	CHECK(empty != NULL && empty[0] == '\0', "a copy of nothing");
	CHECK(text_dup(bytes_of("a\0b", 3)) == NULL,
	    "T60 a NUL inside makes no string");
	free(p);
	free(empty);
}

static void
test_lines(void)
{
	struct bytes rest = bytes_of_text("one\n\nlast"), line = BYTES_NONE;

	CHECK(text_next_line(&rest, &line) && bytes_equal_text(line, "one"),
	    "a line ends with its newline");
	CHECK(text_next_line(&rest, &line) && line.len == 0,
	    "an empty line is one");
	CHECK(text_next_line(&rest, &line) && bytes_equal_text(line, "last"),
	    "the last line needs no newline");
	CHECK(!text_next_line(&rest, &line), "and then there is none");
	rest = bytes_of_text("x\n");
	CHECK(text_next_line(&rest, &line) && !text_next_line(&rest, &line),
	    "behind a last newline there is no line");
}

int
main(void)
{
	test_lines();
	test_hex();
	test_base64();
	test_numbers();
	test_names();
	test_printable();
	test_escape();
	test_time();
	test_dup();
	return t_done();
}
