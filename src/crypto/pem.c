/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pem.h"

#include <string.h>

#include "base/text.h"

#define LINE_CHARACTERS 64
#define LINE_BYTES      (LINE_CHARACTERS / 4 * 3)
#define PEM_MAX         ((size_t)1 << 20)

bool
pem_put(struct buf *b, const char *label, struct bytes der)
{
	(void)buf_printf(b, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < der.len; i += LINE_BYTES) {
		size_t n = der.len - i < LINE_BYTES ? der.len - i : LINE_BYTES;

		(void)base64_put(b, bytes_of(der.p + i, n));
		(void)buf_put_u8(b, '\n');
	}
	return buf_printf(b, "-----END %s-----\n", label);
}

/* The next line without its end, CR included; false at the end of the text. */
static bool
next_line(struct bytes *text, struct bytes *ret)
{
	const uint8_t *end;
	size_t len;

	if (text->len == 0)
		return false;
	end = memchr(text->p, '\n', text->len);
	len = end != NULL ? (size_t)(end - text->p) : text->len;
	*ret = bytes_of(text->p, len);
	if (end != NULL)
		len++;
	*text = bytes_of(text->p + len, text->len - len);
	while (ret->len > 0 &&
	    (ret->p[ret->len - 1] == '\r' || ret->p[ret->len - 1] == ' '))
		ret->len--;
	return true;
}

bool
pem_is(struct bytes text)
{
	struct bytes line;

	while (next_line(&text, &line))
		if (line.len > 11 &&
		    bytes_equal_text(bytes_of(line.p, 11), "-----BEGIN "))
			return true;
	return false;
}

int
pem_next(struct bytes *text, const char *label, struct buf *ret, struct diag *d)
{
	auto_buf struct buf base64 = BUF_INIT(PEM_MAX);
	auto_buf struct buf begin = BUF_INIT(128);
	auto_buf struct buf end = BUF_INIT(128);
	struct bytes left = *text, line;
	bool inside = false;
	int r;

	if (!buf_printf(&begin, "-----BEGIN %s-----", label) ||
	    !buf_printf(&end, "-----END %s-----", label))
		return diag_nomem(d);
	while (next_line(&left, &line)) {
		if (!inside) {
			inside = bytes_equal(line, buf_bytes(&begin));
			continue;
		}
		if (!bytes_equal(line, buf_bytes(&end))) {
			(void)buf_put(&base64, line);
			continue;
		}
		if ((r = buf_check(&base64, "PEM", d)) < 0)
			return r;
		if (base64_decode(buf_bytes(&base64), ret, NULL) < 0)
			return diag_fail(d, ERR_FORMAT,
			    "PEM: the block \"%s\" is not base64", label);
		*text = left;
		return ERR_OK;
	}
	if (inside)
		return diag_fail(d, ERR_SHORT, "PEM: \"%s\" does not end",
		    label);
	return diag_fail(d, ERR_NOT_FOUND, "PEM: there is no \"%s\"", label);
}

int
pem_or_der(struct bytes file, const char *label, struct buf *ret,
    struct diag *d)
{
	/* DER of ours starts with a SEQUENCE, and text does not contain it. */
	if (!pem_is(file)) {
		(void)buf_put(ret, file);
		return buf_check(ret, "file", d);
	}
	return pem_next(&file, label, ret, d);
}
