/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/integrity/ima/ima_fs.c, ima_ascii_measurements_show(): a line of the
 * list as text. The data that the kernel hashed are put together again from
 * it; ima_check() tells whether they are the same (doc/FORMAT.ima).
 */
#include <string.h>

#include "base/text.h"
#include "measure/ima_impl.h"
#include "tpm/pcr.h"

/* What is put together, in the caller's memory. */
struct out {
	uint8_t *p;
	size_t len;
};

/* NULL: there is no room. */
static uint8_t *
extend(struct out *out, size_t n)
{
	uint8_t *p = out->p + out->len;

	if (n > IMA_TEMPLATE_DATA_MAX - out->len)
		return NULL;
	out->len += n;
	return p;
}

static bool
put(struct out *out, struct bytes in)
{
	uint8_t *p = extend(out, in.len);

	if (p != NULL && in.len != 0)
		memcpy(p, in.p, in.len);
	return p != NULL;
}

static bool
put_le(struct out *out, uint64_t v, size_t n)
{
	uint8_t *p = extend(out, n);

	for (size_t i = 0; p != NULL && i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
	return p != NULL;
}

static int
no_room(struct diag *d)
{
	return diag_fail(d, ERR_LIMIT, "over %zu bytes of data",
	    IMA_TEMPLATE_DATA_MAX);
}

static int
put_hex(struct out *out, struct bytes text, struct diag *d)
{
	uint8_t *p = extend(out, text.len / 2);

	if (p == NULL)
		return no_room(d);
	if (text.len % 2 != 0)
		return diag_fail(d, ERR_FORMAT, "hex: odd length %zu",
		    text.len);
	return hex_decode_fixed(text, p, text.len / 2, d);
}

/* "sha256:6b1f..." is "sha256:" NUL and the bytes. */
static int
put_digest(struct out *out, struct bytes text, struct diag *d)
{
	size_t n = text.len;

	while (n != 0 && text.p[n - 1] != ':')
		n--;
	if (n == 0)
		return diag_fail(d, ERR_FORMAT,
		    "digest without its algorithm's name");
	if (!put(out, bytes_of(text.p, n)) || !put_le(out, 0, 1))
		return no_room(d);
	return put_hex(out, bytes_of(text.p + n, text.len - n), d);
}

static int
put_number(struct out *out, struct bytes text, size_t size, struct diag *d)
{
	uint64_t v, max = size == 2 ? UINT16_MAX : UINT32_MAX;
	int err;

	if ((err = number_parse("number", text, 0, max, &v, d)) < 0)
		return ERR_FORMAT;
	return put_le(out, v, size) ? ERR_OK : no_room(d);
}

static int
put_value(struct out *out, enum ima_text how, struct bytes text, struct diag *d)
{
	switch (how) {
	case IMA_TEXT_DIGEST:
	case IMA_TEXT_HEX:
		return put_hex(out, text, d);
	case IMA_TEXT_DIGEST_ALG:
		return put_digest(out, text, d);
	case IMA_TEXT_STRING:
		if (put(out, text) && put_le(out, 0, 1))
			return ERR_OK;
		return no_room(d);
	case IMA_TEXT_UINT16:
		return put_number(out, text, 2, d);
	case IMA_TEXT_UINT32:
		return put_number(out, text, 4, d);
	}
	return diag_fail(d, ERR_FORMAT, "unknown field");
}

/* A field and its length; an empty one is nothing between two spaces. */
static int
put_field(struct out *out, enum ima_text how, struct bytes text, struct diag *d)
{
	struct out value = { out->p, out->len };
	int err;

	if (extend(&value, 4) == NULL)
		return no_room(d);
	if (text.len != 0 && (err = put_value(&value, how, text, d)) < 0)
		return err;
	(void)put_le(out, value.len - out->len - 4, 4);
	out->len = value.len;
	return ERR_OK;
}

/* Up to the next space, which is skipped; at the line's end false. */
static bool
next_word(struct bytes *line, struct bytes *ret)
{
	const uint8_t *space;
	size_t n;

	if (line->p == NULL)
		return false;
	space = line->len != 0 ? memchr(line->p, ' ', line->len) : NULL;
	n = space != NULL ? (size_t)(space - line->p) : line->len;
	*ret = bytes_of(line->p, n);
	*line =
	    space != NULL ? bytes_of(space + 1, line->len - n - 1) : BYTES_NONE;
	return true;
}

/*
 * An empty last field leaves a space at the line's end, which editors and
 * mail take away: it may be missing.
 */
static bool
next_field(const struct ima_template *t, size_t i, struct bytes *line,
    struct bytes *ret)
{
	*ret = BYTES_NONE;
	return next_word(line, ret) ||
	    (i + 1 == t->n_fields && t->fields[i]->text == IMA_TEXT_HEX);
}

static int
read_data(struct ima_iter *it, struct bytes *line, struct ima_entry *e,
    struct diag *d)
{
	const struct ima_template *t = &it->template;
	struct out out = { it->scratch->p, 0 };
	struct bytes text;
	int err;

	for (size_t i = 0; i < t->n_fields; i++) {
		if (!next_field(t, i, line, &text))
			return diag_fail(d, ERR_FORMAT, "too few fields");
		if ((err = put_field(&out, t->fields[i]->text, text, d)) < 0)
			return err;
	}
	if (line->p != NULL)
		return diag_fail(d, ERR_FORMAT, "too many fields");
	e->template_data = bytes_of(out.p, out.len);
	return ima_template_read(t, e, d);
}

static int
read_old(struct ima_iter *it, struct bytes *line, struct ima_entry *e,
    struct diag *d)
{
	struct bytes text, name;
	uint8_t digest[IMA_SHA1_SIZE];
	int err;

	if (!next_word(line, &text) || !next_word(line, &name) ||
	    line->p != NULL || name.len >= IMA_OLD_NAME_SIZE)
		return diag_fail(d, ERR_FORMAT,
		    "not a digest and a name of 255 bytes or fewer");
	if ((err = hex_decode_fixed(text, digest, sizeof(digest), d)) < 0)
		return err;
	return ima_template_read_old(BYTES_OF_ARRAY(digest), name, it->old, e,
	    d);
}

/* "%2d ", the PCR; the template's digest; its name. */
static int
read_head(struct ima_iter *it, struct bytes *line, struct ima_entry *e,
    struct diag *d)
{
	struct bytes pcr, digest;
	uint64_t v;
	size_t n = hash_size(it->template_alg);

	if (line->len != 0 && line->p[0] == ' ')
		*line = bytes_of(line->p + 1, line->len - 1);
	if (!next_word(line, &pcr) || !next_word(line, &digest) ||
	    !next_word(line, &e->template_name))
		return diag_fail(d, ERR_FORMAT, "too few fields");
	if (number_parse("PCR", pcr, 0, PCR_COUNT - 1, &v, d) < 0 ||
	    hex_decode_fixed(digest, it->text_digest, n, d) < 0)
		return ERR_FORMAT;
	e->pcr = (uint32_t)v;
	e->template_digest = bytes_of(it->text_digest, n);
	e->violation = bytes_all_zero(e->template_digest);
	return ima_use_template(it, e->template_name, d);
}

int
ima_read_ascii(struct ima_iter *it, struct ima_entry *e, struct diag *d)
{
	struct bytes rest =
	    bytes_of(it->window.p + it->off, it->window.len - it->off);
	const uint8_t *end = memchr(rest.p, '\n', rest.len);
	struct bytes line;
	int err;

	BUG_ON(it->scratch == NULL);
	if (end == NULL && rest.len > IMA_LINE_MAX)
		return diag_fail(d, ERR_LIMIT, "line over %zu bytes",
		    IMA_LINE_MAX);
	if (end == NULL)
		return diag_fail(d, ERR_SHORT, "line without its end");
	line = bytes_of(rest.p, (size_t)(end - rest.p));
	e->raw = bytes_of(line.p, line.len + 1);
	if ((err = read_head(it, &line, e, d)) < 0)
		return err;
	if (it->template.old)
		return read_old(it, &line, e, d);
	return read_data(it, &line, e, d);
}
