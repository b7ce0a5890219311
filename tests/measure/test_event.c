/* SPDX-License-Identifier: Apache-2.0 */
#include "made_event.h"

static const uint32_t types[] = { EV_NO_ACTION, EV_SEPARATOR, EV_EVENT_TAG,
	EV_S_CRTM_VERSION, EV_POST_CODE, EV_TABLE_OF_DEVICES, EV_COMPACT_HASH,
	EV_IPL, EV_EFI_FIRMWARE_BLOB2, EV_EFI_HANDOFF_TABLES2,
	EV_EFI_APPLICATION, EV_EFI_GPT, EV_EFI_VARIABLE_CONFIG,
	EV_EFI_VARIABLE_BOOT, EV_EFI_VARIABLE_AUTHORITY, 0x1234 };

static void
is(uint32_t type, const void *p, size_t n, const char *want)
{
	const char *text = text_of(type, bytes_of(p, n));

	CHECK(strcmp(text, want) == 0, "%s%s%s", text,
	    strcmp(text, want) == 0 ? "" : ", not ",
	    strcmp(text, want) == 0 ? "" : want);
}

static void
test_plain(void)
{
	is(EV_SEPARATOR, "\0\0\0\0", 4, "separator");
	is(EV_SEPARATOR, "\xff\xff\xff\xff", 4, "separator");
	is(EV_SEPARATOR, "\1\0\0\0", 4, "separator: an error");
	is(EV_SEPARATOR, "WBCL", 4, "separator: WBCL");
	is(EV_SEPARATOR, "\2\0\0", 3, "separator: 3 bytes: 020000");
	is(EV_S_CRTM_VERSION, "1\0.\0002\0\0\0", 8, "version 1.2");
	is(EV_S_CRTM_VERSION, "\0\0", 2, "version not told");
	is(EV_S_CRTM_VERSION,
	    "\x1e\xfb\x6b\x54\x0c\x1d\x55\x40\xa4\xad\x4e"
	    "\xf4\xbf\x17\xb8\x3a",
	    16, "version 546bfb1e-1d0c-4055-a4ad-4ef4bf17b83a");
	is(EV_S_CRTM_VERSION, "\x1e\xfb\x6b", 3, "version 3 bytes: 1efb6b");
	is(EV_POST_CODE, "ACPI DATA", 9, "ACPI DATA");
	is(EV_POST_CODE, "\0\0\x13\xff\0\0\0\0\0\0\xa8\0\0\0\0\0", 16,
	    "11010048 bytes at 0xff130000");
	is(EV_S_CRTM_CONTENTS, "Boot Guard Measured S-CRTM", 27,
	    "Boot Guard Measured S-CRTM");
	is(EV_EFI_FIRMWARE_BLOB2,
	    "\x0atd_payload\0\x10\x90\0\0\0\0\0\0\0\0\x10\0\0\0\0", 27,
	    "td_payload, 268435456 bytes at 0x901000");
	is(EV_S_CRTM_CONTENTS, "\0\0\x13\xff\0\0\0\0\0\0\xa8\0\0\0\0\0", 16,
	    "11010048 bytes at 0xff130000");
	is(EV_S_CRTM_CONTENTS, "\4core\0\x10\x90\0\0\0\0\0\0\0\0\x10\0\0\0\0",
	    21, "core, 268435456 bytes at 0x901000");
	is(EV_S_CRTM_CONTENTS, "\0\x13", 2, "2 bytes: 0013");
	is(EV_EFI_HCRTM, "HCRTM", 5, "HCRTM");
	is(EV_EFI_HCRTM, "\1\2", 2, "2 bytes: 0102");
	is(EV_COMPACT_HASH, "\x10\0\0\0", 4, "4 bytes: 10000000");
	is(EV_COMPACT_HASH, "", 0, "0 bytes");
	is(EV_EVENT_TAG, "\xec\x22\x3b\x8f\x0d\0\0\0Linux initrd", 21,
	    "tag 0x8f3b22ec: Linux initrd");
	is(EV_EVENT_TAG, "\xed\x22\x3b\x8f\xff\0\0\0x", 9,
	    "tag 0x8f3b22ed of 255 bytes, 9 bytes: ed223b8fff00000078");
	is(EV_IPL, "grub_cmd: a\x1b[2J\n\\", 17,
	    "17 bytes: 677275625f636d643a20611b5b324a0a5c");
	is(EV_IPL, "grub_cmd: a\n\\b", 14, "grub_cmd: a\\x0a\\x5cb");
	is(EV_IPL, "k\0=\0001\0\0\0", 8, "k=1");
}

