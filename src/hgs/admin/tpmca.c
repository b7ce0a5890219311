/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/admin/tpmca.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/pem.h"
#include "crypto/x509.h"
#include "hgs/admin/change.h"
#include "hgs/common/store_client.h"

#define ROOTS_MAX   64
#define STORAGE_MAX ((size_t)1 << 20)

/* Self-issued ones are roots, the others serve to reach them. */
struct authorities {
	struct buf storage;
	size_t len[ROOTS_MAX];
	size_t n;
	struct bytes roots[ROOTS_MAX], inner[ROOTS_MAX];
	size_t n_roots, n_inner;
};

static int
take_one(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct authorities *x = user;

	(void)name;
	if (x->n == ROOTS_MAX)
		return diag_fail(d, ERR_LIMIT, "more than %d TPM authorities",
		    ROOTS_MAX);
	if (!buf_put(&x->storage, row->value))
		return buf_check(&x->storage, "TPM authorities", d);
	x->len[x->n++] = row->value.len;
	return ERR_OK;
}

static int
sort_out(struct authorities *x, struct diag *d)
{
	size_t at = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct bytes der = bytes_of(x->storage.p + at, x->len[i]);
		struct cert c;
		int r = cert_parse(der, &c, d);

		if (r < 0)
			return r;
		if (bytes_equal(c.issuer, c.subject))
			x->roots[x->n_roots++] = der;
		else
			x->inner[x->n_inner++] = der;
		at += x->len[i];
	}
	return ERR_OK;
}

int
tpmca_verify(const struct admin *a, const struct ek_cert *cert, uint64_t now,
    bool *ret_any, struct diag *d)
{
	struct authorities x = { .storage = BUF_INIT(STORAGE_MAX) };
	size_t n_inner;
	int r;

	if ((r = each_row(a, "tpmca/", take_one, &x, d)) == ERR_OK)
		r = sort_out(&x, d);
	n_inner = x.n_inner < EK_CHAIN_MAX ? x.n_inner : EK_CHAIN_MAX;
	*ret_any = x.n_roots > 0;
	if (r == ERR_OK && x.n_roots > 0)
		r = ek_cert_verify(cert, x.inner, n_inner, x.roots, x.n_roots,
		    now, d);
	buf_free(&x.storage);
	return r;
}

static int
on_add(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(CERT_MAX), old = BUF_INIT(CERT_MAX);
	auto_change struct change c;
	char key[STORE_KEY_MAX + 1], hex[65], undo[128];
	uint8_t digest[SHA256_SIZE];
	struct bytes name;
	struct cert cert;
	uint64_t version;
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = store_key_name(key, "tpmca", name, d)) < 0 ||
	    (r = pem_or_der(buf_bytes(&q->file), PEM_CERTIFICATE, &der, d)) <
		0 ||
	    (r = cert_parse(buf_bytes(&der), &cert, d)) < 0)
		return r;
	if (!cert.is_ca)
		return diag_refuse(d, REASON_FileInvalid,
		    "this certificate is not an authority's");
	if ((r = store_read_raw(a->store_fd, key, &old, &version, d)) < 0)
		return r;
	if (version != 0)
		return diag_refuse(d, REASON_AlreadyExists, "%s is registered",
		    key);
	cert_fingerprint(&cert, digest);
	hex_format(BYTES_OF_ARRAY(digest), hex);
	if ((r = change_put_raw(&c, key, 0, buf_bytes(&der), d)) < 0 ||
	    (r = change_commit(&c, EPOCH_STAYS, name, hex, ret, d)) < 0)
		return r;
	answer_line(ret, "fingerprint: %s", hex);
	(void)snprintf(undo, sizeof(undo), "hgsctl tpmca remove %.*s",
	    (int)name.len, (const char *)name.p);
	answer_changed(ret, undo, "TPM authority %.*s is registered",
	    (int)name.len, (const char *)name.p);
	return ERR_OK;
}

static int
list_one(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct answer *ret = user;
	struct json_out *o = answer_data(ret);
	uint8_t digest[SHA256_SIZE];
	struct cert cert;
	char hex[65], ends[24];
	int r = cert_parse(row->value, &cert, d);

	if (r < 0)
		return r;
	cert_fingerprint(&cert, digest);
	hex_format(BYTES_OF_ARRAY(digest), hex);
	answer_line(ret, "%-24.*s %s ends %s  %.*s", (int)name.len,
	    (const char *)name.p, hex, time_text(cert.not_after, ends),
	    (int)cert.common_name.len, (const char *)cert.common_name.p);
	json_out_begin_object(o);
	json_out_put_text(o, "name", name);
	json_out_put_string(o, "fingerprint", hex);
	json_out_put_number(o, "not_after", cert.not_after);
	json_out_put_text(o, "subject", cert.common_name);
	json_out_end_object(o);
	return ERR_OK;
}

static int
on_list(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	int r;

	(void)q;
	json_out_key(answer_data(ret), "authorities");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "tpmca/", list_one, ret, d);
	json_out_end_array(answer_data(ret));
	return r;
}

static int
on_remove(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf old = BUF_INIT(CERT_MAX);
	auto_change struct change c;
	char key[STORE_KEY_MAX + 1];
	struct bytes name;
	uint64_t version;
	int r;

	change_init(&c, a, q);
	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = store_key_name(key, "tpmca", name, d)) < 0 ||
	    (r = store_read_raw(a->store_fd, key, &old, &version, d)) < 0)
		return r;
	if (version == 0)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no such authority",
		    key);
	if ((r = change_remove(&c, key, version, d)) < 0 ||
	    (r = change_commit(&c, EPOCH_STAYS, name, "", ret, d)) < 0)
		return r;
	answer_line(ret, "hosts that it vouched for stay registered");
	answer_changed(ret, "hgsctl tpmca add NAME FILE",
	    "TPM authority %.*s is removed", (int)name.len,
	    (const char *)name.p);
	return ERR_OK;
}

const struct admin_command tpmca_commands[] = {
	{ "tpmca add", { "NAME", "FILE" }, true, on_add },
	{ "tpmca list", { NULL }, false, on_list },
	{ "tpmca remove", { "NAME" }, true, on_remove },
	{ NULL },
};
