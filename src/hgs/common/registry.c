/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/registry.h"

#include <string.h>

#include "hgs/common/store_client.h"

int
registry_find(int store_fd, const uint8_t host_id[static 32],
    struct buf *storage, struct host_record *ret, struct diag *d)
{
	auto_buf struct buf name = BUF_INIT(STORE_VALUE_MAX);
	char key[STORE_KEY_MAX + 1];
	struct bytes id = bytes_of(host_id, 32);
	uint64_t version;
	int r;

	store_key_hex(key, "hostid", &id, 1);
	if ((r = store_read_raw(store_fd, key, &name, &version, d)) < 0)
		return r;
	if (version == 0)
		return diag_refuse(d, REASON_UnauthorizedHost,
		    "this endorsement key is not registered");
	if ((r = store_key_name(key, "host", buf_bytes(&name), d)) < 0)
		return r;
	r = store_read(store_fd, key, &host_record_fields, storage, ret,
	    &version, d);
	if (r < 0)
		return r;
	/* Index and record are changed in one commit; a mismatch is not a host.*/
	if (version == 0 || !bytes_equal(BYTES_OF_ARRAY(ret->host_id), id))
		return diag_refuse(d, REASON_UnauthorizedHost,
		    "this endorsement key is not registered");
	return ERR_OK;
}
