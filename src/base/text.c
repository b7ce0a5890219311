/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool
hex_put(struct buf *b, struct bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!buf_put_u8(b, (uint8_t)hex_digits[in.p[i] >> 4]) ||
		    !buf_put_u8(b, (uint8_t)hex_digits[in.p[i] & 15]))
			return false;
	return true;
}

void
hex_format(struct bytes in, char *text)
{
	for (size_t i = 0; i < in.len; i++) {
		*text++ = hex_digits[in.p[i] >> 4];
		*text++ = hex_digits[in.p[i] & 15];
	}
	*text = '\0';
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
hex_check(struct bytes text, struct diag *d)
{
	if (text.len % 2 != 0)
		return diag_fail(d, ERR_FORMAT, "hex: odd length %zu",
		    text.len);
	for (size_t i = 0; i < text.len; i++)
		if (hex_value(text.p[i]) < 0)
			return diag_fail(d, ERR_FORMAT,
			    "hex: no hex digit at character %zu", i);
	return ERR_OK;
}

static void
hex_convert(struct bytes checked, uint8_t *ret)
{
	for (size_t i = 0; i < checked.len / 2; i++)
		ret[i] = (uint8_t)(hex_value(checked.p[2 * i]) << 4 |
		    hex_value(checked.p[2 * i + 1]));
}

int
hex_decode(struct bytes text, struct buf *ret, struct diag *d)
{
	uint8_t *p;
	int r;

	if ((r = hex_check(text, d)) < 0)
		return r;
	p = buf_extend(ret, text.len / 2);
	if (p == NULL)
		return buf_check(ret, "hex", d);
	hex_convert(text, p);
	return ERR_OK;
}

int
hex_decode_fixed(struct bytes text, uint8_t *ret, size_t n, struct diag *d)
{
	int r;

	if (text.len != 2 * n)
		return diag_fail(d, ERR_FORMAT, "hex: %zu characters, not %zu",
		    text.len, 2 * n);
	if ((r = hex_check(text, d)) < 0)
		return r;
	hex_convert(text, ret);
	return ERR_OK;
}

bool
base64_put(struct buf *b, struct bytes in)
{
	for (size_t i = 0; i < in.len; i += 3) {
		size_t n = in.len - i < 3 ? in.len - i : 3;
		uint32_t v = (uint32_t)in.p[i] << 16;
		uint8_t *q = buf_extend(b, 4);

		if (q == NULL)
			return false;
		if (n > 1)
			v |= (uint32_t)in.p[i + 1] << 8;
		if (n > 2)
			v |= in.p[i + 2];
		q[0] = (uint8_t)base64_digits[v >> 18 & 63];
		q[1] = (uint8_t)base64_digits[v >> 12 & 63];
		q[2] = (uint8_t)(n > 1 ? base64_digits[v >> 6 & 63] : '=');
		q[3] = (uint8_t)(n > 2 ? base64_digits[v & 63] : '=');
	}
	return buf_ok(b);
}

static int
base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
base64_decode(struct bytes text, struct buf *ret, struct diag *d)
{
	size_t pad = 0, out;
	uint8_t *q;

	if (text.len % 4 != 0)
		return diag_fail(d, ERR_FORMAT,
		    "base64: length %zu is not a multiple of 4", text.len);
	while (pad < 2 && pad < text.len && text.p[text.len - 1 - pad] == '=')
		pad++;
	out = text.len / 4 * 3 - pad;
	q = buf_extend(ret, out);
	if (q == NULL)
		return buf_check(ret, "base64", d);
	for (size_t i = 0, o = 0; i < text.len; i += 4) {
		uint32_t v = 0;

		for (size_t j = 0; j < 4; j++) {
			bool is_pad = i + j >= text.len - pad;
			int x = is_pad ? 0 : base64_value(text.p[i + j]);

			if (x < 0) {
				ret->len -= out;
				return diag_fail(d, ERR_FORMAT,
				    "base64: bad character at %zu", i + j);
			}
			v = v << 6 | (uint32_t)x;
		}
		/* One value, one text: the bits under the padding are zero. */
		if (i + 4 == text.len &&
		    ((pad == 1 && (v & 0xff) != 0) ||
			(pad == 2 && (v & 0xffff) != 0))) {
			ret->len -= out;
			return diag_fail(d, ERR_FORMAT,
			    "base64: not canonical at its end");
		}
		for (size_t j = 0; j < 3 && o < out; j++)
			q[o++] = (uint8_t)(v >> (16 - 8 * j));
	}
	return ERR_OK;
}

int
number_parse(const char *what, struct bytes text, uint64_t min, uint64_t max,
    uint64_t *ret, struct diag *d)
{
	uint64_t v = 0;
	bool ok = text.len > 0 && !(text.len > 1 && text.p[0] == '0');

	for (size_t i = 0; ok && i < text.len; i++)
		ok = text.p[i] >= '0' && text.p[i] <= '9' &&
		    !__builtin_mul_overflow(v, 10U, &v) &&
		    !__builtin_add_overflow(v, (uint64_t)(text.p[i] - '0'), &v);
	if (!ok || v < min || v > max) {
		char shown[48];

		text_escape(text, shown, sizeof(shown));
		return diag_fail(d, ERR_USAGE, "%s: %s is not %llu-%llu", what,
		    shown, (unsigned long long)min, (unsigned long long)max);
	}
	*ret = v;
	return ERR_OK;
}

int
duration_parse(const char *what, struct bytes text, uint64_t *ret_seconds,
    struct diag *d)
{
	uint64_t unit = 0, v;
	struct bytes digits = text;
	int r;

	if (text.len > 1) {
		digits.len--;
		switch (text.p[digits.len]) {
		case 's':
			unit = 1;
			break;
		case 'm':
			unit = 60;
			break;
		case 'h':
			unit = 3600;
			break;
		case 'd':
			unit = 86400;
			break;
		default:
			break;
		}
	}
	if (unit == 0)
		return diag_fail(d, ERR_USAGE,
		    "%s: not a duration such as 30s, 5m, 8h, 2d", what);
	if ((r = number_parse(what, digits, 0, UINT32_MAX, &v, d)) < 0)
		return r;
	*ret_seconds = v * unit;
	return ERR_OK;
}

bool
name_valid(struct bytes name)
{
	if (name.len < 1 || name.len > NAME_MAX_LEN || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '.' || c == '_' ||
			c == '-'))
			return false;
	}
	/* An option by mistake is not a name. */
	return name.p[0] != '-';
}

