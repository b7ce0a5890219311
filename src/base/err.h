/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error convention: functions return 0 or a negative enum err, and
 * write the reason once, where the problem is found, into a struct diag.
 * Callers on the way up may prefix it; only programs print it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"
#include "base/reason.h"

enum err {
	ERR_OK = 0,
	ERR_SHORT = -1,       /* input ends early */
	ERR_FORMAT = -2,      /* input is not what its format allows */
	ERR_LIMIT = -3,       /* a count, length or size is over its limit */
	ERR_UNSUPPORTED = -4, /* valid, but an algorithm or version we refuse */
	ERR_REFUSED = -5,     /* a rule says no; diag.reason says which */
	ERR_NOT_FOUND = -6,   /* no such object */
	ERR_EXISTS = -7,      /* there is one already */
	ERR_CONFLICT = -8,    /* somebody else changed it first */
	ERR_CRYPTO = -9,      /* a cryptographic operation failed */
	ERR_IO = -10,         /* the operating system said no (errno in text) */
	ERR_NOMEM = -11,      /* out of memory */
	ERR_TIMEOUT = -12,    /* a deadline passed */
	ERR_USAGE = -13,      /* the command line or configuration is wrong */
	ERR_TPM = -14,        /* the TPM answered with an error code */
	ERR_PROTOCOL = -15    /* a peer broke the protocol */
};

#define DIAG_TEXT_MAX 384

/* Why something failed. All functions here accept a NULL diag. */
struct diag {
	enum reason reason; /* REASON_NONE unless a rule refused */
	char text[DIAG_TEXT_MAX];
};

const char *err_name(int err);

/* Writes the reason and returns err, so that it can be returned at once. */
int diag_fail(struct diag *d, enum err err, const char *fmt, ...) PRINTF(3, 4);
/* The same with a reason code; returns ERR_REFUSED. */
int diag_refuse(struct diag *d, enum reason reason, const char *fmt, ...)
    PRINTF(3, 4);
/* ERR_IO with ": <strerror(errno)>" appended. */
int diag_errno(struct diag *d, const char *fmt, ...) PRINTF(2, 3);
int diag_nomem(struct diag *d);
/* Puts "prefix: " before the text, cutting the text's end if it must. */
void diag_prefix(struct diag *d, const char *fmt, ...) PRINTF(2, 3);

/* For broken invariants: never try to continue. */
void bug(const char *file, int line, const char *what) NORETURN;
#define BUG_ON(cond)                                    \
	do {                                            \
		if (cond)                               \
			bug(__FILE__, __LINE__, #cond); \
	} while (0)

#endif
