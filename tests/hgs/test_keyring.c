/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening the service's keys. The store at the other end of the channel is
 * played by a child that answers with the records made here.
 */
#include "hgs/common/keyring.h"

#include <sys/wait.h>

#include "../t.h"
#include "crypto/pbe.h"
#include "ipc/service.h"
#include "proto/hgs.h"

#define PASSPHRASE "correct horse"

static struct row {
	const char *name; /* the record's */
	const char *aad;  /* what its container is bound to */
	bool enabled;
	size_t size; /* of the secret */
} rows[2];
static size_t n_rows;

static int
on_range(struct service_call *call, struct diag *d)
{
	static struct store_page page;
	static struct buf values[ARRAY_LEN(rows)];
	static char keys[ARRAY_LEN(rows)][80];
	uint8_t secret[40], salt[PBE_SALT_SIZE], nonce[12];
	int r;

	memset(secret, 0x33, sizeof(secret));
	memset(salt, 1, sizeof(salt));
	memset(nonce, 2, sizeof(nonce));
	page.n_rows = n_rows;
	for (size_t i = 0; i < n_rows; i++) {
		auto_buf struct buf box = BUF_INIT(8192);
		struct key_record rec = { .version = RECORD_VERSION,
			.use = KEY_USE_SHARED,
			.primary = i == 0,
			.enabled = rows[i].enabled };

		r = pbe_seal(bytes_of_text(PASSPHRASE),
		    bytes_of(secret, rows[i].size), bytes_of_text(rows[i].aad),
		    salt, nonce, &box, d);
		if (r < 0)
			return r;
		rec.container = buf_bytes(&box);
		buf_free(&values[i]);
		values[i] = (struct buf)BUF_INIT(STORE_VALUE_MAX);
		if ((r = fields_encode(&key_record_fields, &rec, &values[i],
			 d)) < 0)
			return r;
		(void)snprintf(keys[i], sizeof(keys[i]), "key/%s",
		    rows[i].name);
		page.rows[i] = (struct store_row){ bytes_of_text(keys[i]), 1,
			buf_bytes(&values[i]) };
	}
	return fields_encode(&store_page_fields, &page, call->reply, d);
}

static const struct service_op ops[] = { { HGS_OP_RANGE, 1, on_range,
    "range" } };
static const struct service service = { ops, ARRAY_LEN(ops), NULL };

static int
load(const char *passphrase, struct keyring *ret, struct diag *d)
{
	int fds[2], r;
	pid_t pid;

	if (channel_pair(fds, d) < 0)
		t_bail("%s", d->text);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		(void)close(fds[0]);
		while (
		    service_answer(&service, fds[1], 0, NULL, NULL) == ERR_OK)
			;
		_exit(0);
	}
	close_p(&fds[1]);
	*d = (struct diag){ 0 };
	r = keyring_load(fds[0], bytes_of_text(passphrase),
	    1u << KEY_USE_SHARED, ret, d);
	close_p(&fds[0]);
	(void)waitpid(pid, NULL, 0);
	return r;
}

int
main(void)
{
	auto_keyring struct keyring k = { 0 };
	const struct keyring_key *key;
	struct diag d = { 0 };

	rows[0] = (struct row){ "shared-1", "shared-1", true, 32 };
	n_rows = 1;
	CHECK(load(PASSPHRASE, &k, &d) == ERR_OK && k.n == 1,
	    "the right passphrase opens the keys");
	key = keyring_primary(&k, KEY_USE_SHARED);
	CHECK(key != NULL && key->shared.len == 32 &&
		key->shared.p[31] == 0x33 && strcmp(key->name, "shared-1") == 0,
	    "the primary one is found by its use");
	CHECK(keyring_primary(&k, KEY_USE_ATTEST) == NULL,
	    "there is none of another use");
	CHECK(load("wrong horse", &k, &d) < 0 &&
		d.reason == REASON_PassphraseWrong,
	    "a wrong passphrase is refused");
	CHECK(strstr(d.text, "horse") == NULL, "T62 and not repeated: %s",
	    d.text);
	CHECK(k.n == 1 && k.keys[0].shared.len == 32,
	    "the keys that were open stay");

	rows[0].aad = "shared-2";
	CHECK(load(PASSPHRASE, &k, &d) < 0 && k.n == 1,
	    "a container under another key's name does not open");
	rows[0].aad = "shared-1";
	rows[0].size = 31;
	CHECK(load(PASSPHRASE, &k, &d) == ERR_FORMAT,
	    "a shared key of another size is refused");
	rows[0].size = 32;
	rows[0].enabled = false;
	CHECK(load(PASSPHRASE, &k, &d) == ERR_NOT_FOUND,
	    "a disabled key is not opened, so there is no primary one");
	rows[0].enabled = true;
	rows[1] = (struct row){ "shared-0", "shared-0", true, 32 };
	n_rows = 2;
	CHECK(load(PASSPHRASE, &k, &d) == ERR_OK && k.n == 2 &&
		strcmp(keyring_primary(&k, KEY_USE_SHARED)->name, "shared-1") ==
		    0,
	    "of two keys the primary one is used");
	n_rows = 0;
	CHECK(load(PASSPHRASE, &k, &d) == ERR_NOT_FOUND && k.n == 2,
	    "an empty store has no keys");
	return t_done();
}
