/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm list, show, allow: what hgs-key remembers of protectors.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/admin/change.h"
#include "hgs/common/store_client.h"

#define VM_ID_LEN 128 /* hex of owner 32, family 16, VM id 16 */

static const char *
state_of(const struct vm_record *v, uint64_t now)
{
	if (!v->running)
		return "stopped";
	return v->lease_end > now ? "running" : "lost";
}

struct listing {
	struct answer *ret;
	uint64_t now;
};

static int
list_one(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct listing *l = user;
	struct json_out *o = answer_data(l->ret);
	struct vm_record v;
	char id[33], host[65], when[24];
	int r = fields_decode(&vm_record_fields, row->value, &v, d);

	if (r < 0)
		return r;
	hex_format(BYTES_OF_ARRAY(v.vm_id), id);
	hex_format(BYTES_OF_ARRAY(v.host_id), host);
	answer_line(l->ret, "%s %-8s generation %llu, host %.16s, %s", id,
	    state_of(&v, l->now), (unsigned long long)v.generation, host,
	    time_text(v.changed, when));
	json_out_begin_object(o);
	json_out_put_text(o, "id", name);
	json_out_put_string(o, "vm_id", id);
	json_out_put_string(o, "state", state_of(&v, l->now));
	json_out_put_string(o, "host_id", host);
	json_out_put_number(o, "generation", v.generation);
	json_out_put_number(o, "changed", v.changed);
	json_out_end_object(o);
	return ERR_OK;
}

static int
on_list(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct listing l = { ret, q->now };
	int r;

	json_out_key(answer_data(ret), "vms");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "vm/", list_one, &l, d);
	json_out_end_array(answer_data(ret));
	return r;
}

/* By the VM's id (32 hex digits) or the whole key (128). */
struct search {
	struct bytes id;
	char key[STORE_KEY_MAX + 1];
	struct buf value;
	uint64_t version;
	unsigned n;
};

static int
match_one(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct search *s = user;
	struct bytes tail = name;

	if (s->id.len < name.len)
		tail = bytes_of(name.p + name.len - s->id.len, s->id.len);
	if (!bytes_equal(tail, s->id))
		return ERR_OK;
	s->n++;
	(void)snprintf(s->key, sizeof(s->key), "vm/%.*s", (int)name.len,
	    (const char *)name.p);
	buf_reset(&s->value);
	s->version = row->version;
	return buf_put(&s->value, row->value) ? ERR_OK : diag_nomem(d);
}

static int
find_vm(const struct admin *a, const struct request *q, struct search *s,
    struct vm_record *ret, struct diag *d)
{
	int r;

	*s = (struct search){ .value = BUF_INIT(STORE_VALUE_MAX) };
	if ((r = request_text(q, "ID", &s->id, d)) < 0)
		return r;
	if (s->id.len != 32 && s->id.len != VM_ID_LEN)
		return diag_fail(d, ERR_USAGE,
		    "ID: 32 or 128 hex digits, see 'hgsctl vm list'");
	if ((r = each_row(a, "vm/", match_one, s, d)) < 0)
		return r;
	if (s->n == 0)
		return diag_refuse(d, REASON_VmUnknown,
		    "this HGS has no memory of this VM");
	if (s->n > 1)
		return diag_fail(d, ERR_USAGE,
		    "ID: more than one VM has it: give all 128 digits");
	return fields_decode(&vm_record_fields, buf_bytes(&s->value), ret, d);
}

static int
on_show(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct json_out *o = answer_data(ret);
	struct vm_record v;
	struct search s;
	char hex[65], when[24];
	int r = find_vm(a, q, &s, &v, d);

	if (r == ERR_OK) {
		hex_format(BYTES_OF_ARRAY(v.owner), hex);
		answer_line(ret, "owner:      %s", hex);
		json_out_put_string(o, "owner", hex);
		hex_format(BYTES_OF_ARRAY(v.confirmed), hex);
		answer_line(ret, "state:      %s%s", state_of(&v, q->now),
		    v.running || v.clean ? "" : " (not cleanly)");
		answer_line(ret, "seal:       %s", hex);
		json_out_put_string(o, "seal", hex);
		hex_format(BYTES_OF_ARRAY(v.host_id), hex);
		answer_line(ret, "host:       %s", hex);
		answer_line(ret, "generation: %llu",
		    (unsigned long long)v.generation);
		answer_line(ret, "lease ends: %s",
		    time_text(v.lease_end, when));
		answer_line(ret, "changed:    %s", time_text(v.changed, when));
		answer_line(ret, "pending:    %zu", v.n_pending);
		json_out_put_string(o, "state", state_of(&v, q->now));
		json_out_put_string(o, "host_id", hex);
		json_out_put_number(o, "generation", v.generation);
		json_out_put_number(o, "pending", v.n_pending);
		json_out_put_bool(o, "allow_restore", v.allow_restore);
	}
	buf_free(&s.value);
	return r;
}

static int
on_allow(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_change struct change c;
	struct vm_record v;
	struct search s;
	char id[33];
	int r;

	change_init(&c, a, q);
	r = find_vm(a, q, &s, &v, d);
	if (r == ERR_OK) {
		v.allow_restore = true;
		r = change_put(&c, s.key, s.version, &vm_record_fields, &v, d);
	}
	if (r == ERR_OK) {
		hex_format(BYTES_OF_ARRAY(v.vm_id), id);
		r = change_commit(&c, EPOCH_STAYS, bytes_of_text(id),
		    "allow_restore=yes", ret, d);
	}
	if (r == ERR_OK)
		answer_changed(ret, NULL,
		    "VM %s may start once from an older protector, where its "
		    "owner's grant leaves this to administrators",
		    id);
	buf_free(&s.value);
	return r;
}

const struct admin_command vm_commands[] = {
	{ "vm list", { NULL }, false, on_list },
	{ "vm show", { "ID" }, false, on_show },
	{ "vm allow", { "ID" }, true, on_allow },
	{ NULL },
};
