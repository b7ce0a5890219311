/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/store_client.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static int
call(int fd, uint16_t op, const struct fields *f, const void *request,
    struct buf *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	int r;

	if ((r = fields_encode(f, request, &body, d)) < 0)
		return r;
	r = channel_call(fd, op, buf_bytes(&body), NULL, 0, STORE_CALL_MS, ret,
	    NULL, d);
	/* The caller cannot go on without its store: it is not the asker's fault.*/
	if (r == ERR_TIMEOUT || r == ERR_PROTOCOL || r == ERR_IO)
		return diag_refuse(d, REASON_TransientError,
		    "the store does not answer");
	return r;
}

static int
get_value(int fd, const char *key, struct buf *storage, struct store_value *ret,
    struct diag *d)
{
	struct store_get get = { bytes_of_text(key) };
	int r;

	buf_reset(storage);
	r = call(fd, HGS_OP_GET, &store_get_fields, &get, storage, d);
	if (r < 0)
		return r;
	return fields_decode(&store_value_fields, buf_bytes(storage), ret, d);
}

int
store_read(int fd, const char *key, const struct fields *f, struct buf *storage,
    void *ret, uint64_t *ret_version, struct diag *d)
{
	struct store_value v;
	int r;

	if ((r = get_value(fd, key, storage, &v, d)) < 0)
		return r;
	if (v.version == 0)
		memset(ret, 0, f->size);
	else if ((r = fields_decode(f, v.value, ret, d)) < 0) {
		diag_prefix(d, "store: %s", key);
		return r;
	}
	if (ret_version != NULL)
		*ret_version = v.version;
	return ERR_OK;
}

int
store_read_raw(int fd, const char *key, struct buf *ret, uint64_t *ret_version,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct store_value v;
	int r;

	if ((r = get_value(fd, key, &storage, &v, d)) < 0)
		return r;
	if (!buf_put(ret, v.value))
		return buf_check(ret, key, d);
	*ret_version = v.version;
	return ERR_OK;
}

int
store_list(int fd, const char *prefix, struct bytes after, struct buf *storage,
    struct store_page *ret, struct diag *d)
{
	struct store_range range = { bytes_of_text(prefix), after,
		STORE_PAGE_MAX };
	int r;

	buf_reset(storage);
	r = call(fd, HGS_OP_RANGE, &store_range_fields, &range, storage, d);
	if (r < 0)
		return r;
	return fields_decode(&store_page_fields, buf_bytes(storage), ret, d);
}

int
store_write(int fd, const struct store_commit *c, struct audit_receipt *ret,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX);
	struct store_committed done;
	int r;

	r = call(fd, HGS_OP_COMMIT, &store_commit_fields, c, &storage, d);
	if (r < 0)
		return r;
	r = fields_decode(&store_committed_fields, buf_bytes(&storage), &done,
	    d);
	if (r < 0)
		return r;
	if (ret != NULL)
		*ret = done.receipt;
	return ERR_OK;
}

void
store_key_hex(char *key, const char *bucket, const struct bytes *parts,
    size_t n)
{
	size_t at = strlen(bucket);

	memcpy(key, bucket, at);
	key[at++] = '/';
	for (size_t i = 0; i < n; i++) {
		BUG_ON(at + 2 * parts[i].len > STORE_KEY_MAX);
		hex_format(parts[i], key + at);
		at += 2 * parts[i].len;
	}
}

int
store_key_name(char *key, const char *bucket, struct bytes name, struct diag *d)
{
	int r;

	if ((r = name_check(bucket, name, d)) < 0)
		return r;
	(void)snprintf(key, STORE_KEY_MAX + 1, "%s/%.*s", bucket, (int)name.len,
	    (const char *)name.p);
	return ERR_OK;
}
