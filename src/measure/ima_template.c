/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/integrity/ima/ima_template.c: which fields a template has. In the
 * data a field is a length of 32 bits, little-endian, and that many bytes
 * (doc/FORMAT.ima).
 */
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "measure/ima_impl.h"

static const struct {
	const char *name;
	const char *format;
} builtin[] = {
	{ "ima", "d|n" },
	{ "ima-ng", "d-ng|n-ng" },
	{ "ima-sig", "d-ng|n-ng|sig" },
	{ "ima-buf", "d-ng|n-ng|buf" },
	{ "ima-ngv2", "d-ngv2|n-ng" },
	{ "ima-sigv2", "d-ngv2|n-ng|sig" },
	{ "ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig" },
	{ "evm-sig",
	    "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|"
	    "imode" },
};

/* A field once, and one digest and one name at most. */
static int
add_field(struct bytes id, uint32_t *have, struct ima_template *t,
    struct diag *d)
{
	const struct ima_field *field = ima_field_find(id);
	char shown[48];

	text_escape(id, shown, sizeof(shown));
	if (field == NULL)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "template with the field %s", shown);
	if ((*have & field->bit) != 0)
		return diag_fail(d, ERR_FORMAT, "template with a second %s",
		    shown);
	BUG_ON(t->n_fields >= ARRAY_LEN(t->fields));
	*have |= field->bit;
	t->fields[t->n_fields++] = field;
	return ERR_OK;
}

static int
parse_format(struct bytes format, struct ima_template *t, struct diag *d)
{
	uint32_t have = 0;
	int err;

	for (;;) {
		const uint8_t *bar = memchr(format.p, '|', format.len);
		size_t n = bar != NULL ? (size_t)(bar - format.p) : format.len;

		err = add_field(bytes_of(format.p, n), &have, t, d);
		if (err < 0 || bar == NULL)
			return err;
		format = bytes_of(format.p + n + 1, format.len - n - 1);
	}
}

int
ima_template_parse(struct bytes name, struct ima_template *ret, struct diag *d)
{
	struct bytes format = name;
	int err;

	ret->n_fields = 0;
	ret->old = bytes_equal_text(name, builtin[0].name);
	for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
		if (bytes_equal_text(name, builtin[i].name))
			format = bytes_of_text(builtin[i].format);
	if (name.len == 0 || name.len > sizeof(ret->name))
		return diag_fail(d, ERR_LIMIT,
		    "template name of %zu bytes, 1-%zu allowed", name.len,
		    sizeof(ret->name));
	if ((err = parse_format(format, ret, d)) < 0)
		return err;
	memcpy(ret->name, name.p, name.len);
	ret->name_len = name.len;
	return ERR_OK;
}

/* As many names as lengths, and as many bytes as they say together. */
static int
check_xattrs(const struct ima_entry *e, struct diag *d)
{
	const uint32_t all =
	    IMA_F_XATTR_NAMES | IMA_F_XATTR_LENGTHS | IMA_F_XATTR_VALUES;
	struct reader r = reader_of(e->xattr_lengths);
	size_t n_names = e->xattr_names.len != 0 ? 1 : 0;
	uint64_t sum = 0;
	uint32_t n;

	if ((e->fields & all) != all)
		return ERR_OK;
	for (size_t i = 0; i < e->xattr_names.len; i++)
		if (e->xattr_names.p[i] == '|')
			n_names++;
	while (reader_le32(&r, &n))
		sum += n;
	if (reader_left(&r) != 0 || e->xattr_lengths.len != 4 * n_names ||
	    sum != e->xattr_values.len)
		return diag_fail(d, ERR_FORMAT,
		    "extended attributes of other lengths than it says");
	return ERR_OK;
}

int
ima_template_read(const struct ima_template *t, struct ima_entry *e,
    struct diag *d)
{
	struct reader r = reader_of(e->template_data);
	struct bytes in;
	int err;

	for (size_t i = 0; i < t->n_fields; i++) {
		if (!reader_le32_blob(&r, IMA_TEMPLATE_DATA_MAX, &in))
			return diag_fail(d, ERR_FORMAT,
			    "field %s is longer than the data",
			    t->fields[i]->id);
		e->fields |= t->fields[i]->bit;
		if ((err = t->fields[i]->take(in, e, d)) < 0)
			return err;
	}
	if (reader_left(&r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "%zu bytes behind the last field", reader_left(&r));
	return check_xattrs(e, d);
}

int
ima_template_read_old(struct bytes digest, struct bytes name,
    uint8_t data[static IMA_OLD_DATA_SIZE], struct ima_entry *e, struct diag *d)
{
	static const uint8_t padding[IMA_OLD_DATA_SIZE];

	BUG_ON(digest.len != IMA_SHA1_SIZE || name.len >= IMA_OLD_NAME_SIZE);
	memcpy(data, padding, sizeof(padding));
	memcpy(data, digest.p, digest.len);
	if (name.len != 0)
		memcpy(data + IMA_SHA1_SIZE, name.p, name.len);
	e->template_data = bytes_of(data, IMA_OLD_DATA_SIZE);
	e->fields = IMA_F_DIGEST | IMA_F_NAME;
	return ima_field_old(bytes_of(data, IMA_SHA1_SIZE),
	    bytes_of(data + IMA_SHA1_SIZE, name.len + 1), e, d);
}
