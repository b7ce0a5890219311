/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/uki.h"

#include "efi_file.h"

#define CMDLINE "quiet sysctl.kernel.kexec_load_disabled=1 panic=5"

/* In headers a name has eight bytes. */
#define RENAME(in, from, to) efi_change(in, from "\0\0", to "\0\0", 8)

static bool
parses(const uint8_t *p, size_t n, void *arg)
{
	struct uki u;

	(void)arg;
	return uki_parse(bytes_of(p, n), &u, NULL) == ERR_OK;
}

static bool
accepted(struct bytes in)
{
	return parses(in.p, in.len, NULL);
}

static bool
hash_is(const uint8_t *digest, const char *text, size_t n)
{
	uint8_t want[SHA256_SIZE];

	sha256(bytes_of(text, n), want);
	return memcmp(want, digest, sizeof(want)) == 0;
}

static void
test_measure(void)
{
	struct uki_event e[UKI_EVENTS_MAX];
	size_t cmdline = 0, n;
	struct uki u;

	if (uki_parse(efi_file("uki-new"), &u, NULL) < 0)
		t_bail("uki-new");
	n = uki_measure(&u, e, &cmdline);
	CHECK(u.version == 252 && n == 8 && cmdline == 5,
	    "four sections, each with its name");
	CHECK(hash_is(e[0].digest, ".linux", 7) &&
		hash_is(e[2].digest, ".osrel", 7) &&
		hash_is(e[4].digest, ".cmdline", 9) &&
		hash_is(e[6].digest, ".initrd", 8),
	    "in the stub's order and not in the file's");
	CHECK(hash_is(e[3].digest, "ID=test\n", 8) &&
		hash_is(e[5].digest, CMDLINE "\n", sizeof(CMDLINE)) &&
		hash_is(e[7].digest, "initrd two", 10),
	    "their contents without padding");
	CHECK(bytes_equal_text(u.cmdline, CMDLINE),
	    "the command line without its newline");
}

static void
test_versions(void)
{
	struct bytes in = efi_file("uki-new"), c;
	struct uki_event e[UKI_EVENTS_MAX];
	size_t cmdline;
	struct uki u;

	c = RENAME(in, ".osrel", ".uname");
	CHECK(uki_parse(c, &u, NULL) == ERR_OK &&
		uki_measure(&u, e, &cmdline) == 6,
	    "systemd-stub 252 does not measure .uname");
	c = efi_change(c, "stub 252", "stub 253", 8);
	CHECK(uki_parse(c, &u, NULL) == ERR_OK && u.version == 253 &&
		uki_measure(&u, e, &cmdline) == 8 &&
		hash_is(e[6].digest, ".uname", 7),
	    "and 253 does, behind the initrd");
}

static void
test_refused(void)
{
	struct bytes in = efi_file("uki-new");

	CHECK(t_truncations(in.p, in.len, parses, NULL) == 0,
	    "T34 every truncated image is refused");
	CHECK(!accepted(efi_change(in, "stub 252", "stub 251", 8)),
	    "a stub that is too old is refused");
	CHECK(!accepted(efi_change(in, "LoaderInfo", "LoaderXnfo", 10)) &&
		!accepted(efi_file("plain-self")),
	    "a program that is not of systemd-stub is refused");
	CHECK(!accepted(efi_change(in, ".osrel\0\0", ".profile", 8)) &&
		!accepted(efi_change(in, ".osrel\0\0", ".dtbauto", 8)) &&
		!accepted(RENAME(in, ".osrel", ".pcrsig")) &&
		!accepted(RENAME(in, ".osrel", ".ucode")),
	    "sections of which the machine makes what it will: refused");
	CHECK(!accepted(RENAME(in, ".osrel", ".linux")) &&
		!accepted(RENAME(in, ".linux", ".osrel")),
	    "two sections of a name, or no kernel: refused");
}

int
main(void)
{
	test_measure();
	test_versions();
	test_refused();
	return t_done();
}
