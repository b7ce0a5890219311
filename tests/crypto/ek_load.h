/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of tests/crypto/ek, see its README.
 */
#ifndef TESTS_CRYPTO_EK_LOAD_H
#define TESTS_CRYPTO_EK_LOAD_H

#include "../t.h"
#include "base/base.h"

static inline struct bytes
load(const char *name)
{
	char path[200];
	size_t len;
	uint8_t *p;

	(void)snprintf(path, sizeof(path), "crypto/ek/%s.der", name);
	p = t_load(path, &len);
	return bytes_of(p, len);
}

static inline void
unload(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

#endif
