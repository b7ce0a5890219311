/* SPDX-License-Identifier: Apache-2.0 */
#include "efi_file.h"

/* Where the fields of the files of tests/data/efi are. */
#define AT_PE       0x80
#define AT_N        (AT_PE + 6)
#define AT_OPTIONAL (AT_PE + 24)
#define AT_HEADERS  (AT_OPTIONAL + 60)
#define AT_CHECKSUM (AT_OPTIONAL + 64)
#define AT_N_DIRS   (AT_OPTIONAL + 108)
#define AT_CERTS    (AT_OPTIONAL + 144)
#define AT_SECTIONS (AT_OPTIONAL + 240)

static bool
parses(const uint8_t *p, size_t n, void *arg)
{
	struct pe pe;

	(void)arg;
	return pe_parse(bytes_of(p, n), &pe, NULL) == ERR_OK;
}

static int
parse_with(const char *file, size_t off, uint32_t v)
{
	struct bytes c = copy_of(efi_file(file), 0);
	struct pe pe;

	put_le32(c, off, v);
	return pe_parse(c, &pe, NULL);
}

static bool
digest_is(const struct pe *pe, const char *hex)
{
	uint8_t want[SHA256_SIZE], got[SHA256_SIZE];

	if (hex_decode_fixed(bytes_of_text(hex), want, sizeof(want), NULL) < 0)
		t_bail("hex");
	pe_authenticode(pe, got);
	return memcmp(want, got, sizeof(got)) == 0;
}

static void
test_digest(void)
{
	static const struct {
		const char *file;
		const char *hex;
	} known[] = {
#define PLAIN "677ba0f66aff4ed9141b596320ba1ceca6ee17e4127042d86648eda79597cfee"
		{ "plain-self", PLAIN },
		{ "plain-again", PLAIN },
		{ "plain-leaf1", PLAIN },
		{ "plain-two", PLAIN },
		{ "gap",
		    "3eb327661ae506b0d20bc93436511f05f0ba4967a259713e840c108e"
		    "f6d7f598" },
		{ "uki-old",
		    "fcbed1da6c36c9a1bae6793479d8812bbc14454b273ca68382a31773"
		    "726ec4c0" },
		{ "uki-new",
		    "925dd55b54e364b0a3b2d68a1c42b0b767e738fc08af8c684767c517"
		    "6717782a" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct pe pe = efi_program(known[i].file);

		CHECK(digest_is(&pe, known[i].hex),
		    "%s: the digest is the one that was signed", known[i].file);
	}
}

/* Each byte of the file is signed but for checksum and signature. */
static void
test_every_byte(void)
{
	struct bytes in = efi_file("uki-old");
	struct pe whole, pe;
	size_t bad = 0, n = 0, end;

	if (pe_parse(in, &whole, NULL) < 0)
		t_bail("uki-old");
	end = in.len - whole.certificates.len;
	for (size_t i = 0; i < in.len; i++) {
		struct bytes c = copy_of(in, 0);
		bool open = (i >= AT_CHECKSUM && i < AT_CHECKSUM + 4) ||
		    (i >= AT_CERTS && i < AT_CERTS + 8) || i >= end;

		*at_byte(c, i) ^= 0x40;
		if (pe_parse(c, &pe, NULL) < 0)
			continue;
		n++;
		if (digest_is(&pe,
			"fcbed1da6c36c9a1bae6793479d8812bbc14454b273ca68382a31"
			"773726ec4c0") != open)
			bad++;
	}
	CHECK(bad == 0 && n > 4000,
	    "T38 a changed byte is another digest, but for checksum and "
	    "signature (%zu of %zu)",
	    bad, n);
}

static void
test_sections(void)
{
	struct pe pe = efi_program("plain-self");
	struct bytes s;

	CHECK(pe.n_sections == 4 && pe_count(&pe, ".text") == 1,
	    "the sections are read");
	CHECK(pe_section(&pe, ".sbatlevel", &s, NULL) == ERR_OK &&
		bytes_equal_text(s, "sbat level"),
	    "one with a long name, without its padding");
	CHECK(pe_section(&pe, ".data", &s, NULL) == ERR_UNSUPPORTED &&
		pe_section(&pe, ".bss", &s, NULL) == ERR_UNSUPPORTED,
	    "none is given that is longer in memory than in the file");
	CHECK(pe_section(&pe, ".none", &s, NULL) == ERR_NOT_FOUND &&
		pe_count(&pe, ".none") == 0,
	    "none that is not there");
}

static void
test_refused(void)
{
	struct bytes in = efi_file("plain-self");
	size_t len = in.len;

	CHECK(t_truncations(in.p, in.len, parses, NULL) == 0,
	    "T34 every truncated program is refused");
	CHECK(!t_trailing(in.p, in.len, parses, NULL),
	    "T34 bytes behind the signature are refused");
	CHECK(parse_with("plain-self", 0x3c, 0xffffffff) < 0 &&
		parse_with("plain-self", 0x3c, (uint32_t)len) < 0,
	    "T34 a PE header out of the file is refused");
	CHECK(parse_with("plain-self", AT_N, 0) < 0 &&
		parse_with("plain-self", AT_N, PE_SECTIONS_MAX + 1) < 0,
	    "T34 no section, or over their limit, is refused");
	CHECK(parse_with("plain-self", AT_HEADERS, 0xffffffff) < 0 &&
		parse_with("plain-self", AT_HEADERS, 0x100) < 0,
	    "T34 a length of the headers that cannot be is refused");
	CHECK(parse_with("plain-self", AT_N_DIRS, 4) < 0,
	    "T34 no place for a signature is refused");
	CHECK(parse_with("plain-self", AT_CERTS, 16) < 0 &&
		parse_with("plain-self", AT_CERTS, 0xfffffff8) < 0 &&
		parse_with("plain-self", AT_CERTS + 4, 0xfffffff8) < 0 &&
		parse_with("plain-self", AT_CERTS + 4, 8) < 0,
	    "T34 a signature elsewhere than at the end is refused");
	CHECK(parse_with("plain-self", AT_SECTIONS + 16, 0xfffffe00) < 0 &&
		parse_with("plain-self", AT_SECTIONS + 20, 0xfffffe00) < 0 &&
		parse_with("plain-self", AT_SECTIONS + 20, 0) < 0,
	    "T34 a section out of the file, or in the headers, is refused");
	CHECK(parse_with("plain-self", AT_SECTIONS + 40 + 20, 0x200) < 0,
	    "T34 sections that overlap are refused");
}

int
main(void)
{
	test_digest();
	test_every_byte();
	test_sections();
	test_refused();
	return t_done();
}
