/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/efi_body.h"

#include "made_event.h"

enum what { IMAGE, BLOB, BLOB2, TABLES, GPT, LISTS, OPTION };

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct bytes in = bytes_of(p, n);
	struct efi_load_option option;
	struct efi_signature one;
	struct efi_signatures s;
	struct efi_tables tables;
	struct efi_image image;
	struct efi_blob blob;
	struct efi_gpt gpt;
	int e;

	switch (*(const enum what *)arg) {
	case IMAGE:
		return efi_image_parse(in, &image, NULL) == ERR_OK;
	case BLOB:
	case BLOB2:
		return efi_blob_parse(in, *(const enum what *)arg == BLOB2,
			   &blob, NULL) == ERR_OK;
	case TABLES:
		return efi_tables_parse(in, false, &tables, NULL) == ERR_OK;
	case GPT:
		return efi_gpt_parse(in, &gpt, NULL) == ERR_OK;
	case OPTION:
		return efi_load_option_parse(in, &option, NULL) == ERR_OK;
	case LISTS:
		s = efi_signatures_of(in);
		while ((e = efi_signature_next(&s, &one, NULL)) == ERR_OK)
			;
		return n != 0 && e == ERR_NOT_FOUND;
	}
	return false;
}

static void
check_form(enum what what, const struct buf *b, const char *name)
{
	CHECK(accepts(b->p, b->len, &what), "%s: read", name);
	CHECK(t_truncations(b->p, b->len, accepts, &what) == 0,
	    "%s: T34 every truncation is refused", name);
}

static void
test_simple(void)
{
	struct buf b = BUF_INIT(4096);

	(void)buf_put_le64(&b, 1);
	(void)buf_put_le64(&b, 2);
	(void)buf_put_le64(&b, 3);
	(void)buf_put_le64(&b, 4);
	(void)buf_put_le32(&b, 0x0004ff7f);
	check_form(IMAGE, &b, "image load event");
	buf_reset(&b);
	(void)buf_put_le64(&b, 1);
	(void)buf_put_le64(&b, 2);
	check_form(BLOB, &b, "firmware blob");
	CHECK(!t_trailing(b.p, b.len, accepts, &(enum what){ BLOB }),
	    "firmware blob: one byte more is refused");
	buf_reset(&b);
	put_piece(&b, "\2ab", 3);
	(void)buf_put_le64(&b, 1);
	(void)buf_put_le64(&b, 2);
	check_form(BLOB2, &b, "firmware blob with a name");
	buf_reset(&b);
	(void)buf_put_le64(&b, 1);
	put_piece(&b, guid_global, 16);
	(void)buf_put_le64(&b, 2);
	check_form(TABLES, &b, "handoff tables");
	memset(b.p, 0xff, 8);
	CHECK(!accepts(b.p, b.len, &(enum what){ TABLES }),
	    "T34 2^64-1 handoff tables are refused");
	buf_free(&b);
}

static void
test_gpt(void)
{
	struct buf b = BUF_INIT(4096);
	struct efi_partition p;
	struct efi_gpt v;
	struct bytes rest;
	unsigned n = 0;

	put_piece(&b, "EFI PART", 8);
	(void)memset(buf_extend(&b, 84), 0, 84);
	memcpy(b.p + 56, guid_global, 16);
	b.p[84] = 128;
	(void)buf_put_le64(&b, 2);
	(void)memset(buf_extend(&b, 256), 'x', 256);
	memcpy(b.p + 100, guid_x509, 16);
	memcpy(b.p + 116, guid_sha256, 16);
	check_form(GPT, &b, "GPT event decode and digest; two GUIDs");
	if (efi_gpt_parse(buf_bytes(&b), &v, NULL) < 0)
		t_bail("GPT");
	rest = v.entries;
	while (efi_partition_next(&v, &rest, &p))
		if (n++ == 0)
			CHECK(bytes_equal(p.type, BYTES_OF_ARRAY(guid_x509)) &&
				bytes_equal(p.id,
				    BYTES_OF_ARRAY(guid_sha256)) &&
				p.name.len == 72,
			    "a partition has its type, its own GUID and name");
	CHECK(n == 2, "each partition is given once");
	b.p[84] = 64;
	CHECK(!accepts(b.p, b.len, &(enum what){ GPT }),
	    "T34 entries of 64 bytes are refused");
	b.p[84] = 128;
	memset(b.p + 92, 0xff, 8);
	CHECK(!accepts(b.p, b.len, &(enum what){ GPT }),
	    "T34 2^64-1 partitions are refused");
	buf_free(&b);
}

static void
test_lists(void)
{
	struct buf b = BUF_INIT(4096);
	enum what what = LISTS;

	put_piece(&b, guid_sha256, 16);
	(void)buf_put_le32(&b, 28 + 2 * 48);
	(void)buf_put_le32(&b, 0);
	(void)buf_put_le32(&b, 48);
	(void)memset(buf_extend(&b, 96), 'h', 96);
	check_form(LISTS, &b, "signature list of two hashes");
	b.p[24] = 49;
	CHECK(!accepts(b.p, b.len, &what),
	    "TestParseEfiSignatureList: hashes of another size are refused");
	b.p[24] = 200;
	CHECK(!accepts(b.p, b.len, &what),
	    "TestParseEfiSignatureList: SignatureSize > list");
	b.p[24] = 48;
	b.p[20] = 200;
	CHECK(!accepts(b.p, b.len, &what),
	    "TestParseEfiSignatureList: header size eats list");
	b.p[20] = 48;
	{
		struct efi_signatures s = efi_signatures_of(buf_bytes(&b));
		struct efi_signature one;

		CHECK(efi_signature_next(&s, &one, NULL) == ERR_OK &&
			one.owner.p == b.p + 28 + 48 &&
			efi_signature_next(&s, &one, NULL) == ERR_NOT_FOUND,
		    "TestParseEfiSignatureList: vendor header bytes not taken "
		    "as hashes");
	}
	b.p[20] = 0;
	memset(b.p + 24, 0, 4);
	CHECK(!accepts(b.p, b.len, &what),
	    "T34 signatures of size 0 are refused, not read for ever");
	buf_free(&b);
}

static void
test_option(void)
{
	struct buf b = BUF_INIT(256);
	struct efi_load_option v;

	put_piece(&b, "\1\0\0\0\4\0x\0y\0\0\0\x7f\xff\4\0", 16);
	check_form(OPTION, &b, "load option");
	(void)buf_put_u8(&b, 'o');
	CHECK(efi_load_option_parse(buf_bytes(&b), &v, NULL) == ERR_OK &&
		v.description.len == 4 && v.path.len == 4 &&
		v.options.len == 1 && v.attributes == 1,
	    "what is left over are the options");
	buf_free(&b);
}

static void
test_certificate(void)
{
	struct bytes name;

	CHECK(!efi_certificate_name(bytes_of("\x30\x03\x30\x01\x00", 5), &name),
	    "what is no certificate has no name");
	CHECK(!efi_certificate_name(BYTES_NONE, &name), "nor has nothing");
}

int
main(void)
{
	test_simple();
	test_gpt();
	test_lists();
	test_option();
	test_certificate();
	return t_done();
}
