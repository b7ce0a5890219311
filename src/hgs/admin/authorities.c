/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/admin/authorities.h"

#include "hgs/common/store_client.h"

#define STORAGE_MAX ((size_t)1 << 20)

void
authorities_free(struct authorities *x)
{
	buf_free(&x->storage);
}

struct loading {
	struct bytes without;
	struct buf *storage;
};

static int
take_record(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct loading *l = user;

	if (bytes_equal(name, l->without))
		return ERR_OK;
	if (!buf_put(l->storage, row->value))
		return buf_check(l->storage, "TPM authorities", d);
	return ERR_OK;
}

int
authorities_load(const struct admin *a, struct bytes without,
    struct authorities *ret, struct diag *d)
{
	struct loading l = { without, &ret->storage };
	struct bytes rest, der;
	int r;

	*ret = (struct authorities){ .storage = BUF_INIT(STORAGE_MAX) };
	if ((r = each_row(a, "tpmca/", take_record, &l, d)) < 0)
		return r;
	rest = buf_bytes(&ret->storage);
	while (ek_authority_next(&rest, &der)) {
		if (ret->n == EK_ANCHORS_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "more than %d TPM authorities", EK_ANCHORS_MAX);
		ret->der[ret->n++] = der;
	}
	if (rest.len != 0)
		return diag_fail(d, ERR_FORMAT,
		    "TPM authorities: %zu bytes left over", rest.len);
	return ERR_OK;
}

int
authorities_verify(const struct authorities *x, const struct ek_cert *cert,
    uint64_t now, bool *ret_any, struct diag *d)
{
	*ret_any = x->n > 0;
	if (x->n == 0)
		return ERR_OK;
	return ek_cert_verify(cert, NULL, 0, x->der, x->n, now, d);
}
