/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret bytes: fixed capacity, locked in memory where the limit allows,
 * kept out of core dumps, wiped when their scope ends. There is no way to
 * print one.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/base.h"
#include "base/err.h"

struct secret {
	uint8_t *p; /* its own pages */
	size_t len;
	size_t size;
};

#define SECRET_NONE        \
	{                  \
		NULL, 0, 0 \
	}

/* Makes room for len zero bytes; ERR_NOMEM. s must be SECRET_NONE. */
MUST_CHECK int secret_alloc(struct secret *s, size_t len, struct diag *d);
MUST_CHECK int secret_copy(struct secret *s, struct bytes in, struct diag *d);
void secret_free(struct secret *s);
#define auto_secret CLEANUP(secret_free)

/* For handing to cryptography only; lives as long as the secret. */
struct bytes secret_bytes(const struct secret *s);
/* Constant time in the contents; false when lengths differ. */
bool secret_equal(struct bytes a, struct bytes b);
void secret_move(struct secret *s, struct secret *ret);

/*
 * Makes this process non-dumpable, forbids core files and new privileges.
 * Every process that holds a key calls it first thing in main().
 */
MUST_CHECK int process_protect(struct diag *d);
/*
 * Keeps all memory of this process from swap devices, now and as it grows:
 * libraries keep keys in places of their own. Only where RLIMIT_MEMLOCK is
 * unlimited, since otherwise a later allocation would fail; ERR_LIMIT.
 */
MUST_CHECK int process_lock_memory(struct diag *d);

#endif
