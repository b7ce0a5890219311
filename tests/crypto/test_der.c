/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"

#include "crypto/oid.h"
#include "hex.h"

/* One getter by name on hex; the rest must be empty. */
enum getter { ANY, UINT, U64, BOOL, NUL, OID, BITS, TEXT, TIME };

static bool
reads(enum getter getter, struct bytes in, uint64_t *ret_number)
{
	struct reader r = reader_of(in);
	struct bytes b = BYTES_NONE;
	bool flag = false, ok = false;
	uint8_t tag;

	switch (getter) {
	case ANY:
		ok = der_any(&r, &tag, &b);
		break;
	case UINT:
		ok = der_uint(&r, &b);
		break;
	case U64:
		ok = der_u64(&r, ret_number);
		break;
	case BOOL:
		ok = der_bool(&r, &flag);
		break;
	case NUL:
		ok = der_null(&r);
		break;
	case OID:
		ok = der_oid(&r, &b);
		break;
	case BITS:
		ok = der_bits(&r, &b);
		break;
	case TEXT:
		ok = der_text(&r, &b);
		break;
	case TIME:
		ok = der_time(&r, ret_number);
		break;
	}
	if (!ok && r.off != 0)
		t_bail("a getter that refuses has moved");
	return ok && reader_left(&r) == 0;
}

static void
test_getters(void)
{
	static const struct {
		enum getter getter;
		const char *hex;
		bool good;
		const char *what;
	} cases[] = {
		{ ANY, "3000", true, "an empty sequence" },
		{ ANY, "300100", true, "one byte" },
		{ ANY, "30", false, "no length" },
		{ ANY, "3001", false, "no contents" },
		{ ANY, "3080000000", false, "indefinite length" },
		{ ANY, "30810100", false, "a long form below 128" },
		{ ANY, "3082000100", false, "a length with leading zero" },
		{ ANY, "308400000001ff", false, "four bytes of length" },
		{ ANY, "30ff", false, "the reserved length" },
		{ ANY, "0000", false, "end of contents" },
		{ ANY, "1f810100", false, "a tag of several bytes" },
		{ UINT, "020100", true, "0" },
		{ UINT, "02020080", true, "128" },
		{ UINT, "0200", false, "no number" },
		{ UINT, "020180", false, "-128" },
		{ UINT, "02020001", false, "1 in two bytes" },
		{ UINT, "0202ffff", false, "-1 in two bytes" },
		{ UINT, "030100", false, "another tag" },
		{ U64, "020900ffffffffffffffff", true, "2^64 - 1" },
		{ U64, "0209010000000000000000", false, "2^64" },
		{ BOOL, "0101ff", true, "true" },
		{ BOOL, "010100", true, "false" },
		{ BOOL, "010101", false, "BER's true" },
		{ BOOL, "0102ffff", false, "two bytes" },
		{ NUL, "0500", true, "NULL" },
		{ NUL, "050100", false, "NULL with contents" },
		{ OID, "06032a0304", true, "1.2.3.4" },
		{ OID, "0600", false, "an empty OID" },
		{ OID, "06022a80", false, "an OID that does not end" },
		{ OID, "06032a8001", false, "a padded subidentifier" },
		{ OID, "0602802a", false, "a padded first one" },
		{ BITS, "030200ff", true, "eight bits" },
		{ BITS, "030100", true, "no bits" },
		{ BITS, "0300", false, "no count of unused bits" },
		{ BITS, "030201fe", false, "unused bits" },
		{ TEXT, "0c0161", true, "UTF8String" },
		{ TEXT, "130161", true, "PrintableString" },
		{ TEXT, "13012a", false, "PrintableString with a star" },
		{ TEXT, "0c01ff", false, "not UTF-8" },
		{ TEXT, "0c011b", false, "a control character" },
		{ TEXT, "160161", false, "IA5String" },
		{ TIME, "170d3233313131343232313332305a", true, "UTCTime" },
		{ TIME, "180f32303530303130313030303030305a", true,
		    "GeneralizedTime" },
		{ TIME, "180f32303439303130313030303030305a", false,
		    "GeneralizedTime before 2050" },
		{ TIME, "170d3233313333343232313332305a", false, "month 13" },
		{ TIME, "170d3233303233303232313332305a", false,
		    "30 February" },
		{ TIME, "170d3233313131343232313336305a", false, "60 seconds" },
		{ TIME, "170b323331313134323231335a", false, "no seconds" },
		{ TIME, "17113233313131343232313332302b30303030", false,
		    "another zone" },
		{ TIME, "170c323331313134323231333230", false, "no zone" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT(100);
		uint64_t n;

		t_hex(&b, cases[i].hex);
		CHECK(reads(cases[i].getter, buf_bytes(&b), &n) ==
			cases[i].good,
		    "%s: %s", cases[i].what,
		    cases[i].good ? "read" : "refused");
		buf_free(&b);
	}
}

static void
test_times(void)
{
	static const uint64_t times[] = { 0, 1700000000, 2524607999, 2524608000,
		253402300799 };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct buf b = BUF_INIT(100);
		uint64_t back = 1;

		der_put_time(&b, times[i]);
		CHECK(reads(TIME, buf_bytes(&b), &back) && back == times[i] &&
			b.p[0] ==
			    (times[i] < 2524608000 ? DER_UTC_TIME
						   : DER_GENERALIZED_TIME),
		    "time %llu is written and read",
		    (unsigned long long)times[i]);
		buf_free(&b);
	}
}

