/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files: INI, read into a struct by a table of typed keys. What
 * is not in the table is refused with file and line; so is a key given twice
 * in one file. Drop-ins PATH.d/NAME.conf are read after PATH in the order of
 * their names, and later files win.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/base.h"
#include "base/err.h"

#define CONF_LINE_MAX 198 /* bytes of one line; libinih has 200 */
#define CONF_FILE_MAX ((size_t)256 << 10)

enum conf_type {
	CONF_TYPE_TEXT,     /* char[max]: printable text */
	CONF_TYPE_PATH,     /* char[max]: absolute, without the root */
	CONF_TYPE_NUMBER,   /* uint64_t in [min, max] */
	CONF_TYPE_DURATION, /* uint64_t seconds in [min, max]: 30s 5m 8h 2d */
	CONF_TYPE_SIZE,     /* uint64_t bytes in [min, max]: 512 64K 64M 2G */
	CONF_TYPE_BOOL,     /* bool: yes or no */
	CONF_TYPE_CHOICE    /* char[max]: one of choices, "a|b|c" */
};

struct conf_key {
	const char *section;
	const char *key;
	enum conf_type type;
	size_t offset;
	uint64_t min;
	uint64_t max; /* for texts: the array's size */
	const char *choices;
	const char *fallback; /* written as in the file; NULL: must be given */
};

struct conf_table {
	const struct conf_key *list;
	size_t n;
	size_t size; /* of the struct */
};

#define CONF_TEXT(t, section, key, m, fallback)                  \
	{                                                        \
		section, key, CONF_TYPE_TEXT, offsetof(t, m), 0, \
		    MEMBER_SIZE(t, m), NULL, fallback            \
	}
#define CONF_PATH(t, section, key, m, fallback)                  \
	{                                                        \
		section, key, CONF_TYPE_PATH, offsetof(t, m), 0, \
		    MEMBER_SIZE(t, m), NULL, fallback            \
	}
#define CONF_NUMBER(t, section, key, m, min, max, fallback)               \
	{                                                                 \
		section, key, CONF_TYPE_NUMBER, offsetof(t, m), min, max, \
		    NULL, fallback                                        \
	}
#define CONF_DURATION(t, section, key, m, min, max, fallback)               \
	{                                                                   \
		section, key, CONF_TYPE_DURATION, offsetof(t, m), min, max, \
		    NULL, fallback                                          \
	}
#define CONF_SIZE(t, section, key, m, min, max, fallback)                     \
	{                                                                     \
		section, key, CONF_TYPE_SIZE, offsetof(t, m), min, max, NULL, \
		    fallback                                                  \
	}
#define CONF_BOOL(t, section, key, m, fallback)                           \
	{                                                                 \
		section, key, CONF_TYPE_BOOL, offsetof(t, m), 0, 0, NULL, \
		    fallback                                              \
	}
#define CONF_CHOICE(t, section, key, m, choices, fallback)         \
	{                                                          \
		section, key, CONF_TYPE_CHOICE, offsetof(t, m), 0, \
		    MEMBER_SIZE(t, m), choices, fallback           \
	}

/*
 * Fills ret with the fallbacks, then with root + path and its drop-ins.
 * ERR_NOT_FOUND without the main file; ERR_USAGE with "file:line: why".
 */
MUST_CHECK int conf_load(const struct conf_table *t, const char *root,
    const char *path, void *ret, struct diag *d);
/* Fallbacks only. */
MUST_CHECK int conf_defaults(const struct conf_table *t, void *ret,
    struct diag *d);
/* One file's text on top of what ret holds; file names it in errors. */
MUST_CHECK int conf_parse(const struct conf_table *t, const char *file,
    struct bytes text, void *ret, struct diag *d);

#endif
