/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines for the journal: prefix, level, and one write for each.
 */
#include "base/log.h"

#include "../t.h"

static char line[4096];

/* What log_line() wrote to standard error. */
static const char *
logged(enum log_level level, const char *text)
{
	int fds[2], kept = dup(STDERR_FILENO);
	ssize_t n;

	if (kept < 0 || pipe(fds) != 0 || dup2(fds[1], STDERR_FILENO) < 0)
		t_bail("cannot redirect");
	log_line(level, "%s", text);
	(void)dup2(kept, STDERR_FILENO);
	(void)close(kept);
	(void)close(fds[1]);
	n = read(fds[0], line, sizeof(line) - 1);
	(void)close(fds[0]);
	line[n < 0 ? 0 : n] = '\0';
	return line;
}

int
main(void)
{
	char text[3000];

	log_open("prog", LOG_LEVEL_NOTICE, false);
	CHECK(strcmp(logged(LOG_LEVEL_ERROR, "broken"), "prog: broken\n") == 0,
	    "a line names the program");
	CHECK(strcmp(logged(LOG_LEVEL_NOTICE, "n"), "prog: n\n") == 0,
	    "the asked level is shown");
	CHECK(logged(LOG_LEVEL_INFO, "n")[0] == '\0', "a lesser one is not");
	log_open("prog", LOG_LEVEL_DEBUG, true);
	CHECK(strcmp(logged(LOG_LEVEL_WARNING, "w"), "<4>prog: w\n") == 0 &&
		strcmp(logged(LOG_LEVEL_DEBUG, "x"), "<7>prog: x\n") == 0,
	    "for the journal the priority stands first");
	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	(void)logged(LOG_LEVEL_ERROR, text);
	CHECK(strlen(line) < 1100 && line[strlen(line) - 1] == '\n',
	    "a long line is cut and still ends");
	return t_done();
}