static void
test_lengths(void)
{
	static const struct {
		size_t len;
		const char *header;
	} cases[] = {
		{ 0, "0400" },
		{ 127, "047f" },
		{ 128, "048180" },
		{ 255, "0481ff" },
		{ 256, "04820100" },
		{ 65535, "0482ffff" },
		{ 65536, "0483010000" },
	};
	uint8_t *zeros = calloc(1, 65536);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT(70000);
		struct reader r;
		struct bytes v;

		der_put(&b, DER_OCTET_STRING, bytes_of(zeros, cases[i].len));
		r = reader_of(buf_bytes(&b));
		CHECK(t_is_hex(bytes_of(b.p, b.len - cases[i].len),
			  cases[i].header) &&
			der_take(&r, DER_OCTET_STRING, &v) &&
			v.len == cases[i].len && reader_left(&r) == 0,
		    "a length of %zu is written and read", cases[i].len);
		buf_free(&b);
	}
	free(zeros);
}

static void
test_writer(void)
{
	struct buf b = BUF_INIT(200), small = BUF_INIT(5);
	struct bytes set[] = { bytes_of("\x02\x01\x02", 3),
		bytes_of("\x02\x01\x01", 3), bytes_of("\x01\x01\xff", 3) };
	size_t outer = der_begin(&b, DER_SEQUENCE), inner;

	der_put_u64(&b, 0);
	der_put_u64(&b, 128);
	der_put_uint(&b, bytes_of("\0\0\x05", 3));
	der_put_bool(&b, true);
	der_put_null(&b);
	inner = der_begin(&b, DER_CONSTRUCTED(1));
	der_put_algorithm(&b, OID_SHA256, true);
	der_end(&b, inner);
	der_put_bits(&b, bytes_of("\x0f", 1));
	der_put_utf8(&b, bytes_of_text("a"));
	der_put_set_of(&b, DER_SET, set, 3);
	der_end(&b, outer);
	CHECK(t_is_hex(buf_bytes(&b),
		  "3032"
		  "020100"
		  "02020080"
		  "020105"
		  "0101ff"
		  "0500"
		  "a10f"
		  "300d"
		  "0609608648016503040201"
		  "0500"
		  "0302000f"
		  "0c0161"
		  "3109"
		  "0101ff"
		  "020101"
		  "020102"),
	    "nested elements, and a SET OF in order");

	outer = der_begin(&small, DER_SEQUENCE);
	der_put_u64(&small, 0x123456);
	CHECK(!der_end(&small, outer) && !buf_ok(&small),
	    "no room is remembered until the end");
	buf_free(&b);
	buf_free(&small);
}

static void
test_oids(void)
{
	static const char *const good[] = { "1.2.840.10045.2.1", "0.39",
		"2.999", "2.16.840.1.101.3.4.2.1" };
	static const char *const bad[] = { "", "1", "1.", "1..2", "3.1", "1.40",
		"1.2.x", "01.2", ".1.2", "1.2.3." };
	struct buf b = BUF_INIT(100), text = BUF_INIT(200);

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		buf_reset(&b);
		buf_reset(&text);
		CHECK(oid_from_text(good[i], &b) &&
			oid_put_text(&text, buf_bytes(&b)) &&
			bytes_equal_text(buf_bytes(&text), good[i]),
		    "OID %s", good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		buf_reset(&b);
		CHECK(!oid_from_text(bad[i], &b), "OID \"%s\" is none", bad[i]);
	}
	buf_reset(&b);
	CHECK(oid_from_text("1.2.840.10045.2.1", &b) &&
		bytes_equal(buf_bytes(&b), OID_EC_PUBLIC_KEY),
	    "a precomputed OID is right");
	buf_reset(&text);
	oid_put_text(&text, OID_EKU_HOST_HEALTH);
	CHECK(strncmp((const char *)text.p, "2.25.<", 6) == 0,
	    "our own arc as text: %.*s", (int)text.len, (const char *)text.p);
	buf_free(&b);
	buf_free(&text);
}

int
main(void)
{
	test_getters();
	test_times();
	test_lengths();
	test_writer();
	test_oids();
	return t_done();
}
