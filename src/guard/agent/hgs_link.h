/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the HGS's HTTP interface by guardd: message in, message out.
 */
#ifndef GUARD_AGENT_HGS_LINK_H
#define GUARD_AGENT_HGS_LINK_H

#include "base/field.h"
#include "guard/common/guard_conf.h"
#include "http/client.h"

#define HGS_CALL_MS   15000
#define HGS_REPLY_MAX ((size_t)512 << 10)

struct hgs_link {
	struct http_tls *tls;
	struct http_client *client;
};

void hgs_link_close(struct hgs_link *l);
#define auto_hgs_link CLEANUP(hgs_link_close)
MUST_CHECK int hgs_link_open(const struct guard_conf *conf, const char *url,
    struct hgs_link *ret, struct diag *d);

/* type NULL: GET. Status and body as they came. */
MUST_CHECK int hgs_link_call(struct hgs_link *l, const char *path,
    const char *type, struct bytes body, const struct http_call_field *fields,
    size_t n_fields, unsigned *ret_status, struct buf *ret_body,
    struct diag *d);

#endif
