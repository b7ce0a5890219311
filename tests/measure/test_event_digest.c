/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/event_digest.h"

#include "made_event.h"

static void
is(uint32_t type, bool separated, struct bytes data, struct bytes hashed,
    enum event_digest want, const char *what)
{
	struct tcg_event e = event_make(7, type, data, hashed);
	const char *part;
	enum event_digest v = event_digest_check(&e, separated, &part);

	CHECK(v == want && (*part != '\0') == (v == EVENT_DIGEST_PART),
	    "%s: the digest is %s%s%s", what, event_digest_name(v),
	    *part != '\0' ? ": " : "", part);
}

#define TEXT(t) bytes_of((t), sizeof(t) - 1)

static void
test_types(void)
{
	struct bytes zero = bytes_of("\0\0\0\0", 4), x = TEXT("x"),
		     ones = bytes_of("\xff\xff\xff\xff", 4);

	is(EV_SEPARATOR, false, zero, zero, EVENT_DIGEST_DATA, "separator");
	is(EV_SEPARATOR, false, ones, ones, EVENT_DIGEST_DATA,
	    "separator of ones");
	is(EV_SEPARATOR, false, zero, x, EVENT_DIGEST_WRONG, "false separator");
	is(EV_SEPARATOR, false, TEXT("why"), bytes_of("\1\0\0\0", 4),
	    EVENT_DIGEST_PART, "separator of an error");
	is(EV_EFI_ACTION, true, TEXT("Exit"), TEXT("exit"), EVENT_DIGEST_WRONG,
	    "T32 another action");
	is(EV_ACTION, false, TEXT("Calling INT 19h"), TEXT("Calling INT 19h"),
	    EVENT_DIGEST_DATA, "action");
	is(EV_ACTION, false, TEXT("Calling INT 19h"), x, EVENT_DIGEST_WRONG,
	    "T32 action of another text");
	is(EV_OMIT_BOOT_DEVICE_EVENTS, false, TEXT("BOOT ATTEMPTS OMITTED"),
	    TEXT("BOOT ATTEMPTS OMITTED"), EVENT_DIGEST_DATA,
	    "omitted boot device events");
	is(EV_OMIT_BOOT_DEVICE_EVENTS, false, TEXT("BOOT ATTEMPTS OMITTED"), x,
	    EVENT_DIGEST_WRONG, "T32 omitted boot device events, changed");
	is(EV_EFI_APPLICATION, false, x, x, EVENT_DIGEST_OTHER, "image");
	is(EV_NO_ACTION, false, x, x, EVENT_DIGEST_OTHER, "no action");
	is(EV_COMPACT_HASH, false, x, x, EVENT_DIGEST_DATA, "compact hash");
	is(EV_COMPACT_HASH, false, x, zero, EVENT_DIGEST_OTHER,
	    "compact hash of something else");
	is(EV_EFI_VARIABLE_AUTHORITY, false, x, zero, EVENT_DIGEST_WRONG,
	    "authority before the separator");
	is(EV_EFI_VARIABLE_AUTHORITY, true, x, zero, EVENT_DIGEST_OTHER,
	    "authority after it");
	is(EV_EFI_VARIABLE_AUTHORITY, true, TEXT("record\xaf"), TEXT("record"),
	    EVENT_DIGEST_PART, "authority of an old shim");
}

static void
test_loaders(void)
{
	is(EV_IPL, false, bytes_of("grub_cmd: ls", 13), TEXT("ls"),
	    EVENT_DIGEST_PART, "GRUB's command");
	is(EV_IPL, false, bytes_of("grub_cmd ls", 12), bytes_of("ls", 3),
	    EVENT_DIGEST_PART, "GRUB's command with its NUL");
	is(EV_IPL, false, bytes_of("kernel_cmdline: /v q", 21), TEXT("/v q"),
	    EVENT_DIGEST_PART, "GRUB's kernel command line");
	is(EV_IPL, false, bytes_of("kernel_cmdline: /v r", 21), TEXT("/v q"),
	    EVENT_DIGEST_OTHER, "T89 another command line");
	is(EV_IPL, false, bytes_of("/vmlinuz", 9), TEXT("kernel"),
	    EVENT_DIGEST_OTHER, "a file by its path");
	is(EV_IPL, false, bytes_of("q\0\0\0", 4), bytes_of("q\0\0\0", 4),
	    EVENT_DIGEST_DATA, "systemd-stub's text with its NUL");
	is(EV_IPL, false, bytes_of("q\0\0\0", 4), bytes_of("q\0", 2),
	    EVENT_DIGEST_PART, "systemd-stub's text without it");
	is(EV_IPL, false, bytes_of("q\0", 2), bytes_of("q\0", 2),
	    EVENT_DIGEST_DATA, "systemd-stub's text, no NUL in either");
	is(EV_IPL, false, bytes_of("q\0", 2), bytes_of("q\0\0\0", 4),
	    EVENT_DIGEST_OTHER, "systemd-stub's text, its NUL only measured");
}

static void
test_variable(void)
{
	struct buf b = BUF_INIT(256);
	struct bytes whole;

	put_variable_data(&b, guid_global, "Boot0000", TEXT("value"));
	whole = buf_bytes(&b);
	is(EV_EFI_VARIABLE_BOOT, false, whole, TEXT("value"), EVENT_DIGEST_PART,
	    "boot variable");
	is(EV_EFI_VARIABLE_BOOT, false, whole, whole, EVENT_DIGEST_DATA,
	    "boot variable as a whole");
	is(EV_EFI_VARIABLE_BOOT, false, whole, TEXT("valve"),
	    EVENT_DIGEST_WRONG, "T32 another boot variable");
	is(EV_EFI_VARIABLE_CONFIG, false, whole, TEXT("value"),
	    EVENT_DIGEST_WRONG, "T32 a configuration by its value alone");
	buf_free(&b);
}

static void
test_banks(void)
{
	struct tcg_event e = event_make(7, EV_EFI_ACTION, TEXT("x"), TEXT("x"));
	struct tcg_event y =
	    event_make(7, EV_COMPACT_HASH, TEXT("x"), TEXT("y"));
	const char *part;

	e.digests[0] = y.digests[0];
	CHECK(event_digest_check(&e, false, &part) == EVENT_DIGEST_WRONG,
	    "T32 banks that disagree are wrong");
	e.type = EV_COMPACT_HASH;
	CHECK(event_digest_check(&e, false, &part) == EVENT_DIGEST_WRONG,
	    "T32 whatever the type leaves open");
	e.digests[0].alg = 0x27; /* SHA3-256: not known */
	CHECK(event_digest_check(&e, false, &part) == EVENT_DIGEST_DATA,
	    "a bank that cannot be computed does not count");
	e.n_digests = 1;
	CHECK(event_digest_check(&e, false, &part) == EVENT_DIGEST_OTHER,
	    "and alone it shows nothing");
}

int
main(void)
{
	test_types();
	test_loaders();
	test_variable();
	test_banks();
	return t_done();
}
