/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test Anything Protocol for the unit tests: each CHECK is one line, t_done()
 * prints the plan, so that a program that dies early is seen to have died.
 *
 *	CHECK(quote_parse(in, &q, &d) == ERR_OK, "a good quote is read");
 *	return t_done();
 */
#ifndef TESTS_T_H
#define TESTS_T_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned t_count;
static unsigned t_failures;

/* True if the input was accepted. */
typedef bool (*t_accepts_fn)(const uint8_t *p, size_t n, void *arg);

static inline bool t_check(bool good, const char *file, int line,
    const char *expr, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static inline void t_skip(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
static inline void t_bail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#define CHECK(cond, ...) \
	t_check((cond) ? true : false, __FILE__, __LINE__, #cond, __VA_ARGS__)

static inline bool
t_check(bool good, const char *file, int line, const char *expr,
    const char *fmt, ...)
{
	va_list ap;

	printf("%s %u - ", good ? "ok" : "not ok", ++t_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!good) {
		t_failures++;
		printf("# %s:%d: %s\n", file, line, expr);
	}
	fflush(stdout);
	return good;
}

/* Counts one skipped check; the text is the reason. */
static inline void
t_skip(const char *fmt, ...)
{
	va_list ap;

	printf("ok %u # SKIP ", ++t_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* For what the test cannot go on without: it ends here, as a failure. */
static inline void
t_bail(const char *fmt, ...)
{
	va_list ap;

	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	exit(1);
}

static inline int
t_done(void)
{
	if (t_count == 0)
		t_bail("nothing was checked");
	printf("1..%u\n", t_count);
	fflush(stdout);
	return t_failures == 0 ? 0 : 1;
}

/* The tests/ directory of the source tree. */
static inline const char *
t_srcdir(void)
{
	const char *dir = getenv("TEST_SRCDIR");

	return dir != NULL ? dir : TEST_SRCDIR;
}

static inline uint8_t *
t_read_file(const char *path, size_t *ret_len)
{
	size_t len = 0, room = 4096, n;
	uint8_t *p = malloc(room), *more;
	FILE *f = fopen(path, "rb");

	if (f == NULL || p == NULL)
		t_bail("%s: %s", path, strerror(errno));
	while ((n = fread(p + len, 1, room - len, f)) > 0) {
		len += n;
		if (len < room)
			continue;
		if ((more = realloc(p, room *= 2)) == NULL)
			t_bail("%s: out of memory", path);
		p = more;
	}
	if (ferror(f))
		t_bail("%s: %s", path, strerror(errno));
	fclose(f);
	*ret_len = len;
	return p;
}

/* A file under tests/, e.g. "tpm/vectors/quote.bin"; never NULL, free() it. */
static inline uint8_t *
t_load(const char *name, size_t *ret_len)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", t_srcdir(), name);
	return t_read_file(path, ret_len);
}

/* True if the third-party corpus is there; otherwise counts a skip. */
static inline bool
t_corpus_path(const char *name, char *ret_path, size_t size)
{
	const char *root = getenv("TEST_CORPUS");
	char dir[4000];

	if (root != NULL)
		(void)snprintf(dir, sizeof(dir), "%s", root);
	else
		(void)snprintf(dir, sizeof(dir), "%s/../../shared/corpus",
		    t_srcdir());
	if (access(dir, R_OK) != 0) {
		t_skip("%s: no test corpus in ../shared/corpus", name);
		return false;
	}
	(void)snprintf(ret_path, size, "%s/%s", dir, name);
	return true;
}

/* A corpus file, or NULL (and a counted skip) where there is no corpus. */
static inline uint8_t *
t_corpus(const char *name, size_t *ret_len)
{
	char path[4096];

	if (!t_corpus_path(name, path, sizeof(path)))
		return NULL;
	return t_read_file(path, ret_len);
}

/* One call on a copy of exactly n bytes, so that ASan sees one byte more. */
static inline bool
t_try(const uint8_t *p, size_t n, t_accepts_fn accepts, void *arg)
{
	uint8_t *copy = malloc(n);
	bool accepted;

	if (copy == NULL)
		t_bail("out of memory");
	if (n > 0)
		memcpy(copy, p, n);
	accepted = accepts(copy, n, arg);
	free(copy);
	return accepted;
}

/* How many proper prefixes are accepted: for most formats, none may be. */
static inline size_t
t_truncations(const uint8_t *p, size_t n, t_accepts_fn accepts, void *arg)
{
	size_t i, bad = 0;

	for (i = 0; i < n; i++) {
		if (!t_try(p, i, accepts, arg))
			continue;
		printf("# accepted when cut to %zu of %zu bytes\n", i, n);
		bad++;
	}
	return bad;
}

/* How many one-bit changes are accepted: none, where all of it is signed. */
static inline size_t
t_bitflips(const uint8_t *p, size_t n, t_accepts_fn accepts, void *arg)
{
	uint8_t *copy = malloc(n);
	size_t i, bad = 0;

	if (copy == NULL)
		t_bail("out of memory");
	memcpy(copy, p, n);
	for (i = 0; i < n * 8; i++) {
		copy[i / 8] ^= (uint8_t)(1u << (i % 8));
		if (t_try(copy, n, accepts, arg)) {
			printf("# accepted with bit %zu of byte %zu flipped\n",
			    i % 8, i / 8);
			bad++;
		}
		copy[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	free(copy);
	return bad;
}

/* True if the input is accepted with one more byte at its end. */
static inline bool
t_trailing(const uint8_t *p, size_t n, t_accepts_fn accepts, void *arg)
{
	uint8_t *copy = calloc(1, n + 1);
	bool accepted;

	if (copy == NULL)
		t_bail("out of memory");
	memcpy(copy, p, n);
	accepted = t_try(copy, n + 1, accepts, arg);
	free(copy);
	return accepted;
}

#endif
