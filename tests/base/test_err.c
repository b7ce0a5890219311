/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error convention: codes, reasons, and a text that is written once.
 */
#include "base/err.h"

#include "../dies.h"

static void
test_names(void)
{
	bool all = true, distinct = true;

	for (int i = 0; i >= ERR_PROTOCOL; i--) {
		all = all && strcmp(err_name(i), "unknown error") != 0;
		for (int j = i + 1; j <= 0; j++)
			distinct =
			    distinct && strcmp(err_name(i), err_name(j)) != 0;
	}
	CHECK(all, "every error has a name");
	CHECK(distinct, "of its own");
	CHECK(strcmp(err_name(ERR_PROTOCOL - 1), "unknown error") == 0 &&
		strcmp(err_name(1), "unknown error") == 0,
	    "other numbers have none");
}

static void
test_fail(void)
{
	struct diag d = { .reason = REASON_Locked };

	CHECK(diag_fail(&d, ERR_FORMAT, "byte %d", 7) == ERR_FORMAT &&
		strcmp(d.text, "byte 7") == 0,
	    "a failure returns its code and writes its text");
	CHECK(d.reason == REASON_NONE, "and is no refusal");
	CHECK(diag_refuse(&d, REASON_Locked, "shut") == ERR_REFUSED &&
		d.reason == REASON_Locked && strcmp(d.text, "shut") == 0,
	    "a refusal carries its reason");
	diag_prefix(&d, "door %d", 3);
	CHECK(strcmp(d.text, "door 3: shut") == 0 && d.reason == REASON_Locked,
	    "a prefix keeps text and reason");
	errno = ENOENT;
	CHECK(diag_errno(&d, "open") == ERR_IO &&
		strncmp(d.text, "open: ", 6) == 0 &&
		strstr(d.text, strerror(ENOENT)) != NULL,
	    "the system's word is appended");
	CHECK(diag_nomem(&d) == ERR_NOMEM && d.text[0] != '\0',
	    "no memory has a text");
	CHECK(diag_fail(NULL, ERR_IO, "x") == ERR_IO &&
		diag_refuse(NULL, REASON_Locked, "x") == ERR_REFUSED &&
		diag_errno(NULL, "x") == ERR_IO &&
		diag_nomem(NULL) == ERR_NOMEM,
	    "who wants no text gets the code");
	diag_prefix(NULL, "x");
}

static void
test_long(void)
{
	struct diag d = { 0 };
	char text[2 * DIAG_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	text[DIAG_TEXT_MAX - 1] = '\0';
	(void)diag_fail(&d, ERR_IO, "%s", text);
	CHECK(strlen(d.text) == DIAG_TEXT_MAX - 1 &&
		d.text[DIAG_TEXT_MAX - 2] == 'x',
	    "a text of the largest size is whole");
	text[DIAG_TEXT_MAX - 1] = 'x';
	text[DIAG_TEXT_MAX] = '\0';
	(void)diag_fail(&d, ERR_IO, "%s", text);
	CHECK(strlen(d.text) == DIAG_TEXT_MAX - 1 &&
		strcmp(d.text + DIAG_TEXT_MAX - 4, "...") == 0,
	    "a longer one says that it was cut");
	diag_prefix(&d, "where");
	CHECK(strncmp(d.text, "where: xxx", 10) == 0 &&
		strlen(d.text) == DIAG_TEXT_MAX - 1,
	    "a prefix cuts the text's end");
	diag_prefix(&d, "%s", text);
	CHECK(strlen(d.text) == DIAG_TEXT_MAX - 1, "even a very long prefix");
	errno = EIO;
	(void)diag_errno(&d, "%s", text);
	CHECK(strlen(d.text) == DIAG_TEXT_MAX - 1,
	    "the system's word fits or is cut");
}

static void
break_it(void *arg)
{
	BUG_ON(arg == NULL);
}

int
main(void)
{
	int x = 0;

	test_names();
	test_fail();
	test_long();
	CHECK(t_dies(break_it, NULL), "a broken invariant aborts");
	CHECK(!t_dies(break_it, &x), "a kept one does not");
	return t_done();
}
