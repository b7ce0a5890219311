/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/hgs_link.h"

#include "base/text.h"
#include "http/tls.h"
#include "http/url.h"

void
hgs_link_close(struct hgs_link *l)
{
	http_client_free(l->client);
	http_tls_free(l->tls);
	*l = (struct hgs_link){ 0 };
}

int
hgs_link_open(const struct guard_conf *conf, const char *url,
    struct hgs_link *ret, struct diag *d)
{
	auto_hgs_link struct hgs_link l = { 0 };
	struct http_url u;
	uint8_t pin[32];
	int r;

	if ((r = http_url_parse(bytes_of_text(url), &u, d)) < 0)
		return r;
	if (u.tls) {
		bool pinned = conf->pin[0] != '\0';

		if (pinned &&
		    (r = hex_decode_fixed(bytes_of_text(conf->pin), pin,
			 sizeof(pin), d)) < 0) {
			diag_prefix(d, "guard.conf: [hgs] pin");
			return r;
		}
		r = http_tls_client(pinned ? pin : NULL,
		    "/etc/ssl/certs/ca-certificates.crt", &l.tls, d);
		if (r < 0)
			return r;
	}
	if ((r = http_client_new(&u, l.tls, &l.client, d)) < 0)
		return r;
	*ret = l;
	l = (struct hgs_link){ 0 };
	return ERR_OK;
}

int
hgs_link_call(struct hgs_link *l, const char *path, const char *type,
    struct bytes body, const struct http_call_field *fields, size_t n_fields,
    unsigned *ret_status, struct buf *ret_body, struct diag *d)
{
	struct http_call call = {
		.method = type == NULL ? "GET" : "POST",
		.path = path,
		.type = type,
		.body = body,
		.fields = fields,
		.n_fields = n_fields,
		.timeout_ms = HGS_CALL_MS,
	};
	struct http_result result;
	int r;

	if ((r = http_client_call(l->client, &call, &result, ret_body, d)) < 0)
		return r;
	*ret_status = result.status;
	return ERR_OK;
}
