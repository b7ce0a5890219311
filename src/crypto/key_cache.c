/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public keys made last: hosts and guardians come again with every
 * request, and an object of OpenSSL costs a third of a verification to make.
 * A place is found by the digest of the numbers; a newer key takes it over.
 * Nothing private is kept, and no key that was refused.
 */
#include <string.h>

#include "crypto/key_impl.h"

#define CACHE_SIZE 64
static struct {
	uint8_t id[SHA256_SIZE];
	struct key *key;
} cache[CACHE_SIZE];

void
key_cache_id(enum key_type type, struct bytes a, struct bytes b,
    uint8_t ret[static SHA256_SIZE])
{
	uint8_t head = (uint8_t)type;
	const struct bytes parts[] = { bytes_of(&head, 1), a, b };

	hash_parts(HASH_SHA256, parts, ARRAY_LEN(parts), ret);
}

/* Another owner of the same object; NULL without memory. */
static struct key *
share(const struct key *key)
{
	struct key *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return NULL;
	*copy = *key;
	BUG_ON(EVP_PKEY_up_ref(copy->pkey) != 1);
	return copy;
}

bool
key_cache_find(const uint8_t id[static SHA256_SIZE], struct key **ret)
{
	size_t i = id[0] % CACHE_SIZE;
	struct key *key;

	if (cache[i].key == NULL ||
	    !bytes_equal(BYTES_OF_ARRAY(cache[i].id),
		bytes_of(id, SHA256_SIZE)))
		return false;
	if ((key = share(cache[i].key)) == NULL)
		return false;
	*ret = key;
	return true;
}

void
key_cache_put(const uint8_t id[static SHA256_SIZE], const struct key *key)
{
	size_t i = id[0] % CACHE_SIZE;

	key_free(cache[i].key);
	cache[i].key = share(key);
	memcpy(cache[i].id, id, SHA256_SIZE);
}
