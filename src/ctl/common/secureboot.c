/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/secureboot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "crypto/pem.h"
#include "vm/nvkeys.h"
#include "vm/nvram.h"
#include "vm/security.h"

#define BLANK     "/usr/share/OVMF/OVMF_VARS_4M.fd"
#define MICROSOFT "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"
#define FILE_MAX  ((size_t)128 << 10)

/* The certificates of one file. */
struct certificates {
	struct buf der; /* one behind the other */
	struct bytes list[NVRAM_CERTIFICATES];
	size_t n;
};

static void
certificates_free(struct certificates *c)
{
	buf_free(&c->der);
}

static int
refuse_file(struct diag *d, int r, const char *path)
{
	if (r == ERR_NOMEM)
		return r;
	if (strncmp(d->text, path, strlen(path)) != 0)
		diag_prefix(d, "%s", path);
	if (d->reason == REASON_NONE)
		d->reason = REASON_FileInvalid;
	return ERR_REFUSED;
}

static int
take_all(struct bytes text, struct certificates *ret, struct diag *d)
{
	size_t at[NVRAM_CERTIFICATES + 1] = { 0 };
	int r;

	if (!pem_is(text)) {
		(void)buf_put(&ret->der, text);
		ret->list[0] = buf_bytes(&ret->der);
		ret->n = 1;
		return buf_check(&ret->der, "certificate", d);
	}
	while ((r = pem_next(&text, PEM_CERTIFICATE, &ret->der, d)) == ERR_OK) {
		if (ret->n == NVRAM_CERTIFICATES)
			return diag_fail(d, ERR_LIMIT,
			    "more than %d certificates", NVRAM_CERTIFICATES);
		at[++ret->n] = ret->der.len;
	}
	if (r != ERR_NOT_FOUND || ret->n == 0)
		return r;
	/* Only now: the buffer no longer moves. */
	for (size_t i = 0; i < ret->n; i++)
		ret->list[i] = bytes_of(ret->der.p + at[i], at[i + 1] - at[i]);
	return ERR_OK;
}

static int
read_certificates(const char *dir, const char *name, struct certificates *ret,
    struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(FILE_MAX);
	char path[4096];
	int r;

	ret->der.max = FILE_MAX;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s.crt", dir, name) >=
	    sizeof(path))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", dir);
	if ((r = file_read(AT_FDCWD, path, FILE_MAX, &text, d)) < 0 ||
	    (r = take_all(buf_bytes(&text), ret, d)) < 0)
		return refuse_file(d, r, path);
	return ERR_OK;
}

/* It may be missing. */
static int
read_dbx(const char *dir, struct buf *ret, struct diag *d)
{
	char path[4096];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/dbx.esl", dir) >=
	    sizeof(path))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", dir);
	r = file_read(AT_FDCWD, path, ret->max, ret, d);
	if (r == ERR_NOT_FOUND)
		return ERR_OK;
	return r < 0 ? refuse_file(d, r, path) : ERR_OK;
}

static int
own_keys(const char *dir, const uint8_t owner[static 16], uint64_t now,
    struct buf *ret, struct diag *d)
{
	CLEANUP(certificates_free) struct certificates pk = { 0 };
	CLEANUP(certificates_free) struct certificates kek = { 0 };
	CLEANUP(certificates_free) struct certificates db = { 0 };
	auto_buf struct buf dbx = BUF_INIT(NVRAM_VARIABLE_MAX);
	auto_buf struct buf blank = BUF_INIT(VM_NVRAM_MAX);
	struct secure_boot_keys keys;
	int r;

	if ((r = read_certificates(dir, "PK", &pk, d)) < 0 ||
	    (r = read_certificates(dir, "KEK", &kek, d)) < 0 ||
	    (r = read_certificates(dir, "db", &db, d)) < 0 ||
	    (r = read_dbx(dir, &dbx, d)) < 0 ||
	    (r = file_read(AT_FDCWD, BLANK, VM_NVRAM_MAX, &blank, d)) < 0)
		return r;
	if (pk.n != 1)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s/PK.crt: one certificate is needed", dir);
	keys = (struct secure_boot_keys){ .pk = pk.list[0],
		.kek = kek.list,
		.n_kek = kek.n,
		.db = db.list,
		.n_db = db.n,
		.dbx = buf_bytes(&dbx) };
	r = nvram_enrol(buf_bytes(&blank), &keys, owner, now, ret, d);
	return r < 0 ? refuse_file(d, r, dir) : ERR_OK;
}

int
secure_boot_volume(const char *which, const uint8_t owner[static 16],
    uint64_t now, struct buf *ret, uint8_t ret_keys[static 32], struct diag *d)
{
	bool microsoft = strcmp(which, SECURE_BOOT_MICROSOFT) == 0;
	int r;

	r = microsoft ? file_read(AT_FDCWD, MICROSOFT, VM_NVRAM_MAX, ret, d)
		      : own_keys(which, owner, now, ret, d);
	if (r < 0)
		return r;
	return nvram_keys_digest(buf_bytes(ret), ret_keys, d);
}

int
secure_boot_blank(struct buf *ret, struct diag *d)
{
	return file_read(AT_FDCWD, BLANK, VM_NVRAM_MAX, ret, d);
}
