/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/event_variable.h"

#include "made_event.h"

static const uint8_t guid_database[16] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d,
	0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };

static void
is(uint32_t type, const uint8_t *guid, const char *name, const void *p,
    size_t n, const char *want)
{
	struct buf b = BUF_INIT(4096);
	const char *text;

	put_variable_data(&b, guid, name, bytes_of(p, n));
	text = text_of(type, buf_bytes(&b));
	CHECK(strcmp(text, want) == 0, "%s", text);
	buf_free(&b);
}

static void
test_switches(void)
{
	is(EV_EFI_VARIABLE_CONFIG, guid_global, "SecureBoot", "\1", 1,
	    "SecureBoot: on");
	is(EV_EFI_VARIABLE_CONFIG, guid_global, "SecureBoot", "", 0,
	    "SecureBoot: empty");
	is(EV_EFI_VARIABLE_CONFIG, guid_global, "SecureBoot", "\2", 1,
	    "SecureBoot: 02");
	is(EV_EFI_VARIABLE_BOOT, guid_global, "BootOrder", "\1\0\x1b\0", 4,
	    "BootOrder: 0001 001B");
	is(EV_EFI_VARIABLE_BOOT, guid_global, "BootNext", "\1\0", 2,
	    "BootNext: 2 bytes: 0100");
	is(EV_EFI_VARIABLE_BOOT, guid_global, "Boot000A",
	    "\0\0\0\0\6\0x\0\0\0\1\1\6\0\0\2yy", 18,
	    "Boot000A: \"x\", Pci(0x2,0x0), 2 bytes of options, not active");
	is(EV_EFI_VARIABLE_BOOT, guid_global, "Boot000A", "\0", 1,
	    "Boot000A: 00");
	is(EV_EFI_VARIABLE_BOOT, guid_global, "Boot\x1b[2J", "", 0,
	    "Boot\\u001b[2J: 0 bytes");
}

static void
put_list(struct buf *b, const uint8_t *guid, struct bytes one, unsigned n)
{
	put_piece(b, guid, 16);
	(void)buf_put_le32(b, (uint32_t)(28 + n * (16 + one.len)));
	(void)buf_put_le32(b, 0);
	(void)buf_put_le32(b, (uint32_t)(16 + one.len));
	while (n-- > 0) {
		put_piece(b, guid_global, 16);
		(void)buf_put(b, one);
	}
}

static void
test_databases(void)
{
	static const uint8_t hash[32];
	struct buf b = BUF_INIT(4096);

	is(EV_EFI_VARIABLE_CONFIG, guid_database, "dbx", "", 0, "dbx: empty");
	put_list(&b, guid_sha256, BYTES_OF_ARRAY(hash), 3);
	is(EV_EFI_VARIABLE_CONFIG, guid_database, "dbx", b.p, b.len,
	    "dbx: 3 SHA-256 hashes");
	put_list(&b, guid_x509, bytes_of("no DER", 6), 1);
	is(EV_EFI_VARIABLE_CONFIG, guid_database, "db", b.p, b.len,
	    "db: 1 certificates, 3 SHA-256 hashes "
	    "(a certificate without a name)");
	is(EV_EFI_VARIABLE_CONFIG, guid_database, "db", b.p, b.len - 1,
	    "db: 3 SHA-256 hashes, malformed");
	buf_reset(&b);
	put_piece(&b, guid_global, 16);
	(void)memset(buf_extend(&b, 32), 'h', 32);
	is(EV_EFI_VARIABLE_AUTHORITY, guid_database, "db", b.p, 48,
	    "db: allowed by SHA-256 "
	    "68686868686868686868686868686868"
	    "68686868686868686868686868686868");
	buf_free(&b);
}

int
main(void)
{
	test_switches();
	test_databases();
	return t_done();
}
