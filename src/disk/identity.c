/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "disk/luks1.h"

static int
read_at(int fd, const char *what, uint8_t *p, size_t n, struct diag *d)
{
	size_t done = 0;
	ssize_t got;

	while (done < n) {
		got = pread(fd, p + done, n - done, (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return diag_errno(d, "%s: cannot read", what);
		if (got == 0)
			return diag_refuse(d, REASON_FileInvalid,
			    "%s: ends at byte %zu, inside its header", what,
			    done);
		done += (size_t)got;
	}
	return ERR_OK;
}

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

int
disk_read_facts(int fd, const char *what, struct disk_facts *ret,
    struct diag *d)
{
	auto_buf struct buf all = BUF_INIT(LUKS1_PAYLOAD_MAX);
	uint8_t head[LUKS1_HEADER_SIZE];
	struct disk_facts facts = { 0 };
	struct luks1 h;
	uint8_t *p;
	int r;

	if ((r = read_at(fd, what, head, sizeof(head), d)) < 0)
		return r;
	if ((r = luks1_parse(BYTES_OF_ARRAY(head), &h, d)) < 0) {
		diag_prefix(d, "%s", what);
		return r;
	}
	p = buf_extend(&all, h.payload);
	if (p == NULL)
		return diag_nomem(d);
	if ((r = read_at(fd, what, p, h.payload, d)) < 0 ||
	    (r = data_size(fd, what, h.payload, &facts.size, d)) < 0)
		return r;
	/* What was judged is what is hashed, whoever writes in between. */
	memcpy(p, head, sizeof(head));
	facts.payload = h.payload;
	memcpy(facts.identity, h.identity, sizeof(facts.identity));
	sha256(buf_bytes(&all), facts.header);
	*ret = facts;
	return ERR_OK;
}
