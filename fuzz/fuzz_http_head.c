/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses; what is found lies within the input. */
#include "fuzz.h"

#include <stdlib.h>

#include "http/head.h"

static void
check_views(const struct http_head *h, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < h->n_fields; i++) {
		struct bytes v = h->fields[i].value;

		if (h->fields[i].name.len == 0 || v.p < p ||
		    v.p + v.len > p + n)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct http_fault fault;
	struct http_head h;
	size_t len;

	if (http_head_scan(bytes_of(p, n), &len, &fault) < 0 || len == 0)
		return 0;
	if (http_head_request(bytes_of(p, len), &h, &fault) == ERR_OK) {
		check_views(&h, p, len);
		(void)http_head_type_is(&h, "application/json");
	}
	if (http_head_response(bytes_of(p, len), &h, &fault) == ERR_OK)
		check_views(&h, p, len);
	return 0;
}
