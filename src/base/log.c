/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *log_program = "shieldwall";
static enum log_level log_most = LOG_LEVEL_INFO;
static bool log_journal;

void
log_open(const char *program, enum log_level most, bool journal)
{
	log_program = program;
	log_most = most;
	log_journal = journal;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	size_t used;
	va_list ap;
	int n;

	if (level > log_most)
		return;
	if (log_journal)
		n = snprintf(line, sizeof(line), "<%d>%s: ", (int)level,
		    log_program);
	else
		n = snprintf(line, sizeof(line), "%s: ", log_program);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	used = (size_t)n;
	va_start(ap, fmt);
	n = vsnprintf(line + used, sizeof(line) - used - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	used = strlen(line);
	line[used++] = '\n';
	/* One write, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}
