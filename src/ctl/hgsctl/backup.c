/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/hgsctl/backup.h"

#include <stdio.h>
#include <string.h>

#include "base/field.h"
#include "base/text.h"
#include "crypto/pbe.h"
#include "crypto/random.h"

#define BACKUP_LABEL   "shieldwall hgs backup 1"
#define BACKUP_VERSION 1

/* doc/FORMAT.hgs-backup is this table in words. */
struct backup_key {
	struct bytes id;
	uint8_t use;
	bool primary;
	struct bytes certificate;
	struct bytes plain;
};
struct backup_body {
	uint8_t version;
	struct bytes name;
	struct bytes mode;
	uint64_t time;
	struct backup_key keys[SERVICE_KEYS_MAX];
	size_t n_keys;
};

static const struct field key_list[] = {
	FIELD_NAME(struct backup_key, id),
	FIELD_U8(struct backup_key, use),
	FIELD_BOOL(struct backup_key, primary),
	FIELD_BYTES(struct backup_key, certificate, CERTIFICATE_LIMIT),
	FIELD_BYTES(struct backup_key, plain, 8192),
};
static const struct fields key_fields =
    FIELDS(struct backup_key, "backup key", key_list);
static const struct field body_list[] = {
	FIELD_U8(struct backup_body, version),
	FIELD_NAME(struct backup_body, name),
	FIELD_NAME(struct backup_body, mode),
	FIELD_U64(struct backup_body, time),
	FIELD_LIST(struct backup_body, keys, n_keys, &key_fields),
};
static const struct fields body_fields =
    FIELDS(struct backup_body, "backup", body_list);

int
backup_write(const struct backup *b, const struct service_keys *keys,
    struct bytes passphrase, struct buf *ret, struct diag *d)
{
	auto_buf struct buf plain = BUF_INIT(BACKUP_MAX);
	uint8_t salt[PBE_SALT_SIZE], nonce[PBE_NONCE_SIZE];
	struct backup_body body = { .version = BACKUP_VERSION,
		.name = b->name,
		.mode = b->mode,
		.time = b->time,
		.n_keys = keys->n };
	int r;

	for (size_t i = 0; i < keys->n; i++) {
		const struct service_key *k = &keys->list[i];

		body.keys[i] = (struct backup_key){ bytes_of_text(k->id),
			k->use, k->primary, buf_bytes(&k->certificate),
			secret_bytes(&k->plain) };
	}
	if ((r = fields_encode(&body_fields, &body, &plain, d)) < 0)
		return r;
	random_bytes(salt, sizeof(salt));
	random_bytes(nonce, sizeof(nonce));
	return pbe_seal(passphrase, buf_bytes(&plain),
	    bytes_of_text(BACKUP_LABEL), salt, nonce, ret, d);
}

static int
take_keys(const struct backup_body *body, struct service_keys *ret,
    struct diag *d)
{
	static const enum key_use needed[] = { KEY_USE_SIGN, KEY_USE_ENCRYPT,
		KEY_USE_ATTEST, KEY_USE_AUDIT, KEY_USE_SHARED };
	int r;

	for (size_t i = 0; i < body->n_keys; i++) {
		const struct backup_key *k = &body->keys[i];
		char id[NAME_MAX_LEN + 1];

		(void)snprintf(id, sizeof(id), "%.*s", (int)k->id.len,
		    (const char *)k->id.p);
		r = service_keys_add(ret, id, (enum key_use)k->use,
		    k->certificate, k->plain, d);
		if (r < 0)
			return r;
		ret->list[ret->n - 1].primary = k->primary;
	}
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (service_keys_primary(ret, needed[i]) == NULL)
			return diag_fail(d, ERR_FORMAT,
			    "backup: no key of use %d", (int)needed[i]);
	return ERR_OK;
}

int
backup_read(struct bytes file, struct bytes passphrase,
    struct secret *ret_plain, struct backup *ret, struct service_keys *ret_keys,
    struct diag *d)
{
	auto_secret struct secret plain = SECRET_NONE;
	struct backup_body body;
	int r;

	r = pbe_open(passphrase, file, bytes_of_text(BACKUP_LABEL), &plain, d);
	if (r < 0 ||
	    (r = fields_decode(&body_fields, secret_bytes(&plain), &body, d)) <
		0)
		return r;
	if (body.version != BACKUP_VERSION)
		return diag_fail(d, ERR_UNSUPPORTED, "backup: version %u",
		    body.version);
	if ((r = take_keys(&body, ret_keys, d)) < 0)
		return r;
	ret->name = body.name;
	ret->mode = body.mode;
	ret->time = body.time;
	secret_move(&plain, ret_plain);
	return ERR_OK;
}
