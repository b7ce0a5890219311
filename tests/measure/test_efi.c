/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/efi.h"

#include "boot.h"

static bool
parses(const uint8_t *p, size_t n, void *arg)
{
	struct efi_variable v;

	(void)arg;
	return efi_variable_parse(bytes_of(p, n), &v, NULL) == ERR_OK;
}

static int
parse_with(struct bytes data, size_t off, uint64_t len)
{
	struct bytes c = copy_of(data, 0);
	struct efi_variable v;

	put_le32(c, off, (uint32_t)len);
	put_le32(c, off + 4, (uint32_t)(len >> 32));
	return efi_variable_parse(c, &v, NULL);
}

static void
test_variable(void)
{
	struct boot good = boot_load("host-good");
	struct bytes data = event_of(good.log, 7, 0).data;
	struct efi_variable v = { 0 };
	char name[32];

	CHECK(efi_variable_parse(data, &v, NULL) == ERR_OK && v.data.len == 1 &&
		v.data.p[0] == 1 &&
		efi_variable_is(&v, EFI_VENDOR_GLOBAL, "SecureBoot"),
	    "the recorded SecureBoot variable is read");
	efi_variable_name(&v, name, sizeof(name));
	CHECK(strcmp(name, "SecureBoot") == 0, "its name in ASCII");
	CHECK(!efi_variable_is(&v, EFI_VENDOR_DATABASE, "SecureBoot") &&
		!efi_variable_is(&v, EFI_VENDOR_GLOBAL, "SecureBoo") &&
		!efi_variable_is(&v, EFI_VENDOR_GLOBAL, "SecureBoot2"),
	    "another vendor or name is another variable");
	CHECK(t_truncations(data.p, data.len, parses, NULL) == 0,
	    "T34 every truncated variable is refused");
	CHECK(!t_trailing(data.p, data.len, parses, NULL),
	    "T34 a byte behind a variable is refused");
	CHECK(parse_with(data, 16, 0xffffffffffffffff) < 0 &&
		parse_with(data, 16, 0x8000000000000005) < 0 &&
		parse_with(data, 16, EFI_NAME_MAX + 1) < 0,
	    "T34 a name length that overflows or is over its limit: refused");
	CHECK(parse_with(data, 24, 0xffffffffffffffff) < 0 &&
		parse_with(data, 24, 0) < 0,
	    "T34 a data length that does not fit: refused");
}

/* Another project's log of this one variable. */
static void
test_fields(void)
{
	size_t len;
	uint8_t *p = t_corpus("eventlog/linux_rhel8_gce.bin", &len);
	struct efi_variable v = { 0 };
	struct bytes data;

	if (p == NULL)
		return;
	data = event_of(bytes_of(p, len), 7, 0).data;
	CHECK(efi_variable_parse(data, &v, NULL) == ERR_OK &&
		v.guid.p == data.p && v.guid.len == 16 &&
		efi_vendor_is(&v, EFI_VENDOR_GLOBAL) &&
		v.name.p == data.p + 32 && v.name.len == 20 &&
		efi_variable_is(&v, EFI_VENDOR_GLOBAL, "SecureBoot") &&
		v.data.p == data.p + 52 && v.data.len == 1 &&
		v.data.p[0] == 1 && data.len == 53,
	    "TestParseUEFIVariableData: SecureBoot=1 decodes field by field");
	free(p);
}

/* Old shims left bytes over behind the data. */
static void
test_loose(void)
{
	struct boot good = boot_load("host-good");
	struct bytes data = copy_of(event_of(good.log, 7, 0).data, 6);
	struct efi_variable v = { 0 };

	data.len += 6;
	CHECK(efi_variable_parse(data, &v, NULL) < 0 &&
		efi_variable_parse_loose(data, &v, NULL) == ERR_OK &&
		v.data.len == 1,
	    "EFI variable data: trailing bytes: refused, but shown to people");
}

static void
test_small(void)
{
	static const uint8_t tag[] = { 1, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 0 };
	static const uint8_t one[] = { 1, 0, 0, 0 },
			     ones[] = { 0xff, 0xff, 0xff, 0xff };

	CHECK(efi_separator(bytes_of("\0\0\0\0", 4)) == EFI_SEPARATOR_NORMAL &&
		efi_separator(BYTES_OF_ARRAY(ones)) == EFI_SEPARATOR_NORMAL,
	    "two values separate");
	CHECK(efi_separator(BYTES_OF_ARRAY(one)) == EFI_SEPARATOR_ERROR,
	    "T35 1 tells an error");
	CHECK(efi_separator(bytes_of("WBCL", 4)) == EFI_SEPARATOR_OTHER &&
		efi_separator(bytes_of("\0\0\0", 3)) == EFI_SEPARATOR_OTHER,
	    "T35 anything else does not separate");
	CHECK(bytes_equal_text(efi_tag_text(BYTES_OF_ARRAY(tag)), "ab"),
	    "the text of a tagged event, without its NUL");
	CHECK(efi_tag_text(bytes_of(tag, sizeof(tag) - 1)).len == 0,
	    "T34 a tagged event that ends early has no text");
}

int
main(void)
{
	test_variable();
	test_fields();
	test_loose();
	test_small();
	return t_done();
}
