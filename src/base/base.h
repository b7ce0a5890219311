/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes, borrowed bytes and scope-bound ownership: what every other file
 * of the project starts from.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF(f, a)      __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#define ARRAY_LEN(a)      (sizeof(a) / sizeof((a)[0]))
#define CLEANUP(f)        __attribute__((cleanup(f)))
#define MEMBER_SIZE(t, m) sizeof(((t *)NULL)->m)

/* Moves an owned pointer or descriptor out of its auto_* variable. */
#define TAKE_PTR(p)                            \
	__extension__({                        \
		__typeof__(*(p)) take_ = *(p); \
		*(p) = NULL;                   \
		take_;                         \
	})
#define TAKE_FD(p)                \
	__extension__({           \
		int take_ = *(p); \
		*(p) = -1;        \
		take_;            \
	})

/* Generates x_free_p() for CLEANUP() from x_free(), which accepts NULL. */
#define DEFINE_FREE_P(type, fn)             \
	static inline void fn##_p(type **p) \
	{                                   \
		fn(*p);                     \
		*p = NULL;                  \
	}                                   \
	struct fn##_needs_a_semicolon

/* Borrowed, immutable bytes: owned by somebody else, who outlives the view. */
struct bytes {
	const uint8_t *p;
	size_t len;
};

#define BYTES_OF_ARRAY(a) ((struct bytes){ (const uint8_t *)(a), sizeof(a) })
#define BYTES_NONE        ((struct bytes){ NULL, 0 })

struct bytes bytes_of(const void *p, size_t len);
/* The characters of a NUL-terminated string, without its NUL. */
struct bytes bytes_of_text(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);
/* Lexicographic order, shorter first on a common prefix; as memcmp. */
int bytes_compare(struct bytes a, struct bytes b);
bool bytes_all_zero(struct bytes b);

static inline void
free_p(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

static inline void
close_p(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

#define auto_free  CLEANUP(free_p)
#define auto_close CLEANUP(close_p)

#endif
