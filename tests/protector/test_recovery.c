/* SPDX-License-Identifier: Apache-2.0 */
#include "protector/recovery.h"
#include "vm.h"

static const uint8_t family[16] = { 1, 1 };

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct party *owner = arg;
	auto_vm_secrets struct vm_secrets s = { 0 };

	return recovery_open(bytes_of(p, n), t_vm_id, family, &owner->e,
		   owner->enc, &s, NULL) == ERR_OK;
}

static void
test_owner(struct party *owner, const char *type)
{
	struct wrap_random random = t_random();
	struct buf blob = BUF_INIT(RECOVERY_MAX);
	struct vm_secrets keys, got = { 0 };
	struct diag d = { 0 };

	t_secrets(&keys);
	t_need(recovery_make(&keys, t_vm_id, family, &owner->e, &random, &blob,
		   &d),
	    &d, "recovery_make");
	CHECK(recovery_check(buf_bytes(&blob), &owner->e, &d) == ERR_OK,
	    "%s: the blob has its form", type);
	CHECK(recovery_open(buf_bytes(&blob), t_vm_id, family, &owner->e,
		  owner->enc, &got, &d) == ERR_OK &&
		memcmp(got.vtpm_key, keys.vtpm_key, 32) == 0 &&
		memcmp(got.vtpm_migration_key, keys.vtpm_migration_key, 32) ==
		    0 &&
		memcmp(got.nvram_key, keys.nvram_key, 32) == 0 &&
		memcmp(got.checkpoint_key, keys.checkpoint_key, 32) == 0 &&
		got.n_disks == 2 &&
		memcmp(got.disks[1].key, keys.disks[1].key, 32) == 0 &&
		memcmp(got.disks[1].id, keys.disks[1].id, 16) == 0,
	    "%s: the owner gets every working key back", type);
	CHECK(t_byteflips(buf_bytes(&blob), 1, accepts, owner) == 0,
	    "T63 %s: no flipped bit opens", type);
	CHECK(t_truncations(blob.p, blob.len, accepts, owner) == 0,
	    "T63 %s: no truncation opens", type);
	buf_free(&blob);
}

static void
test_others(const struct party *owner, const struct party *other)
{
	static const uint8_t vm_2[16] = { 9 };
	struct wrap_random random = t_random();
	struct buf blob = BUF_INIT(RECOVERY_MAX);
	struct vm_secrets keys, got = { 0 };
	struct diag d = { 0 };
	int r;

	t_secrets(&keys);
	t_need(recovery_make(&keys, t_vm_id, family, &owner->e, &random, &blob,
		   &d),
	    &d, "recovery_make");
	r = recovery_open(buf_bytes(&blob), vm_2, family, &owner->e, owner->enc,
	    &got, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T65 another VM's recovery blob: refused");
	r = recovery_open(buf_bytes(&blob), t_vm_id, vm_2, &owner->e,
	    owner->enc, &got, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T94 another family's recovery blob: refused");
	r = recovery_check(buf_bytes(&blob), &other->e, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T64 a recovery blob for another than the owner: refused");
	r = recovery_open(buf_bytes(&blob), t_vm_id, family, &owner->e,
	    other->enc, &got, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable),
	    "another's key does not open it");
	CHECK(got.n_disks == 0, "nothing is written on a refusal");
	buf_free(&blob);
}

int
main(void)
{
	struct party p[T_KINDS];

	for (unsigned i = 0; i < T_KINDS; i++) {
		t_party(&p[i], "owner", T_P256, (enum t_kind)i);
		test_owner(&p[i], t_kind_name[i]);
	}
	test_others(&p[0], &p[1]);
	for (unsigned i = 0; i < T_KINDS; i++)
		t_party_free(&p[i]);
	return t_done();
}
