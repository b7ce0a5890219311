/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of reason codes: what the wire, the audit log and the manual say.
 */
#include "base/reason.h"

#include "../t.h"
#include "base/text.h"

static bool
is_sentence(const char *s)
{
	size_t n = strlen(s);

	return n >= 2 && s[0] >= 'A' && s[0] <= 'Z' && s[n - 1] == '.' &&
	    s[n - 2] != '.' && strchr(s, '\n') == NULL &&
	    strstr(s, "  ") == NULL && text_printable(bytes_of_text(s));
}

static bool
is_status(unsigned http)
{
	static const unsigned known[] = { 400, 403, 404, 405, 409, 413, 429,
		500, 503 };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i] == http)
			return true;
	return false;
}

static void
check_row(enum reason r)
{
	const char *name = reason_name(r);
	bool camel = name[0] >= 'A' && name[0] <= 'Z';

	for (const char *p = name; *p != '\0'; p++)
		camel = camel &&
		    ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'));
	CHECK(camel && name_valid(bytes_of_text(name)), "%s is a word", name);
	CHECK(is_status(reason_http(r)), "%s has an HTTP status (%u)", name,
	    reason_http(r));
	CHECK(is_sentence(reason_meaning(r)), "%s: its meaning is a sentence",
	    name);
	CHECK(is_sentence(reason_remedy(r)), "%s: its remedy is a sentence",
	    name);
	CHECK(reason_find(bytes_of_text(name)) == r, "%s is found by its name",
	    name);
}

static void
test_unique(void)
{
	bool names = true, meanings = true;

	for (unsigned i = 0; i < REASON_COUNT; i++) {
		for (unsigned j = 0; j < i; j++) {
			names = names &&
			    strcasecmp(reason_name((enum reason)i),
				reason_name((enum reason)j)) != 0;
			meanings = meanings &&
			    strcmp(reason_meaning((enum reason)i),
				reason_meaning((enum reason)j)) != 0;
		}
	}
	CHECK(names, "no name is there twice, in whatever case");
	CHECK(meanings, "no meaning is there twice");
}

int
main(void)
{
	for (unsigned i = 1; i < REASON_COUNT; i++)
		check_row((enum reason)i);
	test_unique();
	CHECK(reason_http(REASON_NONE) == 200, "no refusal is 200");
	CHECK(reason_find(bytes_of_text("None")) == REASON_NONE &&
		reason_find(bytes_of_text("unauthorizedhost")) == REASON_NONE &&
		reason_find(BYTES_NONE) == REASON_NONE,
	    "what is no name is no reason");
	CHECK(strcmp(reason_name(REASON_COUNT), "InternalError") == 0 &&
		reason_http((enum reason)(REASON_COUNT + 5)) == 500,
	    "a number outside the table is an internal error");
	return t_done();
}
