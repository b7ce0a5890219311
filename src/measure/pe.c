/* SPDX-License-Identifier: Apache-2.0 */
/* Names of fields are Microsoft's: PE/COFF 8.3, "File Headers". */
#include "measure/pe.h"

#include <string.h>

#define AT_LFANEW      0x3c
#define COFF_SIZE      24 /* with its signature */
#define PE32           0x10b
#define PE32_PLUS      0x20b
#define AT_HEADERS     60 /* SizeOfHeaders in the optional header */
#define AT_CHECKSUM    64
#define CERT_DIRECTORY 4
#define SECTION_SIZE   40
#define SYMBOL_SIZE    18

struct layout {
	size_t coff;
	size_t optional;
	size_t sections;
	uint16_t n_sections;
	uint16_t optional_size;
	uint32_t cert_at;
	uint32_t cert_size;
	struct bytes strings; /* behind the symbols: long names; or none */
};

static int
read_coff(struct bytes in, struct layout *l, struct diag *d)
{
	struct reader r = reader_of(in);
	struct bytes magic;
	uint32_t lfanew, symbols, n_symbols;

	if (!reader_take(&r, 2, &magic) || !bytes_equal_text(magic, "MZ") ||
	    !reader_skip(&r, AT_LFANEW - 2) || !reader_le32(&r, &lfanew))
		return diag_fail(d, ERR_FORMAT, "not an EFI program");
	r.off = 0;
	if (!reader_skip(&r, lfanew) || !reader_take(&r, 4, &magic) ||
	    !bytes_equal(magic, bytes_of("PE\0\0", 4)) ||
	    !reader_skip(&r, 2) ||                 /* Machine */
	    !reader_le16(&r, &l->n_sections) ||    /* NumberOfSections */
	    !reader_skip(&r, 4) ||                 /* TimeDateStamp */
	    !reader_le32(&r, &symbols) ||          /* PointerToSymbolTable */
	    !reader_le32(&r, &n_symbols) ||        /* NumberOfSymbols */
	    !reader_le16(&r, &l->optional_size) || /* SizeOfOptionalHeader */
	    !reader_skip(&r, 2))                   /* Characteristics */
		return diag_fail(d, ERR_FORMAT, "EFI program: no PE header");
	if (l->n_sections == 0 || l->n_sections > PE_SECTIONS_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "EFI program: %u sections, not 1-%d", l->n_sections,
		    PE_SECTIONS_MAX);
	r.off = 0;
	if (symbols != 0 && reader_skip(&r, symbols) &&
	    reader_skip(&r, (size_t)SYMBOL_SIZE * n_symbols))
		l->strings = bytes_of(in.p + r.off, reader_left(&r));
	l->coff = lfanew;
	l->optional = l->coff + COFF_SIZE;
	l->sections = l->optional + l->optional_size;
	return ERR_OK;
}

static int
read_optional(struct layout *l, struct pe *pe, struct diag *d)
{
	struct reader all = reader_of(pe->in), r, dirs;
	struct bytes optional;
	uint32_t headers, n_dirs;
	uint16_t magic;
	size_t at;

	if (!reader_skip(&all, l->optional) ||
	    !reader_take(&all, l->optional_size, &optional))
		return diag_fail(d, ERR_SHORT, "EFI program: headers are cut");
	r = reader_of(optional);
	if (!reader_le16(&r, &magic) || (magic != PE32 && magic != PE32_PLUS))
		return diag_fail(d, ERR_FORMAT,
		    "EFI program: no optional header");
	/* Image base and four sizes are wider in PE32+. */
	at = magic == PE32 ? 92 : 108;
	dirs = reader_of(optional);
	if (!reader_skip(&r, AT_HEADERS - 2) || !reader_le32(&r, &headers) ||
	    !reader_skip(&dirs, at) || !reader_le32(&dirs, &n_dirs) ||
	    n_dirs <= CERT_DIRECTORY ||
	    !reader_skip(&dirs, (size_t)8 * CERT_DIRECTORY) ||
	    !reader_le32(&dirs, &l->cert_at) ||
	    !reader_le32(&dirs, &l->cert_size))
		return diag_fail(d, ERR_FORMAT,
		    "EFI program: no place for a signature");
	pe->checksum = l->optional + AT_CHECKSUM;
	pe->cert_entry = l->optional + at + 4 + (size_t)8 * CERT_DIRECTORY;
	pe->headers = headers;
	if (headers > pe->in.len ||
	    headers < l->sections + (size_t)SECTION_SIZE * l->n_sections)
		return diag_fail(d, ERR_FORMAT,
		    "EFI program: headers of %u bytes", headers);
	return ERR_OK;
}

/* The table is the file's end, so that all before it is signed. */
static int
read_certificates(const struct layout *l, struct pe *pe, struct diag *d)
{
	struct reader r = reader_of(pe->in);

	if (l->cert_size == 0)
		return ERR_OK;
	if (l->cert_at < pe->headers || !reader_skip(&r, l->cert_at) ||
	    !reader_take(&r, l->cert_size, &pe->certificates) ||
	    reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "EFI program: the signature is not at its end");
	return ERR_OK;
}

static struct bytes
trim_name(struct bytes name)
{
	size_t n = 0;

	while (n < name.len && name.p[n] != '\0')
		n++;
	return bytes_of(name.p, n);
}

