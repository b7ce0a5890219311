/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <fcntl.h>
#include <string.h>

#include "base/reader.h"

#define ANSWER_MAX 4096

int
wire_open(const char *path, struct result *r)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		result_errno(r, path);
	return fd;
}

void
wire_begin(struct buf *b, bool with_auth, uint32_t command)
{
	buf_reset(b);
	buf_put_be16(b, with_auth ? 0x8002 : 0x8001);
	buf_put_be32(b, 0);
	buf_put_be32(b, command);
}

void
wire_no_auth(struct buf *b)
{
	buf_put_be32(b, 9);
	buf_put_be32(b, 0x40000009);
	buf_put_be16(b, 0);
	buf_put_u8(b, 0);
	buf_put_be16(b, 0);
}

uint32_t
wire_send(int fd, struct buf *b, struct buf *ret)
{
	uint8_t answer[ANSWER_MAX];
	struct reader r;
	uint32_t size, code;
	uint16_t tag;
	ssize_t n;

	if (!buf_ok(b) || b->len < 10)
		return WIRE_FAILED;
	b->p[2] = b->p[3] = 0;
	b->p[4] = (uint8_t)(b->len >> 8);
	b->p[5] = (uint8_t)b->len;
	if (write(fd, b->p, b->len) != (ssize_t)b->len)
		return WIRE_FAILED;
	n = read(fd, answer, sizeof(answer));
	if (n < 10)
		return WIRE_FAILED;
	r = reader_of(bytes_of(answer, (size_t)n));
	if (!reader_be16(&r, &tag) || !reader_be32(&r, &size) ||
	    !reader_be32(&r, &code))
		return WIRE_FAILED;
	if (ret != NULL) {
		buf_reset(ret);
		buf_put(ret, bytes_of(answer, (size_t)n));
	}
	return code;
}

static void
take_public(struct wire_key *key, const struct buf *answer, size_t at)
{
	struct reader r = reader_of(buf_bytes(answer));
	struct bytes public;

	key->public_len = 0;
	if (!reader_skip(&r, at) ||
	    !reader_be16_blob(&r, sizeof(key->public), &public))
		return;
	memcpy(key->public, public.p, public.len);
	key->public_len = public.len;
}

uint32_t
wire_create_primary(int fd, uint32_t hierarchy, struct bytes template,
    struct wire_key *ret)
{
	auto_buf struct buf b = BUF_INIT(1024), answer = BUF_INIT(ANSWER_MAX);
	struct reader r;
	uint32_t rc;

	wire_begin(&b, true, TPM_CC_CREATE_PRIMARY);
	buf_put_be32(&b, hierarchy);
	wire_no_auth(&b);
	buf_put_be16(&b, 4); /* inSensitive: no authorisation, no data */
	buf_put_be32(&b, 0);
	buf_put_be16_blob(&b, template);
	buf_put_be16(&b, 0); /* outsideInfo */
	buf_put_be32(&b, 0); /* creationPCR */
	rc = wire_send(fd, &b, &answer);
	if (rc != 0)
		return rc;
	r = reader_of(buf_bytes(&answer));
	if (!reader_skip(&r, 10) || !reader_be32(&r, &ret->handle))
		return WIRE_FAILED;
	take_public(ret, &answer, 18);
	return 0;
}

uint32_t
wire_handle(int fd, uint32_t command, uint32_t handle, struct buf *ret)
{
	auto_buf struct buf b = BUF_INIT(64);

	wire_begin(&b, false, command);
	buf_put_be32(&b, handle);
	return wire_send(fd, &b, ret);
}

uint32_t
wire_read_public(int fd, uint32_t handle, struct wire_key *ret)
{
	auto_buf struct buf answer = BUF_INIT(ANSWER_MAX);
	uint32_t rc = wire_handle(fd, TPM_CC_READ_PUBLIC, handle, &answer);

	if (rc == 0) {
		ret->handle = handle;
		take_public(ret, &answer, 10);
	}
	return rc;
}

uint32_t
wire_zgen(int fd, const struct wire_key *key)
{
	auto_buf struct buf b = BUF_INIT(512);

	/* The public area ends with x and y, 2 + 32 bytes each. */
	if (key->public_len < 68)
		return WIRE_FAILED;
	wire_begin(&b, true, TPM_CC_ECDH_ZGEN);
	buf_put_be32(&b, key->handle);
	wire_no_auth(&b);
	buf_put_be16_blob(&b, bytes_of(key->public + key->public_len - 68, 68));
	return wire_send(fd, &b, NULL);
}

int
wire_count(int fd, uint32_t first)
{
	auto_buf struct buf b = BUF_INIT(64), answer = BUF_INIT(ANSWER_MAX);
	struct reader r;
	uint32_t count;

	wire_begin(&b, false, TPM_CC_CAPABILITY);
	buf_put_be32(&b, 1); /* TPM_CAP_HANDLES */
	buf_put_be32(&b, first);
	buf_put_be32(&b, 64);
	if (wire_send(fd, &b, &answer) != 0)
		return -1;
	r = reader_of(buf_bytes(&answer));
	if (!reader_skip(&r, 15) || !reader_be32(&r, &count))
		return -1;
	return (int)count;
}
