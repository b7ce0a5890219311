/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodings as recorded from real boots: the kernel's EFI stub hashes UTF-16LE
 * with its NUL, systemd-stub the section's bytes, GRUB the characters.
 */
#include "measure/cmdline.h"

#include <string.h>

#include "tpm/types.h"

#define BOOT_IMAGE "BOOT_IMAGE="

static const struct field bind_list[] = {
	FIELD_BOOL(struct cmdline_bind, bound),
	FIELD_U32(struct cmdline_bind, nth),
};
const struct fields cmdline_bind_fields =
    FIELDS(struct cmdline_bind, "cmdline_bind", bind_list);

static const struct field facts_list[] = {
	FIELD_BOOL(struct cmdline_facts, present),
	FIELD_BOOL(struct cmdline_facts, bound),
	FIELD_FIXED(struct cmdline_facts, digest),
	FIELD_RECORD(struct cmdline_facts, load_options, &cmdline_bind_fields),
	FIELD_RECORD(struct cmdline_facts, uki_section, &cmdline_bind_fields),
	FIELD_RECORD(struct cmdline_facts, grub, &cmdline_bind_fields),
};
const struct fields cmdline_facts_fields =
    FIELDS(struct cmdline_facts, "cmdline_facts", facts_list);

int
cmdline_text(struct bytes part, struct bytes *ret, struct diag *d)
{
	if (part.len > 0 && part.p[part.len - 1] == '\n')
		part.len--;
	if (part.len == 0)
		return diag_fail(d, ERR_SHORT, "command line: empty");
	if (part.len > CMDLINE_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "command line: %zu characters, at most %d", part.len,
		    CMDLINE_MAX);
	for (size_t i = 0; i < part.len; i++)
		if (part.p[i] < 0x20 || part.p[i] > 0x7e)
			return diag_fail(d, ERR_FORMAT,
			    "command line: byte 0x%02x at %zu", part.p[i], i);
	*ret = part;
	return ERR_OK;
}

static void
hash_utf16(struct bytes text, uint8_t *ret)
{
	uint8_t wide[2 * (CMDLINE_MAX + 1)] = { 0 };

	BUG_ON(text.len > CMDLINE_MAX);
	for (size_t i = 0; i < text.len; i++)
		wide[2 * i] = text.p[i];
	sha256(bytes_of(wide, 2 * (text.len + 1)), ret);
}

void
cmdline_matcher_start(struct cmdline_matcher *m, struct bytes text)
{
	struct bytes with[2] = { text };
	struct bytes grub = text;

	*m = (struct cmdline_matcher){ .facts.present = true };
	sha256(text, m->facts.digest);
	hash_utf16(text, m->load_options);
	sha256(text, m->section[0]);
	with[1] = bytes_of("", 1);
	hash_parts(HASH_SHA256, with, 2, m->section[1]);
	with[1] = bytes_of("\n", 1);
	hash_parts(HASH_SHA256, with, 2, m->section[2]);
	if (text.len > strlen(BOOT_IMAGE) &&
	    bytes_equal(bytes_of(text.p, strlen(BOOT_IMAGE)),
		bytes_of_text(BOOT_IMAGE))) {
		grub.p += strlen(BOOT_IMAGE);
		grub.len -= strlen(BOOT_IMAGE);
		m->has_grub = true;
		sha256(grub, m->grub);
	}
}

/* systemd-stub(7): the name of a section is hashed with its NUL. */
const char *
uki_section_name(struct bytes digest)
{
	static const char *const names[] = { ".linux", ".osrel", ".cmdline",
		".initrd", ".ucode", ".splash", ".dtb", ".dtbauto", ".hwids",
		".uname", ".sbat", ".pcrpkey", ".profile", ".efifw" };
	uint8_t want[SHA256_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		sha256(bytes_of(names[i], strlen(names[i]) + 1), want);
		if (bytes_equal(digest, BYTES_OF_ARRAY(want)))
			return names[i];
	}
	return NULL;
}

static void
bind_here(struct cmdline_matcher *m, struct cmdline_bind *b, uint32_t nth)
{
	if (!b->bound)
		*b = (struct cmdline_bind){ true, nth };
	m->facts.bound = true;
}

