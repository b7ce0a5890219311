/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/ci_xattr.h"

#include "t.h"

static const struct {
	const char *bytes;
	size_t n;
	bool known;
	enum hash_alg alg;
	const char *what;
} cases[] = {
	{ "", 0, true, HASH_SHA256, "no attribute: the default" },
	{ "\3", 1, true, HASH_SHA256, "one byte: the default" },
	{ "\3\2\4abcd\0\1x", 10, true, HASH_SHA256, "a signature, SHA-256" },
	{ "\3\2\6abcd\0\1x", 10, true, HASH_SHA512, "a signature, SHA-512" },
	{ "\3\2\2abcd\0\1x", 10, true, HASH_SHA1, "T46 a signature, SHA-1" },
	{ "\3\2\0abcd\0\1x", 10, false, HASH_SHA1, "T46 a signature, MD4" },
	{ "\3\2", 2, false, HASH_SHA1, "a signature that is cut" },
	{ "\4\5digest", 8, true, HASH_SHA384, "a digest, SHA-384" },
	{ "\4\21digest", 8, true, HASH_SM3, "a digest, SM3" },
	{ "\4\377digest", 8, false, HASH_SHA1, "a digest of no algorithm" },
	{ "\1abcdefghijklmnopqrst", 21, true, HASH_SHA1, "an old SHA-1" },
	{ "\1abcdefghijklmnop\0\0\0\0", 21, false, HASH_SHA1, "an old MD5" },
	{ "\1abcd", 5, false, HASH_SHA1, "an old digest that is cut" },
	{ "\5\2\4", 3, true, HASH_SHA256, "what is none: the default" },
};

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum hash_alg alg;
		bool known =
		    ci_xattr_alg(bytes_of(cases[i].bytes, cases[i].n), &alg);

		CHECK(known == cases[i].known &&
			(!known || alg == cases[i].alg),
		    "%s", cases[i].what);
	}
	return t_done();
}
