/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A baseline that comes into the store, from a file or from a difference.
 */
#include "hgs/admin/baseline.h"

#include <stdio.h>

#include "base/text.h"
#include "hgs/common/store_client.h"
#include "policy/variance.h"

int
baseline_put(struct change *c, struct bytes name, struct baseline *b,
    uint8_t ret_id[static SHA256_SIZE], struct diag *d)
{
	auto_buf struct buf file = BUF_INIT(BASELINE_FILE_MAX);
	char key[STORE_KEY_MAX + 1];
	struct baseline_record rec = { .version = RECORD_VERSION,
		.name = name,
		.added = c->request->now };
	int r;

	/* Verdicts name it as the store does. */
	b->name = name;
	if ((r = baseline_check_room(c->admin, d)) < 0 ||
	    (r = baseline_encode(b, &file, d)) < 0 ||
	    (r = store_key_name(key, "baseline", name, d)) < 0)
		return r;
	baseline_id(buf_bytes(&file), ret_id);
	rec.file = buf_bytes(&file);
	return change_put(c, key, 0, &baseline_record_fields, &rec, d);
}

int
baseline_check_absent(const struct admin *a, struct bytes name, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(STORE_VALUE_MAX);
	char key[STORE_KEY_MAX + 1];
	uint64_t version;
	int r;

	if ((r = store_key_name(key, "baseline", name, d)) < 0 ||
	    (r = store_read_raw(a->store_fd, key, &b, &version, d)) < 0)
		return r;
	if (version != 0)
		return diag_refuse(d, REASON_AlreadyExists, "%s is registered",
		    key);
	return ERR_OK;
}

int
baseline_tell_variances(const struct baseline *b, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(BASELINE_FILE_MAX);
	struct json_out *o = answer_data(ret);
	struct bytes rest, line;

	(void)variance_put(&text, b);
	json_out_key(o, "varies");
	json_out_begin_array(o);
	rest = buf_bytes(&text);
	while (text_next_line(&rest, &line)) {
		answer_line(ret, "varies: %.*s", (int)line.len,
		    (const char *)line.p);
		json_out_text(o, line);
	}
	json_out_end_array(o);
	return buf_check(&text, "baseline", d);
}

int
baseline_finish_add(struct change *c, struct bytes name, const uint8_t *id,
    const char *how, struct answer *ret, struct diag *d)
{
	char hex[65], detail[200], undo[128];
	int r;

	hex_format(bytes_of(id, SHA256_SIZE), hex);
	(void)snprintf(detail, sizeof(detail), "id=%s %s", hex, how);
	if ((r = change_commit(c, EPOCH_NEXT, name, detail, ret, d)) < 0)
		return r;
	json_out_put_string(answer_data(ret), "id", hex);
	answer_line(ret, "id: %s", hex);
	(void)snprintf(undo, sizeof(undo), "hgsctl baseline remove %.*s",
	    (int)name.len, (const char *)name.p);
	answer_changed(ret, undo, "baseline %.*s is registered", (int)name.len,
	    (const char *)name.p);
	return ERR_OK;
}
