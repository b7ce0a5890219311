/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static bool
take_prefix(struct bytes *text, const char *prefix)
{
	size_t n = strlen(prefix);

	if (text->len < n || !bytes_equal_text(bytes_of(text->p, n), prefix))
		return false;
	*text = bytes_of(text->p + n, text->len - n);
	return true;
}

static bool
host_char(uint8_t c, bool brackets)
{
	bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');

	if (brackets)
		return hex || c == ':' || c == '.';
	return hex || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    c == '.' || c == '-' || c == '_';
}

int
http_url_parse(struct bytes text, struct http_url *ret, struct diag *d)
{
	struct http_url u = { 0 };
	struct bytes rest = text;
	uint64_t port;
	bool brackets;
	size_t n = 0;
	int r;

	if (take_prefix(&rest, "https://"))
		u.tls = true;
	else if (!take_prefix(&rest, "http://"))
		return diag_fail(d, ERR_USAGE,
		    "url: neither http:// nor https://");
	if (rest.len > 0 && rest.p[rest.len - 1] == '/')
		rest.len--;
	if (rest.len >= sizeof(u.authority) || rest.len == 0)
		return diag_fail(d, ERR_USAGE, "url: no host, or too long");
	memcpy(u.authority, rest.p, rest.len);

	brackets = take_prefix(&rest, "[");
	while (n < rest.len && host_char(rest.p[n], brackets))
		n++;
	if (n == 0 || n >= sizeof(u.host))
		return diag_fail(d, ERR_USAGE, "url: malformed host");
	memcpy(u.host, rest.p, n);
	rest = bytes_of(rest.p + n, rest.len - n);
	if (brackets && !take_prefix(&rest, "]"))
		return diag_fail(d, ERR_USAGE, "url: no ] after the address");
	if (rest.len == 0) {
		(void)snprintf(u.port, sizeof(u.port), u.tls ? "443" : "80");
		*ret = u;
		return ERR_OK;
	}
	if (!take_prefix(&rest, ":"))
		return diag_fail(d, ERR_USAGE,
		    "url: more than scheme, host and port");
	if ((r = number_parse("url: port", rest, 1, 65535, &port, d)) < 0)
		return r;
	(void)snprintf(u.port, sizeof(u.port), "%u", (unsigned)port);
	*ret = u;
	return ERR_OK;
}
