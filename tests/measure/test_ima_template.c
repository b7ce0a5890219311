/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "ima_list.h"

static struct list_buf data;

/* The fields in the order of evm-sig, or those that a format has. */
static void
put_field(const char *id)
{
	if (strcmp(id, "d") == 0)
		list_put_field(&data, "dddddddddddddddddddd", 20);
	else if (strcmp(id, "d-ng") == 0)
		list_put_digest(&data, "sha256:", 32);
	else if (strcmp(id, "d-ngv2") == 0)
		list_put_digest(&data, "verity:sha512:", 64);
	else if (strcmp(id, "d-modsig") == 0)
		list_put_digest(&data, "sha384:", 48);
	else if (strcmp(id, "n-ng") == 0 || strcmp(id, "n") == 0)
		list_put_field(&data, "/bin/sh", 8);
	else if (strcmp(id, "sig") == 0)
		LIST_PUT_TEXT(&data, "SIG");
	else if (strcmp(id, "buf") == 0)
		LIST_PUT_TEXT(&data, "BUF");
	else if (strcmp(id, "modsig") == 0)
		LIST_PUT_TEXT(&data, "MODSIG");
	else if (strcmp(id, "evmsig") == 0)
		LIST_PUT_TEXT(&data, "EVMSIG");
	else if (strcmp(id, "xattrnames") == 0)
		list_put_field(&data, "a|b", 4);
	else if (strcmp(id, "xattrlengths") == 0)
		list_put_field(&data, "\1\0\0\0\2\0\0\0", 8);
	else if (strcmp(id, "xattrvalues") == 0)
		LIST_PUT_TEXT(&data, "xyz");
	else if (strcmp(id, "iuid") == 0)
		list_put_field(&data, "\x01\x02\x03\x04", 4);
	else if (strcmp(id, "igid") == 0)
		list_put_field(&data, "\x05\0\0\0", 4);
	else if (strcmp(id, "imode") == 0)
		list_put_field(&data, "\xed\x81", 2);
	else
		t_bail("field %s", id);
}

static void
put_format(const char *format)
{
	char text[256], *next = text, *id;

	(void)snprintf(text, sizeof(text), "%s", format);
	data.len = 0;
	while ((id = strsep(&next, "|")) != NULL)
		put_field(id);
}

static bool
all_there(const struct ima_entry *e)
{
	const uint32_t f = e->fields;

	return ((f & IMA_F_DIGEST) == 0 || e->digest.known) &&
	    ((f & IMA_F_NAME) == 0 || bytes_equal_text(e->name, "/bin/sh")) &&
	    ((f & IMA_F_SIG) == 0 || bytes_equal_text(e->sig, "SIG")) &&
	    ((f & IMA_F_BUF) == 0 || bytes_equal_text(e->buf, "BUF")) &&
	    ((f & IMA_F_MODSIG) == 0 ||
		bytes_equal_text(e->modsig, "MODSIG")) &&
	    ((f & IMA_F_MODSIG_DIGEST) == 0 ||
		(e->modsig_digest.alg == HASH_SHA384 &&
		    e->modsig_digest.value.len == 48)) &&
	    ((f & IMA_F_EVMSIG) == 0 ||
		bytes_equal_text(e->evmsig, "EVMSIG")) &&
	    ((f & IMA_F_XATTR_NAMES) == 0 ||
		bytes_equal_text(e->xattr_names, "a|b")) &&
	    ((f & IMA_F_XATTR_LENGTHS) == 0 || e->xattr_lengths.len == 8) &&
	    ((f & IMA_F_XATTR_VALUES) == 0 ||
		bytes_equal_text(e->xattr_values, "xyz")) &&
	    ((f & IMA_F_UID) == 0 || e->uid == 0x04030201) &&
	    ((f & IMA_F_GID) == 0 || e->gid == 5) &&
	    ((f & IMA_F_MODE) == 0 || e->mode == 0100755);
}

