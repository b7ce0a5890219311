/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/pcr_file.h"

#include "base/text.h"

static const struct {
	const char *name;
	enum hash_alg alg;
} banks[] = {
	{ "sha1", HASH_SHA1 },
	{ "sha256", HASH_SHA256 },
	{ "sha384", HASH_SHA384 },
	{ "sha512", HASH_SHA512 },
	{ "sm3_256", HASH_SM3 },
	{ "sm3", HASH_SM3 },
};

/* One line under way. */
struct line {
	struct bytes rest;
	bool has_bank;
	enum hash_alg bank;
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes
behind(struct bytes b, size_t n)
{
	return bytes_of(b.p + n, b.len - n);
}

static void
skip_blanks(struct line *l)
{
	while (l->rest.len > 0 && is_blank(l->rest.p[0]))
		l->rest = behind(l->rest, 1);
}

/* Up to a blank or a colon, neither of which is taken. */
static struct bytes
next_word(struct line *l)
{
	struct bytes word = l->rest;
	size_t n = 0;

	while (
	    n < l->rest.len && !is_blank(l->rest.p[n]) && l->rest.p[n] != ':')
		n++;
	word.len = n;
	l->rest = behind(l->rest, n);
	return word;
}

static bool
take_colon(struct line *l)
{
	skip_blanks(l);
	if (l->rest.len == 0 || l->rest.p[0] != ':')
		return false;
	l->rest = behind(l->rest, 1);
	skip_blanks(l);
	return true;
}

static bool
find_bank(struct bytes word, enum hash_alg *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(banks); i++) {
		if (!bytes_equal_text(word, banks[i].name))
			continue;
		*ret = banks[i].alg;
		return true;
	}
	return false;
}

static int
take_value(struct line *l, uint64_t pcr, struct pcr_file *f, struct diag *d)
{
	struct bytes hex = l->rest;
	enum hash_alg bank = l->bank;

	if (hex.len > 2 && hex.p[0] == '0' && (hex.p[1] | 0x20) == 'x')
		hex = behind(hex, 2);
	while (hex.len > 0 && is_blank(hex.p[hex.len - 1]))
		hex.len--;
	for (unsigned i = 0; !l->has_bank && i < HASH_SM3; i++) {
		if (hex.len != 2 * hash_size((enum hash_alg)i))
			continue;
		bank = (enum hash_alg)i;
		l->has_bank = true;
	}
	if (!l->has_bank || hex.len != 2 * hash_size(bank))
		return diag_fail(d, ERR_FORMAT,
		    "PCR %llu: %zu hex digits are no value of a bank",
		    (unsigned long long)pcr, hex.len);
	if ((f->given[bank] >> pcr & 1) != 0)
		return diag_fail(d, ERR_FORMAT, "PCR %llu twice",
		    (unsigned long long)pcr);
	f->given[bank] |= 1u << pcr;
	return hex_decode_fixed(hex, f->v[bank][pcr], hash_size(bank), d);
}

/* section: the bank that "sha256:" alone named, for the lines behind it. */
static int
take_line(struct bytes in, struct line *section, struct pcr_file *f,
    struct diag *d)
{
	struct line l = { in, section->has_bank, section->bank };
	struct bytes word;
	uint64_t pcr;
	int r;

	skip_blanks(&l);
	if (l.rest.len == 0 || l.rest.p[0] == '#')
		return ERR_OK;
	word = next_word(&l);
	if (find_bank(word, &l.bank)) {
		l.has_bank = true;
		if (!take_colon(&l))
			return diag_fail(d, ERR_FORMAT,
			    "no colon behind the bank");
		if (l.rest.len == 0) {
			*section = l;
			return ERR_OK;
		}
		word = next_word(&l);
	}
	if ((r = number_parse("PCR", word, 0, PCR_COUNT - 1, &pcr, d)) < 0)
		return r;
	(void)take_colon(&l);
	return take_value(&l, pcr, f, d);
}

int
pcr_file_parse(struct bytes text, struct pcr_file *ret, struct diag *d)
{
	struct line section = { BYTES_NONE, false, HASH_SHA256 };
	struct pcr_file f = { 0 };
	struct bytes line;
	unsigned number = 0;
	uint32_t any = 0;
	int r;

	if (text.len > PCR_FILE_MAX)
		return diag_fail(d, ERR_LIMIT, "PCR values: %zu bytes",
		    text.len);
	while (text_next_line(&text, &line)) {
		number++;
		if ((r = take_line(line, &section, &f, d)) < 0) {
			diag_prefix(d, "line %u", number);
			return r;
		}
	}
	for (size_t i = 0; i < PCR_FILE_BANKS; i++)
		any |= f.given[i];
	if (any == 0)
		return diag_fail(d, ERR_FORMAT, "no PCR value");
	*ret = f;
	return ERR_OK;
}

bool
pcr_file_has(const struct pcr_file *f, enum hash_alg bank, unsigned pcr)
{
	return (f->given[bank] >> pcr & 1) != 0;
}
