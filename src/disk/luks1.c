/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/luks1.h"

#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "crypto/hash.h"

#define SLOT_ON      0x00ac71f3u
#define SLOT_OFF     0x0000deadu
#define TEXT_SIZE    32
#define UUID_FIELD   40
#define ITERATIONS   ((uint32_t)100000000)
#define IDENTITY_FOR "shieldwall luks1 identity 1"

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_FileInvalid, "LUKS header: %s", what);
}

/* A text padded with NUL to the end of its field. */
static bool
take_text(struct reader *r, size_t size, struct bytes *ret)
{
	size_t len = 0;

	if (!reader_take(r, size, ret))
		return false;
	while (len < size && ret->p[len] != 0)
		len++;
	for (size_t i = len; i < size; i++)
		if (ret->p[i] != 0)
			return false;
	ret->len = len;
	return true;
}

static bool
take_word(struct reader *r, const char *want)
{
	struct bytes text;

	return take_text(r, TEXT_SIZE, &text) && bytes_equal_text(text, want);
}

static bool
uuid_form(struct bytes uuid)
{
	if (uuid.len != LUKS1_UUID_SIZE)
		return false;
	for (size_t i = 0; i < uuid.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		uint8_t c = uuid.p[i];

		if (dash ? c != '-'
			 : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

/* Before the slots: 4.1, "phdr". */
static int
read_facts(struct reader *r, struct luks1 *ret, struct diag *d)
{
	struct bytes magic, digest, salt, uuid;
	uint32_t payload, key_bytes, iterations;
	uint16_t version;

	if (!reader_take(r, 6, &magic) ||
	    !bytes_equal_text(magic, "LUKS\xba\xbe") ||
	    !reader_be16(r, &version))
		return refuse(d, "no magic number");
	if (version != 1)
		return refuse(d, "version: not 1");
	if (!take_word(r, "aes"))
		return refuse(d, "cipher: not aes");
	if (!take_word(r, "xts-plain64"))
		return refuse(d, "cipher mode: not xts-plain64");
	if (!take_word(r, "sha256"))
		return refuse(d, "hash: not sha256");
	if (!reader_be32(r, &payload) || !reader_be32(r, &key_bytes) ||
	    !reader_take(r, 20, &digest) || !reader_take(r, 32, &salt) ||
	    !reader_be32(r, &iterations) || !take_text(r, UUID_FIELD, &uuid))
		return refuse(d, "cut short");
	if (key_bytes != LUKS1_VOLUME_KEY)
		return refuse(d, "volume key: not 64 bytes");
	if (payload > LUKS1_PAYLOAD_MAX / LUKS1_SECTOR ||
	    payload * LUKS1_SECTOR < LUKS1_HEADER_SIZE)
		return refuse(d, "payload: out of range");
	if (iterations == 0 || iterations > ITERATIONS)
		return refuse(d, "digest iterations: out of range");
	if (!uuid_form(uuid))
		return refuse(d, "UUID: not one");
	ret->payload = payload * LUKS1_SECTOR;
	memcpy(ret->uuid, uuid.p, LUKS1_UUID_SIZE);
	return ERR_OK;
}

static int
read_slot(struct reader *r, size_t i, struct luks1 *ret, struct diag *d)
{
	const uint32_t material_size = LUKS1_VOLUME_KEY * LUKS1_STRIPES;
	uint32_t active, iterations, material, stripes;
	struct bytes salt;

	if (!reader_be32(r, &active) || !reader_be32(r, &iterations) ||
	    !reader_take(r, 32, &salt) || !reader_be32(r, &material) ||
	    !reader_be32(r, &stripes))
		return refuse(d, "cut short");
	if (active != (i == 0 ? SLOT_ON : SLOT_OFF))
		return refuse(d, "key slots: exactly the first is in use");
	if (i != 0)
		return ERR_OK;
	if (stripes != LUKS1_STRIPES)
		return refuse(d, "key slot: not 4000 stripes");
	if (iterations == 0 || iterations > ITERATIONS)
		return refuse(d, "key slot: iterations out of range");
	if (material > LUKS1_PAYLOAD_MAX / LUKS1_SECTOR ||
	    material * LUKS1_SECTOR < LUKS1_HEADER_SIZE ||
	    material * LUKS1_SECTOR + material_size > ret->payload)
		return refuse(d, "key slot: key material out of range");
	ret->iterations = iterations;
	ret->material = material * LUKS1_SECTOR;
	return ERR_OK;
}

int
luks1_parse(struct bytes in, struct luks1 *ret, struct diag *d)
{
	const struct bytes parts[] = { bytes_of_text(IDENTITY_FOR),
		bytes_of(in.p, LUKS1_FACTS_SIZE) };
	struct reader r = reader_of(in);
	struct luks1 h = { 0 };
	int err;

	if ((err = read_facts(&r, &h, d)) < 0)
		return err;
	BUG_ON(r.off != LUKS1_FACTS_SIZE);
	for (size_t i = 0; i < LUKS1_SLOTS; i++)
		if ((err = read_slot(&r, i, &h, d)) < 0)
			return err;
	if (reader_left(&r) != 0)
		return refuse(d, "longer than its form");
	hash_parts(HASH_SHA256, parts, ARRAY_LEN(parts), h.identity);
	*ret = h;
	return ERR_OK;
}
