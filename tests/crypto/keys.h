/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One key of each kind, for the tests of crypto/key.h.
 */
#ifndef TESTS_CRYPTO_KEYS_H
#define TESTS_CRYPTO_KEYS_H

#include "crypto/key.h"
#include "hex.h"

static const struct kind {
	const char *name;
	enum key_type type;
	unsigned bits;
} kinds[] = {
	{ "P-256", KEY_P256, 0 },
	{ "P-384", KEY_P384, 0 },
	{ "RSA 2048", KEY_RSA, 2048 },
};

static inline struct key *
generate(const struct kind *kind)
{
	struct key *key = NULL;
	struct diag d = { 0 };

	if (key_generate(kind->type, kind->bits, &key, &d) < 0)
		t_bail("%s", d.text);
	return key;
}

#endif
