/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = { "ok", "input too short", "bad format",
	"over a limit", "unsupported", "refused", "not found", "exists already",
	"conflict", "cryptographic failure", "system error", "out of memory",
	"timed out", "usage", "TPM error", "protocol error" };

const char *
err_name(int err)
{
	if (err > 0 || (size_t)-err >= ARRAY_LEN(names))
		return "unknown error";
	return names[-err];
}

static void set_text(struct diag *d, const char *fmt, va_list ap) PRINTF(2, 0);

static void
set_text(struct diag *d, const char *fmt, va_list ap)
{
	int n = vsnprintf(d->text, sizeof(d->text), fmt, ap);

	if (n < 0)
		d->text[0] = '\0';
	else if ((size_t)n >= sizeof(d->text))
		memcpy(d->text + sizeof(d->text) - 4, "...", 4);
}

int
diag_fail(struct diag *d, enum err err, const char *fmt, ...)
{
	va_list ap;

	if (d != NULL) {
		d->reason = REASON_NONE;
		va_start(ap, fmt);
		set_text(d, fmt, ap);
		va_end(ap);
	}
	return err;
}

int
diag_refuse(struct diag *d, enum reason reason, const char *fmt, ...)
{
	va_list ap;

	if (d != NULL) {
		d->reason = reason;
		va_start(ap, fmt);
		set_text(d, fmt, ap);
		va_end(ap);
	}
	return ERR_REFUSED;
}

int
diag_errno(struct diag *d, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	if (d != NULL) {
		d->reason = REASON_NONE;
		va_start(ap, fmt);
		set_text(d, fmt, ap);
		va_end(ap);
		n = strlen(d->text);
		(void)snprintf(d->text + n, sizeof(d->text) - n, ": %s",
		    strerror(saved));
	}
	return ERR_IO;
}

int
diag_nomem(struct diag *d)
{
	return diag_fail(d, ERR_NOMEM, "out of memory");
}

void
diag_prefix(struct diag *d, const char *fmt, ...)
{
	char old[DIAG_TEXT_MAX];
	va_list ap;
	size_t n;

	if (d == NULL)
		return;
	memcpy(old, d->text, sizeof(old));
	va_start(ap, fmt);
	set_text(d, fmt, ap);
	va_end(ap);
	n = strlen(d->text);
	(void)snprintf(d->text + n, sizeof(d->text) - n, ": %s", old);
}

void
bug(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line,
	    what);
	abort();
}