static void
test_known(void)
{
	static const struct {
		const char *name, *format;
		uint32_t fields;
	} rows[] = {
		{ "ima-ng", "d-ng|n-ng", IMA_F_DIGEST | IMA_F_NAME },
		{ "ima-ngv2", "d-ngv2|n-ng", IMA_F_DIGEST | IMA_F_NAME },
		{ "ima-sig", "d-ng|n-ng|sig",
		    IMA_F_DIGEST | IMA_F_NAME | IMA_F_SIG },
		{ "ima-sigv2", "d-ngv2|n-ng|sig",
		    IMA_F_DIGEST | IMA_F_NAME | IMA_F_SIG },
		{ "ima-buf", "d-ng|n-ng|buf",
		    IMA_F_DIGEST | IMA_F_NAME | IMA_F_BUF },
		{ "ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig",
		    IMA_F_DIGEST | IMA_F_NAME | IMA_F_SIG |
			IMA_F_MODSIG_DIGEST | IMA_F_MODSIG },
		{ "evm-sig",
		    "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|"
		    "iuid|igid|imode",
		    IMA_F_DIGEST | IMA_F_NAME | IMA_F_EVMSIG |
			IMA_F_XATTR_NAMES | IMA_F_XATTR_LENGTHS |
			IMA_F_XATTR_VALUES | IMA_F_UID | IMA_F_GID |
			IMA_F_MODE },
		{ "d-ng|n-ng", "d-ng|n-ng", IMA_F_DIGEST | IMA_F_NAME },
		{ "n|d", "n|d", IMA_F_DIGEST | IMA_F_NAME },
		{ "imode", "imode", IMA_F_MODE },
		{ "xattrvalues|d-ngv2", "xattrvalues|d-ngv2",
		    IMA_F_DIGEST | IMA_F_XATTR_VALUES },
		{ "buf|sig|modsig|d-modsig|evmsig|iuid|igid|imode|xattrnames|"
		  "xattrlengths|xattrvalues|n-ng|d-ng",
		    "buf|sig|modsig|d-modsig|evmsig|iuid|igid|imode|xattrnames|"
		    "xattrlengths|xattrvalues|n-ng|d-ng",
		    0x1fff },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct list_result r;

		put_format(rows[i].format);
		r = list_one(rows[i].name, &data);
		CHECK(r.err == ERR_NOT_FOUND && r.n == 1 &&
			r.n_mismatches == 0 &&
			r.last.fields == rows[i].fields &&
			bytes_equal_text(r.last.template_name, rows[i].name) &&
			all_there(&r.last),
		    "AST: %s: all fields are read, and the template's digest "
		    "is recomputed: %s",
		    rows[i].name, r.d.text);
		list_put(&data, "", 1);
		r = list_one(rows[i].name, &data);
		CHECK(r.err == ERR_FORMAT,
		    "T45: %s: a byte behind the last field: refused: %s",
		    rows[i].name, r.d.text);
		data.len -= 2;
		r = list_one(rows[i].name, &data);
		CHECK(r.err == ERR_FORMAT, "T45: %s: a byte less: refused: %s",
		    rows[i].name, r.d.text);
	}
}

static void
test_unknown(void)
{
	static const char *const names[] = { "ima-xx", "IMA-NG", "ima-ng ",
		"d-ng|n-ng|", "|d-ng", "d-ng||n-ng", "d-ng,n-ng", "d-ng|x", "|",
		"ima|d-ng" };
	static const char *const doubles[] = { "d-ng|d-ng", "d|d-ng",
		"n|n-ng|d-ng", "d-ngv2|d-ng", "sig|sig" };
	char longest[IMA_TEMPLATE_NAME_MAX + 2];
	struct list_result r;

	data.len = 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		r = list_one(names[i], &data);
		CHECK(r.err == ERR_UNSUPPORTED,
		    "T45: wrong template \"%s\": refused: %s", names[i],
		    r.d.text);
	}
	for (size_t i = 0; i < ARRAY_LEN(doubles); i++) {
		r = list_one(doubles[i], &data);
		CHECK(r.err == ERR_FORMAT, "T45: %s: refused: %s", doubles[i],
		    r.d.text);
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	r = list_one(longest, &data);
	CHECK(r.err == ERR_LIMIT, "T45: a name of 256 bytes: refused: %s",
	    r.d.text);
	longest[sizeof(longest) - 2] = '\0';
	r = list_one(longest, &data);
	CHECK(r.err == ERR_UNSUPPORTED,
	    "T45: a name of 255 bytes is looked at: %s", r.d.text);
	r = list_one("", &data);
	CHECK(r.err == ERR_LIMIT, "T45: no name: refused: %s", r.d.text);
}

/* A field whose length points out of the data. */
static void
test_lengths(void)
{
	static const uint32_t lengths[] = { 41, 0x7fffffff, 0xffffffff };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct list_result r;

		data.len = 0;
		list_put_digest(&data, "sha256:", 32);
		data.len -= 44;
		list_put_le32(&data, lengths[i]);
		data.len += 40;
		r = list_one("d-ng", &data);
		CHECK(r.err == ERR_FORMAT,
		    "T45: a field of %u bytes where 40 are: refused: %s",
		    lengths[i], r.d.text);
	}
}

int
main(void)
{
	test_known();
	test_unknown();
	test_lengths();
	return t_done();
}
