/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/ci_pieces.h"

#include <stdio.h>

#include "base/text.h"
#include "crypto/hash.h"

size_t
ci_pieces_count(uint64_t size)
{
	return (size_t)((size + CI_PIECE_SIZE - 1) / CI_PIECE_SIZE);
}

void
ci_piece_key(const uint8_t id[static 32], size_t nth,
    char ret[static STORE_KEY_MAX + 1])
{
	char hex[65];

	hex_format(bytes_of(id, 32), hex);
	(void)snprintf(ret, STORE_KEY_MAX + 1, CI_PIECES_PREFIX "%s.%04zu", hex,
	    nth);
}

int
ci_pieces_read(int store_fd, const struct ci_record *rec, struct buf *ret,
    struct diag *d)
{
	uint8_t id[SHA256_SIZE];
	size_t from = ret->len;
	struct bytes got;
	int r;

	for (size_t i = 0; i < rec->n_pieces; i++) {
		auto_buf struct buf piece = BUF_INIT(STORE_VALUE_MAX);
		char key[STORE_KEY_MAX + 1];
		uint64_t version;

		ci_piece_key(rec->id, i, key);
		r = store_read_raw(store_fd, key, &piece, &version, d);
		if (r < 0)
			return r;
		if (!buf_put(ret, buf_bytes(&piece)))
			return buf_check(ret, key, d);
	}
	got = bytes_of(ret->p + from, ret->len - from);
	sha256(got, id);
	if (got.len != rec->size ||
	    !bytes_equal(BYTES_OF_ARRAY(id), BYTES_OF_ARRAY(rec->id)))
		return diag_fail(d, ERR_FORMAT,
		    "ci/%.*s: its pieces are not what was added",
		    (int)rec->name.len, (const char *)rec->name.p);
	return ERR_OK;
}
