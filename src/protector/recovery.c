/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/recovery.h"

#include <string.h>

#include "base/field.h"
#include "protector/refuse.h"

#define LABEL "shieldwall recovery 1"

struct recovery_plain {
	struct bytes label;
	uint8_t family[16];
	uint8_t vm_id[16];
	struct vm_secrets keys;
};

static const struct field disk_list[] = {
	FIELD_FIXED(struct vm_disk_key, id),
	FIELD_FIXED(struct vm_disk_key, key),
};
static const struct fields disk_fields =
    FIELDS(struct vm_disk_key, "disk", disk_list);

static const struct field recovery_list[] = {
	FIELD_BYTES(struct recovery_plain, label, 32),
	FIELD_FIXED(struct recovery_plain, family),
	FIELD_FIXED(struct recovery_plain, vm_id),
	FIELD_FIXED(struct recovery_plain, keys.vtpm_key),
	FIELD_FIXED(struct recovery_plain, keys.vtpm_migration_key),
	FIELD_FIXED(struct recovery_plain, keys.nvram_key),
	FIELD_FIXED(struct recovery_plain, keys.checkpoint_key),
	FIELD_LIST(struct recovery_plain, keys.disks, keys.n_disks,
	    &disk_fields),
};
static const struct fields recovery_fields =
    FIELDS(struct recovery_plain, "recovery blob", recovery_list);

static void
plain_wipe(struct recovery_plain *p)
{
	explicit_bzero(p, sizeof(*p));
}

int
recovery_make(const struct vm_secrets *keys, const uint8_t vm_id[static 16],
    const uint8_t family[static 16], const struct guardian_cert *owner_enc,
    const struct wrap_random *random, struct buf *ret, struct diag *d)
{
	CLEANUP(plain_wipe) struct recovery_plain p = { 0 };
	auto_buf struct buf plain = BUF_INIT(WRAP_PLAIN_MAX);
	int r;

	p.label = bytes_of_text(LABEL);
	memcpy(p.family, family, sizeof(p.family));
	memcpy(p.vm_id, vm_id, sizeof(p.vm_id));
	p.keys = *keys;
	if ((r = fields_encode(&recovery_fields, &p, &plain, d)) < 0)
		return r;
	return wrap_make(&owner_enc, 1, buf_bytes(&plain), random, ret, d);
}

int
recovery_check(struct bytes in, const struct guardian_cert *owner_enc,
    struct diag *d)
{
	struct wrap w;
	int r;

	if ((r = wrap_parse(in, &owner_enc, 1, &w, d)) < 0)
		diag_prefix(d, "recovery blob");
	return r;
}

int
recovery_open(struct bytes in, const uint8_t vm_id[static 16],
    const uint8_t family[static 16], const struct guardian_cert *owner_enc,
    const struct key *owner_key, struct vm_secrets *ret, struct diag *d)
{
	CLEANUP(plain_wipe) struct recovery_plain p = { 0 };
	auto_secret struct secret plain = SECRET_NONE;
	struct wrap w;
	int r;

	if ((r = wrap_parse(in, &owner_enc, 1, &w, d)) < 0 ||
	    (r = wrap_open(&w, 0, owner_enc, owner_key, &plain, d)) < 0) {
		diag_prefix(d, "recovery blob");
		return r;
	}
	if ((r = fields_decode(&recovery_fields, secret_bytes(&plain), &p, d)) <
	    0)
		return refuse_as(d, r, REASON_ProtectorInvalid);
	if (!bytes_equal_text(p.label, LABEL) ||
	    !bytes_equal(BYTES_OF_ARRAY(p.family), bytes_of(family, 16)) ||
	    !bytes_equal(BYTES_OF_ARRAY(p.vm_id), bytes_of(vm_id, 16)))
		return diag_refuse(d, REASON_ProtectorInvalid,
		    "recovery blob: it is another VM's");
	p.keys.state = VM_STATE_CLEAN;
	*ret = p.keys;
	return ERR_OK;
}
