/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/relay.h"

#include <stdio.h>

#include "base/text.h"
#include "guard/agent/hgs_link.h"
#include "proto/release.h"

static const char *const paths[] = { PATH_ROLL, PATH_CONFIRM, PATH_STOPPED,
	PATH_OPEN };

static const char *
path_of(const struct relay *r)
{
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (bytes_equal_text(r->path, paths[i]))
			return paths[i];
	return NULL;
}

int
relay_check(const struct relay *r, struct diag *d)
{
	if (path_of(r) == NULL)
		return diag_refuse(d, REASON_PermissionDenied,
		    "relay: not a path of the key service");
	return ERR_OK;
}

int
relay_run(void *arg, struct buf *ret, struct diag *d)
{
	const struct relay_job *job = arg;
	const struct relay *q = &job->relay;
	auto_hgs_link struct hgs_link link = { 0 };
	auto_buf struct buf body = BUF_INIT(RELAY_BODY_MAX);
	char time_text[24], request[33], mac[65];
	const struct http_call_field fields[] = { { HEADER_TIME, time_text },
		{ HEADER_REQUEST, request }, { HEADER_MAC, mac } };
	struct relayed out;
	unsigned status;
	int r;

	(void)snprintf(time_text, sizeof(time_text), "%llu",
	    (unsigned long long)q->time);
	hex_format(BYTES_OF_ARRAY(q->request), request);
	hex_format(BYTES_OF_ARRAY(q->mac), mac);
	if ((r = hgs_link_open(job->conf, job->url, &link, d)) < 0 ||
	    (r = hgs_link_call(&link, path_of(q), "application/json", q->body,
		 fields, ARRAY_LEN(fields), &status, &body, d)) < 0)
		return diag_refuse(d, REASON_TransientError,
		    "the HGS cannot be reached");
	out = (struct relayed){ (uint16_t)status, buf_bytes(&body) };
	return fields_encode(&relayed_fields, &out, ret, d);
}