/* Names and contents alternate, so a content is never taken for a name. */
static void
section_event(struct cmdline_matcher *m, struct bytes digest, uint32_t nth)
{
	const char *name;

	if (m->uki_broken)
		return;
	if (nth % 2 == 0) {
		name = uki_section_name(digest);
		m->uki_broken = name == NULL;
		m->uki_is_cmdline =
		    name != NULL && strcmp(name, ".cmdline") == 0;
		return;
	}
	if (!m->uki_is_cmdline)
		return;
	for (size_t i = 0; i < ARRAY_LEN(m->section); i++)
		if (bytes_equal(digest, BYTES_OF_ARRAY(m->section[i])))
			bind_here(m, &m->facts.uki_section, nth);
}

void
cmdline_matcher_event(struct cmdline_matcher *m, const struct tcg_event *e)
{
	struct bytes digest = tcg_event_digest(e, TPM_ALG_SHA256);

	if (e->type == EV_NO_ACTION)
		return;
	if (e->pcr == 8) {
		if (m->has_grub && bytes_equal(digest, BYTES_OF_ARRAY(m->grub)))
			bind_here(m, &m->facts.grub, m->n[0]);
		m->n[0]++;
	} else if (e->pcr == 9) {
		if (bytes_equal(digest, BYTES_OF_ARRAY(m->load_options)))
			bind_here(m, &m->facts.load_options, m->n[1]);
		m->n[1]++;
	} else if (e->pcr == 11) {
		section_event(m, digest, m->n[2]);
		m->n[2]++;
	}
}

bool
cmdline_next(struct bytes *rest, struct bytes *ret_arg, bool *ret_bad)
{
	struct bytes in = *rest;
	bool quoted = false;
	size_t i = 0;

	*ret_bad = false;
	while (in.len > 0 && in.p[0] == ' ') {
		in.p++;
		in.len--;
	}
	if (in.len == 0)
		return false;
	while (i < in.len && (quoted || in.p[i] != ' ')) {
		if (in.p[i] == '"')
			quoted = !quoted;
		i++;
	}
	if (quoted) {
		*ret_bad = true;
		return false;
	}
	*ret_arg = bytes_of(in.p, i);
	*rest = bytes_of(in.p + i, in.len - i);
	return true;
}

void
cmdline_split(struct bytes arg, struct bytes *ret_name, struct bytes *ret_value)
{
	size_t i = 0;

	while (i < arg.len && arg.p[i] != '=')
		i++;
	*ret_name = bytes_of(arg.p, i);
	*ret_value = i == arg.len ? BYTES_NONE
				  : bytes_of(arg.p + i + 1, arg.len - i - 1);
}

bool
cmdline_is_plain(struct bytes value, const char *signs)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.p[i];
		bool alnum = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9');

		if (!alnum && (c == '\0' || strchr(signs, c) == NULL))
			return false;
	}
	return value.len > 0;
}

bool
cmdline_is_open(struct bytes arg)
{
	return arg.len >= 3 && arg.p[arg.len - 1] == '*' &&
	    arg.p[arg.len - 2] == '=';
}

static bool
arg_matches(struct bytes want, struct bytes got)
{
	size_t fixed;

	if (!cmdline_is_open(want))
		return bytes_equal(want, got);
	fixed = want.len - 1;
	return got.len > fixed &&
	    bytes_equal(bytes_of(want.p, fixed), bytes_of(got.p, fixed)) &&
	    cmdline_is_plain(bytes_of(got.p + fixed, got.len - fixed),
		"._:/,+-");
}

int
cmdline_match(struct bytes template, struct bytes text, struct diag *d)
{
	struct bytes want, got;
	bool bad_want, bad_got, more_want, more_got;

	for (unsigned n = 1;; n++) {
		more_want = cmdline_next(&template, &want, &bad_want);
		more_got = cmdline_next(&text, &got, &bad_got);
		if (bad_want || bad_got)
			return diag_fail(d, ERR_FORMAT,
			    "command line: a quote is not closed");
		if (!more_want && !more_got)
			return ERR_OK;
		if (!more_want)
			return diag_fail(d, ERR_REFUSED,
			    "command line: argument %u was added: %.*s", n,
			    (int)(got.len < 80 ? got.len : 80),
			    (const char *)got.p);
		if (!more_got)
			return diag_fail(d, ERR_REFUSED,
			    "command line: argument %u is missing: %.*s", n,
			    (int)(want.len < 80 ? want.len : 80),
			    (const char *)want.p);
		if (!arg_matches(want, got))
			return diag_fail(d, ERR_REFUSED,
			    "command line: argument %u is %.*s, not %.*s", n,
			    (int)(got.len < 80 ? got.len : 80),
			    (const char *)got.p,
			    (int)(want.len < 80 ? want.len : 80),
			    (const char *)want.p);
	}
}