/* "/N": byte N of the string table. Binutils write long names so. */
static struct bytes
section_name(const struct layout *l, struct bytes field)
{
	struct bytes name = trim_name(field);
	size_t at = 0;

	if (name.len < 2 || name.p[0] != '/')
		return name;
	for (size_t i = 1; i < name.len; i++) {
		if (name.p[i] < '0' || name.p[i] > '9')
			return name;
		at = 10 * at + (size_t)(name.p[i] - '0');
	}
	if (at >= l->strings.len)
		return name;
	return trim_name(bytes_of(l->strings.p + at, l->strings.len - at));
}

/* Sorted by PointerToRawData, as they are hashed. */
static void
put_sorted(struct pe *pe, const struct pe_section *s)
{
	size_t i = pe->n_sections++;

	for (; i > 0 && pe->sections[i - 1].at > s->at; i--)
		pe->sections[i] = pe->sections[i - 1];
	pe->sections[i] = *s;
}

static int
read_section(const struct layout *l, struct reader *r, struct pe *pe,
    struct diag *d)
{
	struct reader all = reader_of(pe->in);
	struct pe_section s = { 0 };
	uint32_t raw_size, raw_at;
	struct bytes name;

	if (!reader_take(r, 8, &name) || !reader_le32(r, &s.size) ||
	    !reader_skip(r, 4) || !reader_le32(r, &raw_size) ||
	    !reader_le32(r, &raw_at) || !reader_skip(r, 16))
		return diag_fail(d, ERR_SHORT, "EFI program: sections are cut");
	s.name = section_name(l, name);
	if (raw_size != 0) {
		s.at = raw_at;
		if (s.at < pe->headers || !reader_skip(&all, s.at) ||
		    !reader_take(&all, raw_size, &s.raw) ||
		    reader_left(&all) < pe->certificates.len)
			return diag_fail(d, ERR_FORMAT,
			    "EFI program: section %zu is not in the file",
			    pe->n_sections);
	}
	put_sorted(pe, &s);
	return ERR_OK;
}

/* Bytes in two sections would be hashed twice, by some firmware only once. */
static int
check_sections(const struct pe *pe, struct diag *d)
{
	size_t end = pe->headers;

	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (s->raw.len == 0)
			continue;
		if (s->at < end)
			return diag_fail(d, ERR_FORMAT,
			    "EFI program: sections overlap at byte %zu", s->at);
		end = s->at + s->raw.len;
	}
	return ERR_OK;
}

int
pe_parse(struct bytes in, struct pe *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct layout l = { 0 };
	struct pe pe = { .in = in };
	int e;

	if (in.len > PE_FILE_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "EFI program: %zu bytes, at most %zu", in.len, PE_FILE_MAX);
	if ((e = read_coff(in, &l, d)) < 0 ||
	    (e = read_optional(&l, &pe, d)) < 0 ||
	    (e = read_certificates(&l, &pe, d)) < 0)
		return e;
	if (!reader_skip(&r, l.sections))
		return diag_fail(d, ERR_SHORT, "EFI program: headers are cut");
	for (unsigned i = 0; i < l.n_sections; i++)
		if ((e = read_section(&l, &r, &pe, d)) < 0)
			return e;
	if ((e = check_sections(&pe, d)) < 0)
		return e;
	*ret = pe;
	return ERR_OK;
}

size_t
pe_count(const struct pe *pe, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < pe->n_sections; i++)
		n += bytes_equal_text(pe->sections[i].name, name);
	return n;
}

int
pe_section(const struct pe *pe, const char *name, struct bytes *ret,
    struct diag *d)
{
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (!bytes_equal_text(s->name, name))
			continue;
		if (s->size > s->raw.len)
			return diag_fail(d, ERR_UNSUPPORTED,
			    "EFI program: section %s is longer in memory than "
			    "in the file",
			    name);
		*ret = bytes_of(s->raw.p, s->size);
		return ERR_OK;
	}
	return diag_fail(d, ERR_NOT_FOUND, "EFI program: no section %s", name);
}

void
pe_authenticode(const struct pe *pe, uint8_t ret[static SHA256_SIZE])
{
	struct bytes parts[PE_SECTIONS_MAX + 4];
	const uint8_t *p = pe->in.p;
	size_t n = 0, sum = pe->headers, at = pe->checksum + 4;
	size_t end = pe->in.len - pe->certificates.len;

	/* Signing fills in these two fields. */
	parts[n++] = bytes_of(p, pe->checksum);
	parts[n++] = bytes_of(p + at, pe->cert_entry - at);
	at = pe->cert_entry + 8;
	parts[n++] = bytes_of(p + at, pe->headers - at);
	for (size_t i = 0; i < pe->n_sections; i++) {
		if (pe->sections[i].raw.len == 0)
			continue;
		parts[n++] = pe->sections[i].raw;
		sum += pe->sections[i].raw.len;
	}
	/*
	 * The rest begins where the sum of what was hashed says, and not where
	 * the last section ends: with gaps, that is earlier.
	 */
	if (sum < end)
		parts[n++] = bytes_of(p + sum, end - sum);
	hash_parts(HASH_SHA256, parts, n, ret);
}
