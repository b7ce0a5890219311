/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HGS seen from this host, asked directly: without guardd, and without
 * telling it anything about the host.
 */
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "ctl/guardctl/checks.h"
#include "http/client.h"
#include "proto/attest.h"
#include "json/json.h"

#define ASK_MS    10000
#define INFO_MAX  8192
#define CA_FILE   "/etc/ssl/certs/ca-certificates.crt"
#define INFO_PATH "/Attestation/GetInfo"
/* What the key service lets pass (hgs/key). */
#define SKEW_MAX 120

static int
make_tls(const struct host *h, struct http_tls **ret, struct diag *d)
{
	bool pinned = h->conf.pin[0] != '\0';
	uint8_t pin[HTTP_PIN_SIZE];

	if (pinned &&
	    hex_decode_fixed(bytes_of_text(h->conf.pin), pin, sizeof(pin), d) <
		0) {
		diag_prefix(d, "guard.conf: [hgs] pin");
		return ERR_USAGE;
	}
	return http_tls_client(pinned ? pin : NULL, CA_FILE, ret, d);
}

static int
get_info(const struct host *h, const char *url, struct buf *ret, struct diag *d)
{
	const struct http_call call = { .method = "GET",
		.path = INFO_PATH,
		.timeout_ms = ASK_MS };
	auto_http_tls struct http_tls *tls = NULL;
	auto_http_client struct http_client *client = NULL;
	struct http_result result;
	struct http_url u;
	int r;

	if ((r = http_url_parse(bytes_of_text(url), &u, d)) < 0 ||
	    (u.tls && (r = make_tls(h, &tls, d)) < 0) ||
	    (r = http_client_new(&u, tls, &client, d)) < 0 ||
	    (r = http_client_call(client, &call, &result, ret, d)) < 0)
		return r;
	if (result.status != 200)
		return diag_fail(d, ERR_PROTOCOL, "%s: HTTP status %u",
		    INFO_PATH, result.status);
	return ERR_OK;
}

static void
check_clock(uint64_t theirs, struct report *r)
{
	uint64_t ours = (uint64_t)time(NULL);
	uint64_t apart = theirs > ours ? theirs - ours : ours - theirs;

	if (apart > SKEW_MAX)
		report_failed(r, "clock", REASON_RequestStale, NULL,
		    "%llu seconds from the HGS's, of which %d may be",
		    (unsigned long long)apart, SKEW_MAX);
	else
		report_ok(r, "clock", "%llu seconds from the HGS's",
		    (unsigned long long)apart);
}

static void
check_url(const struct host *h, const char *check, const char *url,
    struct report *r)
{
	auto_buf struct buf body = BUF_INIT(INFO_MAX);
	struct json_doc *doc = NULL;
	struct attest_info info;
	struct diag why = { 0 };
	int rc = get_info(h, url, &body, &why);

	if (rc == ERR_OK)
		rc = json_decode(buf_bytes(&body), &attest_info_fields, &info,
		    &doc, &why);
	if (rc < 0) {
		diag_prefix(&why, "%s", url);
		report_diag(r, check, &why,
		    "Check address, network and firewall, and that hgsd runs "
		    "and is unlocked.");
		return;
	}
	report_ok(r, check, "%s is %.*s, mode %.*s", url, (int)info.service.len,
	    (const char *)info.service.p, (int)info.mode.len,
	    (const char *)info.mode.p);
	check_clock(info.time, r);
	json_doc_free(doc);
}

void
check_hgs(const struct host *h, struct report *r)
{
	if (h->conf.url[0] != '\0')
		check_url(h, "hgs", h->conf.url, r);
	if (h->conf.fallback[0] != '\0')
		check_url(h, "fallback hgs", h->conf.fallback, r);
}
