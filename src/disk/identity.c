/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "disk/luks1.h"

#define CHUNK ((size_t)64 << 10)

static int
data_size(int fd, const char *what, uint32_t payload, uint64_t *ret,
    struct diag *d)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		return diag_errno(d, "%s", what);
	if ((uint64_t)end <= payload ||
	    ((uint64_t)end - payload) % LUKS1_SECTOR != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: no whole sectors after its header", what);
	*ret = (uint64_t)end - payload;
	return ERR_OK;
}

/* What was judged is what is hashed, whoever writes in between. */
static int
digest_header(int fd, const char *what, struct bytes judged, size_t size,
    uint8_t ret[static SHA256_SIZE], struct diag *d)
{
	auto_hash struct hash *h = hash_new(HASH_SHA256);
	auto_buf struct buf chunk = BUF_INIT(CHUNK);
	uint8_t *p = buf_extend(&chunk, CHUNK);
	size_t n;
	int r;

	if (p == NULL)
		return diag_nomem(d);
	hash_update(h, judged);
	for (size_t at = judged.len; at < size; at += n) {
		n = size - at < CHUNK ? size - at : CHUNK;
		if ((r = file_read_at(fd, what, at, p, n, d)) < 0)
			return r;
		hash_update(h, bytes_of(p, n));
	}
	hash_final(h, ret);
	return ERR_OK;
}

int
disk_read_facts(int fd, const char *what, struct disk_facts *ret,
    struct diag *d)
{
	uint8_t head[LUKS1_HEADER_SIZE];
	struct disk_facts facts = { 0 };
	struct luks1 h;
	int r;

	if ((r = file_read_at(fd, what, 0, head, sizeof(head), d)) < 0)
		return r;
	if ((r = luks1_parse(BYTES_OF_ARRAY(head), &h, d)) < 0) {
		diag_prefix(d, "%s", what);
		return r;
	}
	if ((r = digest_header(fd, what, BYTES_OF_ARRAY(head), h.payload,
		 facts.header, d)) < 0 ||
	    (r = data_size(fd, what, h.payload, &facts.size, d)) < 0)
		return r;
	facts.payload = h.payload;
	memcpy(facts.identity, h.identity, sizeof(facts.identity));
	*ret = facts;
	return ERR_OK;
}
