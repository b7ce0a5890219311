/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

static const struct row {
	const char *name;
	unsigned http;
	const char *meaning;
	const char *remedy;
} rows[REASON_COUNT] = {
	[REASON_NONE] = { "None", 200, "Nothing was refused.", "" },
#define REASON(name, http, meaning, remedy) \
	[REASON_##name] = { #name, http, meaning, remedy },
#include "base/reason.def"
#undef REASON
};

static const struct row *
row_of(enum reason reason)
{
	if ((unsigned)reason >= REASON_COUNT)
		return &rows[REASON_InternalError];
	return &rows[reason];
}

const char *
reason_name(enum reason reason)
{
	return row_of(reason)->name;
}

unsigned
reason_http(enum reason reason)
{
	return row_of(reason)->http;
}

const char *
reason_meaning(enum reason reason)
{
	return row_of(reason)->meaning;
}

const char *
reason_remedy(enum reason reason)
{
	return row_of(reason)->remedy;
}

enum reason
reason_find(struct bytes name)
{
	for (unsigned i = 1; i < REASON_COUNT; i++)
		if (bytes_equal_text(name, rows[i].name))
			return (enum reason)i;
	return REASON_NONE;
}
