/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/efi_text.h"

#include "made_event.h"

static void
path_is(const void *p, size_t n, const char *want)
{
	struct buf b = BUF_INIT(4096);

	CHECK(efi_put_path(&b, bytes_of(p, n)) &&
		bytes_equal_text(buf_bytes(&b), want),
	    "%s", want);
	buf_free(&b);
}

static void
wide_is(const void *p, size_t n, size_t max, const char *want)
{
	struct buf b = BUF_INIT(4096);

	CHECK(efi_put_utf16(&b, bytes_of(p, n), max) &&
		bytes_equal_text(buf_bytes(&b), want),
	    "UTF-16: %s", want);
	buf_free(&b);
}

#define PATH(s, want) path_is((s), sizeof(s) - 1, (want))

int
main(void)
{
	struct buf b = BUF_INIT(4096);

	wide_is("a\0b\0\0\0c\0", 8, 10, "ab");
	wide_is("a\0\x1b\0", 4, 10, "a\\u001b");
	wide_is("a\0b", 3, 10, "a\\x62");
	wide_is("a\0b\0c\0", 6, 2, "ab...");
	PATH("\2\1\x0c\0\xd0\x41\x03\x0a\0\0\0\0\1\1\6\0\1\2\x7f\xff\4\0",
	    "PciRoot(0x0)/Pci(0x2,0x1)");
	PATH("\2\1\x0c\0\1\0\0\0\2\0\0\0", "Acpi(0x00000001,0x2)");
	PATH("\4\4\x0a\0\\\0X\0\0\0", "\\X");
	PATH("\3\x12\x0a\0\1\0\xff\xff\0\0", "Sata(0x1,0xffff,0x0)");
	PATH("\3\5\6\0\1\2", "USB(0x1,0x2)");
	PATH("\3\2\x08\0\1\0\2\0", "Scsi(0x1,0x2)");
	PATH("\3\x17\x10\0\1\0\0\0\1\2\3\4\5\6\7\x08",
	    "NVMe(0x1,0102030405060708)");
	PATH("\3\x18\x07\0h:/", "Uri(h:/)");
	PATH("\5\1\x0a\0\1\0\0\0ab", "BBS(0x1,ab)");
	PATH("\4\x08\x14\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", "Offset(0x1,0x2)");
	PATH("\4\x07\x14\0\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\0\xe0\x98"
	     "\x03\x2b\x8c",
	    "Fv(8be4df61-93ca-11d2-aa0d-00e098032b8c)");
	PATH("\4\2\x18\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	    "CDROM(0x1)");
	PATH("\1\1\6\0\0\1\x7f\1\4\0\1\1\6\0\0\2",
	    "Pci(0x1,0x0), "
	    "Pci(0x2,0x0)");
	PATH("\1\1\5\0\7", "Path(1,1,07)");
	PATH("\x63\1\5\0\7", "Path(99,1,07)");
	PATH("\1\1\3\0", "[malformed]");
	PATH("\1\1\xff\0\0", "[malformed]");
	PATH("\1\1\6\0\0\1\1", "Pci(0x1,0x0)[malformed]");
	for (unsigned i = 0; i < EFI_PATH_NODES_MAX + 1; i++)
		put_piece(&b, "\1\1\6\0\0\1", 6);
	{
		struct buf t = BUF_INIT(4096);

		CHECK(efi_put_path(&t, buf_bytes(&b)) && t.len > 3 &&
			memcmp(t.p + t.len - 3, "...", 3) == 0,
		    "T34 one node more than there may be ends in \"...\"");
		buf_free(&t);
	}
	buf_free(&b);
	return t_done();
}
