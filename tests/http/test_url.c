/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include "t.h"

static const struct {
	const char *text, *host, *port;
	bool tls;
} good[] = {
	{ "http://hgs.example", "hgs.example", "80", false },
	{ "https://hgs.example/", "hgs.example", "443", true },
	{ "http://10.0.0.1:8080", "10.0.0.1", "8080", false },
	{ "https://[fe80::1]:8443/", "fe80::1", "8443", true },
	{ "http://[::1]", "::1", "80", false },
};

static const char *const bad[] = { "", "hgs.example", "ftp://h", "HTTP://h",
	"http://", "http:///", "http://h:0", "http://h:65536",
	"http://h:", "http://h:1x", "http://h/path", "http://u@h", "http://h?q",
	"http://h#f", "http://[::1", "http://[]", "http://[::1]x", "http://h h",
	"http://h\n", "http://h:1/x/" };

int
main(void)
{
	char text[600] = "http://";
	struct http_url u;
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK(http_url_parse(bytes_of_text(good[i].text), &u, &d) ==
			    ERR_OK &&
			strcmp(u.host, good[i].host) == 0 &&
			strcmp(u.port, good[i].port) == 0 &&
			u.tls == good[i].tls,
		    "%s is read", good[i].text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(http_url_parse(bytes_of_text(bad[i]), &u, &d) < 0,
		    "\"%s\": refused",
		    strchr(bad[i], '\n') ? "line feed" : bad[i]);
	memset(text + 7, 'a', 255);
	CHECK(http_url_parse(bytes_of_text(text), &u, &d) == ERR_OK,
	    "a host of 255 characters passes");
	text[7 + 255] = 'a';
	CHECK(http_url_parse(bytes_of_text(text), &u, &d) < 0,
	    "one more: refused");
	return t_done();
}