int
name_check(const char *what, struct bytes name, struct diag *d)
{
	char shown[80];

	if (name_valid(name))
		return ERR_OK;
	text_escape(name, shown, sizeof(shown));
	return diag_fail(d, ERR_USAGE,
	    "%s: '%s' is not a name (1-63 of A-Z a-z 0-9 . _ -, "
	    "starting with a letter, digit or _)",
	    what, shown);
}

/* Length of the UTF-8 character at p, 0 when malformed; its value in *cp. */
static size_t
utf8_next(const uint8_t *p, size_t left, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n;

	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	n = (p[0] & 0xe0) == 0xc0   ? 2
	    : (p[0] & 0xf0) == 0xe0 ? 3
	    : (p[0] & 0xf8) == 0xf0 ? 4
				    : 0;
	if (n == 0 || n > left)
		return 0;
	*cp = p[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3fU);
	}
	if (*cp < least[n] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

bool
text_printable(struct bytes text)
{
	uint32_t cp;
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		n = utf8_next(text.p + i, text.len - i, &cp);
		if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return false;
	}
	return true;
}

bool
text_put_escaped(struct buf *b, struct bytes text, size_t max)
{
	size_t used = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';
		size_t n = plain ? 1 : 4;

		if (used + n > max)
			return buf_put_text(b, "...");
		used += n;
		if (plain ? !buf_put_u8(b, c) : !buf_printf(b, "\\x%02x", c))
			return false;
	}
	return buf_ok(b);
}

void
text_escape(struct bytes text, char *ret, size_t size)
{
	auto_buf struct buf b = BUF_INIT(size + 16);

	BUG_ON(size < 8);
	(void)text_put_escaped(&b, text, size - 4);
	BUG_ON(b.len >= size);
	if (b.len != 0)
		memcpy(ret, b.p, b.len);
	ret[b.len] = '\0';
}

void
time_format(uint64_t seconds, char ret[static TIME_TEXT_SIZE])
{
	time_t t = seconds > 253402300799U ? 253402300799 : (time_t)seconds;
	struct tm tm;

	BUG_ON(gmtime_r(&t, &tm) == NULL);
	BUG_ON(strftime(ret, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0);
}

int
time_parse(struct bytes text, uint64_t *ret, struct diag *d)
{
	char copy[TIME_TEXT_SIZE], again[TIME_TEXT_SIZE];
	struct tm tm = { 0 };
	const char *end;
	time_t t;

	if (text.len != sizeof(copy) - 1)
		return diag_fail(d, ERR_FORMAT,
		    "time: not YYYY-MM-DDThh:mm:ssZ");
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	end = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &tm);
	t = end != NULL && *end == '\0' ? timegm(&tm) : -1;
	if (t >= 0)
		time_format((uint64_t)t, again);
	if (t < 0 || !bytes_equal_text(text, again))
		return diag_fail(d, ERR_FORMAT,
		    "time: not YYYY-MM-DDThh:mm:ssZ");
	*ret = (uint64_t)t;
	return ERR_OK;
}

char *
text_dup(struct bytes text)
{
	char *p;

	if (text.len != 0 && memchr(text.p, '\0', text.len) != NULL)
		return NULL;
	p = malloc(text.len + 1);
	if (p == NULL)
		return NULL;
	if (text.len != 0)
		memcpy(p, text.p, text.len);
	p[text.len] = '\0';
	return p;
}

bool
text_next_line(struct bytes *rest, struct bytes *ret)
{
	const uint8_t *end =
	    rest->len != 0 ? memchr(rest->p, '\n', rest->len) : NULL;
	size_t n = end != NULL ? (size_t)(end - rest->p) : rest->len;

	if (rest->len == 0)
		return false;
	*ret = bytes_of(rest->p, n);
	n += end != NULL ? 1 : 0;
	*rest = bytes_of(rest->p + n, rest->len - n);
	return true;
}