static void
test_bodies(void)
{
	struct buf b = BUF_INIT(4096);

	(void)buf_put_le64(&b, 1);
	put_piece(&b, guid_global, 16);
	(void)buf_put_le64(&b, 0x1000);
	is(EV_EFI_HANDOFF_TABLES, b.p, b.len,
	    "1 tables: 8be4df61-93ca-11d2-aa0d-00e098032b8c at 0x1000");
	b.p[0] = 2;
	CHECK(strncmp(text_of(EV_EFI_HANDOFF_TABLES, buf_bytes(&b)), "32 bytes",
		  8) == 0,
	    "a count of tables over the data is told by its bytes alone");
	buf_reset(&b);
	(void)buf_put_le64(&b, 0x5000);
	(void)buf_put_le64(&b, 77);
	(void)buf_put_le64(&b, 0);
	(void)buf_put_le64(&b, 10);
	put_piece(&b, "\1\1\6\0\0\x1f\x7f\xff\4\0", 10);
	is(EV_EFI_APPLICATION, b.p, b.len, "Pci(0x1f,0x0), 77 bytes at 0x5000");
	buf_reset(&b);
	(void)buf_put_le64(&b, 0x7000);
	(void)buf_put_le64(&b, 512);
	(void)buf_put_le64(&b, 0);
	(void)buf_put_le64(&b, 46);
	put_piece(&b, "\2\1\x0c\0\xd0\x41\x03\x0a\0\0\0\0", 12);
	put_piece(&b, "\1\1\6\0\0\x1c", 6);
	put_piece(&b,
	    "\1\3\x18\0\x0b\0\0\0\0\0\0\xf7\0\0\0\0\xff\xff\0\xf7\0\0\0\0", 24);
	put_piece(&b, "\x7f\xff\4\0", 4);
	CHECK(strcmp(text_of(EV_EFI_BOOT_DRIVER, buf_bytes(&b)),
		  "PciRoot(0x0)/Pci(0x1c,0x0)/"
		  "MemoryMapped(11,0xf7000000,0xf700ffff), "
		  "512 bytes at 0x7000") == 0,
	    "TestSecureBootOptionRom: a driver out of a PCI device's memory");
	is(EV_EFI_APPLICATION, (const uint8_t[41]){ [40] = 0xaf }, 41,
	    "an image that is not described");
	buf_free(&b);
}

/* Each event of a real log, cut at each byte, and read as each type. */
static void
test_hostile(const char *host)
{
	struct boot boot = boot_load(host);
	struct tcglog log;
	struct tcglog_iter it;
	struct tcg_event e;
	bool safe = true, same = true;

	if (tcglog_open(boot.log, &log, NULL) < 0)
		t_bail("log");
	it = tcglog_iter(&log);
	while (tcglog_next(&it, &e, NULL) == ERR_OK) {
		for (size_t n = 0; n <= e.data.len; n++) {
			uint8_t *exact = malloc(n);

			if (n != 0)
				memcpy(exact, e.data.p, n);
			safe = safe && text_is_safe(e.type, bytes_of(exact, n));
			free(exact);
		}
		for (size_t i = 0; i < ARRAY_LEN(types); i++)
			same = same && text_is_safe(types[i], e.data);
	}
	CHECK(safe, "%s: T34 every event cut anywhere has a safe text", host);
	CHECK(same, "%s: T98 and so it has under any other type", host);
}

static void
test_long(void)
{
	struct buf b = BUF_INIT(1 << 20);

	for (unsigned i = 0; i < 2000; i++)
		put_piece(&b, "\1\1\6\0\0\x1f", 6);
	CHECK(text_is_safe(EV_EFI_APPLICATION, buf_bytes(&b)),
	    "T34 2000 device path nodes have a text of bounded length");
	buf_free(&b);
}

int
main(void)
{
	test_plain();
	test_bodies();
	test_hostile("host-good");
	test_hostile("host-nosb");
	test_long();
	return t_done();
}
