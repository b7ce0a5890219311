/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/keyring.h"

#include <string.h>

#include "crypto/pbe.h"
#include "crypto/x509.h"
#include "hgs/common/store_client.h"

#define BUCKET "key/"

void
keyring_free(struct keyring *k)
{
	for (size_t i = 0; i < k->n; i++) {
		key_free(k->keys[i].key);
		secret_free(&k->keys[i].shared);
		buf_free(&k->keys[i].certificate);
	}
	*k = (struct keyring){ 0 };
}

const struct keyring_key *
keyring_primary(const struct keyring *k, enum key_use use)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->keys[i].use == use && k->keys[i].primary)
			return &k->keys[i];
	return NULL;
}

static int
public_key_of(const struct key_record *rec, struct keyring_key *k,
    struct diag *d)
{
	struct cert cert;
	int r;

	if ((r = cert_parse(rec->certificate, &cert, d)) < 0)
		return r;
	return cert_public_key(&cert, &k->key, d);
}

/* The container is bound to its place: its aad is the store key's name. */
static int
private_key_of(struct bytes name, const struct key_record *rec,
    struct bytes passphrase, struct keyring_key *k, struct diag *d)
{
	auto_secret struct secret plain = SECRET_NONE;
	int r;

	r = pbe_open(passphrase, rec->container, name, &plain, d);
	if (r < 0)
		return r;
	if (rec->use != KEY_USE_SHARED)
		return key_from_pkcs8(secret_bytes(&plain), &k->key, d);
	if (plain.len != 32)
		return diag_fail(d, ERR_FORMAT, "shared key size");
	secret_move(&plain, &k->shared);
	return ERR_OK;
}

/* passphrase: NULL for the public halves alone. */
static int
open_one(struct bytes name, const struct key_record *rec,
    const struct bytes *passphrase, struct keyring_key *k, struct diag *d)
{
	if (name.len >= sizeof(k->name))
		return diag_fail(d, ERR_LIMIT, "key: name too long");
	memcpy(k->name, name.p, name.len);
	k->name[name.len] = '\0';
	k->use = rec->use;
	k->primary = rec->primary;
	k->certificate = (struct buf)BUF_INIT(CERTIFICATE_LIMIT);
	if (!buf_put(&k->certificate, rec->certificate))
		return diag_nomem(d);
	return passphrase == NULL
	    ? public_key_of(rec, k, d)
	    : private_key_of(name, rec, *passphrase, k, d);
}

static int
take_row(struct keyring *ring, const struct store_row *row, uint32_t uses,
    const struct bytes *passphrase, struct diag *d)
{
	struct key_record rec;
	struct bytes name;
	int r;

	if ((r = fields_decode(&key_record_fields, row->value, &rec, d)) < 0)
		return r;
	if (!rec.enabled || rec.use > 31 ||
	    (uses & (uint32_t)1 << rec.use) == 0)
		return ERR_OK;
	if (ring->n == KEYRING_MAX)
		return diag_fail(d, ERR_LIMIT, "key: more than %d keys",
		    KEYRING_MAX);
	name = bytes_of(row->key.p + strlen(BUCKET),
	    row->key.len - strlen(BUCKET));
	/* Counted first, so that a half-opened one is freed with the rest. */
	r = open_one(name, &rec, passphrase, &ring->keys[ring->n++], d);
	if (r < 0)
		diag_prefix(d, "key %.*s", (int)name.len, (const char *)name.p);
	return r;
}

static int
load(int store_fd, const struct bytes *passphrase, uint32_t uses,
    struct keyring *ret, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	auto_keyring struct keyring ring = { 0 };
	static struct store_page page;
	char after_text[STORE_KEY_MAX + 1];
	struct bytes after = BYTES_NONE;
	int r;

	do {
		r = store_list(store_fd, BUCKET, after, &storage, &page, d);
		if (r < 0)
			return r;
		for (size_t i = 0; i < page.n_rows; i++)
			if ((r = take_row(&ring, &page.rows[i], uses,
				 passphrase, d)) < 0)
				return r;
		if (page.more && page.n_rows > 0) {
			after = page.rows[page.n_rows - 1].key;
			memcpy(after_text, after.p, after.len);
			after = bytes_of(after_text, after.len);
		}
	} while (page.more && page.n_rows > 0);
	for (unsigned use = 0; use < 32; use++)
		if ((uses & (uint32_t)1 << use) != 0 &&
		    keyring_primary(&ring, (enum key_use)use) == NULL)
			return diag_fail(d, ERR_NOT_FOUND,
			    "no primary key of use %u", use);
	keyring_free(ret);
	*ret = ring;
	ring = (struct keyring){ 0 };
	return ERR_OK;
}

int
keyring_load(int store_fd, struct bytes passphrase, uint32_t uses,
    struct keyring *ret, struct diag *d)
{
	return load(store_fd, &passphrase, uses, ret, d);
}

int
keyring_load_public(int store_fd, uint32_t uses, struct keyring *ret,
    struct diag *d)
{
	return load(store_fd, NULL, uses, ret, d);
}
