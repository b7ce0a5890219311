/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/secureboot.h"

#include "boot.h"

static struct boot good;

static void
check_refused(struct bytes log, const char *what)
{
	struct findings f = measure_log_only(log, BYTES_NONE);

	CHECK(f.log.state == FINDING_GOOD &&
		f.secureboot_check.state == FINDING_BAD &&
		f.secureboot.state == SECUREBOOT_UNKNOWN,
	    "%s: refused: %.*s", what, (int)f.secureboot_check.text.len,
	    (const char *)f.secureboot_check.text.p);
}

static void
test_recorded(void)
{
	struct boot off = boot_load("host-nosb");
	struct tcg_event pk = event_of(good.log, 7, 1);
	struct findings f = measure_log_only(good.log, BYTES_NONE);

	CHECK(f.secureboot.state == SECUREBOOT_ON && f.secureboot.user_mode &&
		f.secureboot.n_later == 1 &&
		memcmp(f.secureboot.pk, tcg_event_digest(&pk, 0x0b).p, 32) == 0,
	    "a recorded boot with Secure Boot is seen as such");
	f = measure_log_only(insert_event(good.log,
				 event_of(good.log, 7, 6).offset, 7,
				 EV_EFI_VARIABLE_AUTHORITY,
				 event_of(good.log, 7, 6).data),
	    BYTES_NONE);
	CHECK(f.secureboot.state == SECUREBOOT_ON && f.secureboot.n_later == 2,
	    "TestSecureBootOptionRom: 2 post-separator authorities");
	f = measure_log_only(off.log, BYTES_NONE);
	CHECK(f.secureboot_check.state == FINDING_GOOD &&
		f.secureboot.state == SECUREBOOT_OFF && !f.secureboot.user_mode,
	    "T38 Secure Boot off and no platform key are seen");
}

static void
test_rewritten(void)
{
	struct tcg_event sb = event_of(good.log, 7, 0);
	struct tcg_event sep = event_of(good.log, 7, 5);
	struct tcg_event auth = event_of(good.log, 7, 6);
	struct bytes log = copy_of(good.log, 0);

	*at_byte(log, sb.offset + AT_DATA + sb.data.len - 1) ^= 1;
	check_refused(log, "T32 SecureBoot's value under its old digest");
	log = copy_of(good.log, 0);
	put_le32(log, sb.offset + AT_TYPE, 0x00000002);
	check_refused(log, "T33 SecureBoot retyped to EV_UNUSED");
	log = copy_of(good.log, 0);
	put_le32(log, sb.offset + AT_TYPE, EV_EFI_VARIABLE_AUTHORITY);
	check_refused(log, "T33 SecureBoot retyped to an authority");
	check_refused(insert_event(good.log, sep.offset, 7,
			  EV_EFI_VARIABLE_CONFIG, sb.data),
	    "T33 a second SecureBoot variable");
	for (unsigned i = 1; i < 5; i++) {
		static const char *const names[] = { "PK", "KEK", "db", "dbx" };
		struct tcg_event again = event_of(good.log, 7, i);
		char what[40];

		(void)snprintf(what, sizeof(what), "T33 a second %s",
		    names[i - 1]);
		check_refused(insert_event(good.log, sep.offset, 7,
				  EV_EFI_VARIABLE_CONFIG, again.data),
		    what);
	}
	check_refused(insert_event(good.log, auth.offset, 7,
			  EV_EFI_VARIABLE_CONFIG, sb.data),
	    "T33 SecureBoot after the separator");
	check_refused(insert_event(good.log, auth.offset, 7,
			  EV_EFI_VARIABLE_AUTHORITY, sb.data),
	    "T33 SecureBoot after the separator as an authority");
	check_refused(insert_event(good.log, auth.offset, 7,
			  EV_EFI_VARIABLE_CONFIG,
			  event_of(good.log, 7, 3).data),
	    "T33 db after the separator");
	check_refused(remove_event(good.log, &sb), "T33 SecureBoot left out");
}

static void
test_separator(void)
{
	struct tcg_event sep = event_of(good.log, 7, 5);
	struct tcg_event auth = event_of(good.log, 7, 6);
	struct bytes log = copy_of(good.log, 0);
	static const uint8_t one[] = { 1, 0, 0, 0 };

	put_le32(log, sep.offset + AT_TYPE, 0x05);
	check_refused(log, "T33 the separator retyped to EV_ACTION");
	log = copy_of(good.log, 0);
	put_le32(log, sep.offset + AT_TYPE, EV_NO_ACTION);
	check_refused(log, "T35 no separator");
	check_refused(insert_event(good.log, auth.offset, 7, EV_SEPARATOR,
			  sep.data),
	    "T35 a second separator");
	log = insert_event(remove_event(good.log, &sep), sep.offset, 7,
	    EV_SEPARATOR, BYTES_OF_ARRAY(one));
	check_refused(log, "T35 an error separator");
}

static void
test_modes(void)
{
	static const char debug[] = "UEFI Debug Mode";
	static const char dma[] = "DMA Protection Disabled";
	struct tcg_event sb = event_of(good.log, 7, 0);
	struct tcg_event pk = event_of(good.log, 7, 1);
	struct bytes log, short_name;
	struct findings f;

	f = measure_log_only(insert_event(good.log, sb.offset, 7, EV_EFI_ACTION,
				 bytes_of_text(debug)),
	    BYTES_NONE);
	CHECK(f.secureboot.firmware_debug, "firmware debug mode is seen");
	f = measure_log_only(insert_event(good.log, sb.offset, 7, EV_EFI_ACTION,
				 bytes_of_text(dma)),
	    BYTES_NONE);
	CHECK(f.secureboot.dma_unprotected,
	    "T39 DMA protection disabled is seen");
	/* SecureBoot's event with the shorter name AuditMode, value 1. */
	short_name = copy_of(sb.data, 0);
	memcpy(at_byte(short_name, 32), "A\0u\0d\0i\0t\0M\0o\0d\0e\0", 18);
	*at_byte(short_name, 16) = 9;
	*at_byte(short_name, 50) = 1;
	short_name.len -= 2;
	log = insert_event(good.log, pk.offset, 7, EV_EFI_VARIABLE_CONFIG,
	    short_name);
	f = measure_log_only(log, BYTES_NONE);
	CHECK(f.secureboot.state == SECUREBOOT_ON && !f.secureboot.user_mode,
	    "T38 audit mode is not user mode");
	log = insert_event(good.log, good.log.len, 14, EV_IPL,
	    bytes_of("MokSBState", 11));
	sha256(bytes_of("\1", 1), at_byte(log, good.log.len + AT_DIGEST));
	f = measure_log_only(log, BYTES_NONE);
	CHECK(f.secureboot.shim_insecure,
	    "T38 shim told not to verify is seen");
}

int
main(void)
{
	good = boot_load("host-good");
	test_recorded();
	test_rewritten();
	test_separator();
	test_modes();
	return t_done();
}
