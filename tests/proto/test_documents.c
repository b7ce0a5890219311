/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents name every field of every message as the code has it: the
 * block printed for each message stands in one of them, byte for byte. With
 * the argument "print" the blocks are printed instead.
 */
#include "../t.h"
#include "messages.h"

static const char *const documents[] = { "PROTOCOL.ipc", "PROTOCOL.attestation",
	"PROTOCOL.keyprotection" };

static const char *const type_names[] = {
	[FIELD_TYPE_U8] = "u8",
	[FIELD_TYPE_U16] = "u16",
	[FIELD_TYPE_U32] = "u32",
	[FIELD_TYPE_U64] = "u64",
	[FIELD_TYPE_BOOL] = "bool",
	[FIELD_TYPE_FIXED] = "fixed",
	[FIELD_TYPE_BYTES] = "bytes",
	[FIELD_TYPE_TEXT] = "text",
	[FIELD_TYPE_NAME] = "name",
	[FIELD_TYPE_RECORD] = "record",
	[FIELD_TYPE_LIST] = "list",
};

static const char *
message_name(const struct fields *f)
{
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		if (messages[i].fields == f)
			return messages[i].name;
	t_bail("%s: a table that is no message", f->name);
}

static void
describe(const struct message *m, struct buf *ret)
{
	(void)buf_printf(ret, "    %s\n", m->name);
	for (size_t i = 0; i < m->fields->n; i++) {
		const struct field *f = &m->fields->list[i];

		(void)buf_printf(ret, "        %-20s%s", f->name,
		    type_names[f->type]);
		if (f->type == FIELD_TYPE_FIXED)
			(void)buf_printf(ret, " %zu", f->max);
		else if (f->type == FIELD_TYPE_BYTES ||
		    f->type == FIELD_TYPE_TEXT)
			(void)buf_printf(ret, ", at most %zu", f->max);
		else if (f->type == FIELD_TYPE_RECORD)
			(void)buf_printf(ret, " %s", message_name(f->sub));
		else if (f->type == FIELD_TYPE_LIST)
			(void)buf_printf(ret, " of at most %zu %s", f->max,
			    message_name(f->sub));
		(void)buf_put_u8(ret, '\n');
	}
	(void)buf_put_u8(ret, '\0');
}

static char *
load(const char *name)
{
	char path[300], *text;
	size_t len;

	(void)snprintf(path, sizeof(path), "../doc/%s", name);
	text = (char *)t_load(path, &len);
	text = realloc(text, len + 1);
	if (text == NULL)
		t_bail("out of memory");
	text[len] = '\0';
	return text;
}

int
main(int argc, char **argv)
{
	char *texts[ARRAY_LEN(documents)];

	if (argc == 2 && strcmp(argv[1], "print") == 0) {
		for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
			auto_buf struct buf b = BUF_INIT(65536);

			describe(&messages[i], &b);
			printf("%s\n", (const char *)b.p);
		}
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		texts[i] = load(documents[i]);
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		auto_buf struct buf b = BUF_INIT(65536);
		const char *where = NULL;

		describe(&messages[i], &b);
		for (size_t j = 0; j < ARRAY_LEN(documents); j++)
			if (strstr(texts[j], (const char *)b.p) != NULL)
				where = documents[j];
		CHECK(where != NULL, "%s is described as it is",
		    messages[i].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		free(texts[i]);
	return t_done();
}
