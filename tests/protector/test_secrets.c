/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"
#include "protector/secrets.h"
#include "vm.h"

static const uint8_t tk[TK_SIZE] = { 1, 2, 3 };

struct opener {
	struct bytes tk;
	struct vm_binding binding;
};

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct opener *o = arg;
	auto_vm_secrets struct vm_secrets s = { 0 };

	return vm_secrets_open(bytes_of(p, n), o->tk, &o->binding, &s, NULL) ==
	    ERR_OK;
}

static struct opener
good_opener(void)
{
	struct opener o = { .tk = BYTES_OF_ARRAY(tk) };

	o.binding.level = 2;
	o.binding.device_classes = 5;
	t_fill(o.binding.vm_id, 16, 1);
	t_fill(o.binding.seal_digest, 32, 2);
	t_fill(o.binding.owner_id, 32, 3);
	t_fill(o.binding.firmware_digest, 32, 4);
	t_fill(o.binding.secure_boot_keys, 32, 5);
	t_fill(o.binding.boot_disk, 32, 6);
	return o;
}

static void
seal(const struct opener *o, struct buf *ret)
{
	struct vm_secrets s;
	uint8_t salt[32];
	struct diag d;

	t_secrets(&s);
	t_fill(salt, 32, 9);
	t_need(vm_secrets_seal(&s, o->tk, &o->binding, salt, ret, &d), &d,
	    "vm_secrets_seal");
}

static void
test_round(void)
{
	struct opener o = good_opener();
	struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	struct vm_secrets want, got;
	struct diag d = { 0 };

	seal(&o, &sealed);
	t_secrets(&want);
	memset(&got, 0, sizeof(got));
	CHECK(vm_secrets_open(buf_bytes(&sealed), o.tk, &o.binding, &got, &d) ==
		    ERR_OK &&
		got.state == want.state && got.n_disks == want.n_disks &&
		memcmp(got.vtpm_key, want.vtpm_key, 32) == 0 &&
		memcmp(got.vtpm_migration_key, want.vtpm_migration_key, 32) ==
		    0 &&
		memcmp(got.nvram_key, want.nvram_key, 32) == 0 &&
		memcmp(got.checkpoint_key, want.checkpoint_key, 32) == 0 &&
		memcmp(got.disks, want.disks, sizeof(want.disks)) == 0 &&
		got.vtpm_counter == 3,
	    "sealed secrets come back");
	CHECK(vm_secrets_check_form(buf_bytes(&sealed), &d) == ERR_OK,
	    "their form is good");
	CHECK(t_bitflips(sealed.p, sealed.len, accepts, &o) == 0,
	    "T63 no flipped bit is accepted");
	CHECK(t_truncations(sealed.p, sealed.len, accepts, &o) == 0,
	    "T63 no truncation is accepted");
	CHECK(!t_trailing(sealed.p, sealed.len, accepts, &o),
	    "T63 a trailing byte is refused");
	buf_free(&sealed);
}

static void
test_binding(void)
{
	static const uint8_t other_tk[TK_SIZE] = { 1, 2, 4 };
	const struct opener good = good_opener();
	struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	struct vm_secrets got = { 0 };
	struct opener o;
	struct diag d;
	int r;

	seal(&good, &sealed);
#define REFUSED(change, what)                                             \
	do {                                                              \
		o = good;                                                 \
		change;                                                   \
		r = vm_secrets_open(buf_bytes(&sealed), o.tk, &o.binding, \
		    &got, &d);                                            \
		CHECK(t_said(r, &d, REASON_SecretsInvalid), what);        \
	} while (0)
	REFUSED(o.tk = BYTES_OF_ARRAY(other_tk),
	    "T66 another release's transport key does not open them");
	REFUSED(o.binding.vm_id[0] ^= 1, "T65 nor another VM");
	REFUSED(o.binding.boot_disk[31] ^= 1, "T65 nor another boot disk");
	REFUSED(o.binding.seal_digest[5] ^= 1, "T66 nor another seal");
	REFUSED(o.binding.owner_id[5] ^= 1, "T94 nor another owner");
	REFUSED(o.binding.level = 1, "nor a lower level");
	REFUSED(o.binding.firmware_digest[0] ^= 1, "nor another firmware");
	REFUSED(o.binding.secure_boot_keys[0] ^= 1,
	    "nor other Secure Boot keys");
	REFUSED(o.binding.device_classes |= 0x100, "nor a further device");
#undef REFUSED
	CHECK(bytes_all_zero(BYTES_OF_ARRAY(got.vtpm_key)),
	    "nothing is written on a refusal");
	buf_free(&sealed);
}

static void
test_rules(void)
{
	struct opener o = good_opener();
	struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	uint8_t salt[32] = { 0 };
	struct vm_secrets s;
	struct diag d;
	int r;

	t_secrets(&s);
	s.state = 0;
	r = vm_secrets_seal(&s, o.tk, &o.binding, salt, &sealed, &d);
	CHECK(t_said(r, &d, REASON_SecretsInvalid), "an unknown state");
	t_secrets(&s);
	memcpy(s.disks[1].id, s.disks[0].id, 16);
	r = vm_secrets_seal(&s, o.tk, &o.binding, salt, &sealed, &d);
	CHECK(t_said(r, &d, REASON_SecretsInvalid), "two disks of one name");
	t_secrets(&s);
	s.n_disks = VM_DISKS_MAX;
	for (size_t i = 0; i < VM_DISKS_MAX; i++)
		t_fill(s.disks[i].id, 16, (uint8_t)(50 + i));
	CHECK(vm_secrets_seal(&s, o.tk, &o.binding, salt, &sealed, &d) ==
		    ERR_OK &&
		accepts(sealed.p, sealed.len, &o),
	    "eight disks");
	vm_secrets_wipe(&s);
	CHECK(s.n_disks == 0 && bytes_all_zero(BYTES_OF_ARRAY(s.vtpm_key)),
	    "wiping leaves nothing");
	buf_free(&sealed);
}

/* The whole of it is determined by its inputs. */
static void
test_example(void)
{
	struct opener o = good_opener();
	struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	struct buf want = BUF_INIT(VM_SECRETS_MAX);

	seal(&o, &sealed);
	t_example("FORMAT.sealed-secrets", &want);
	CHECK(bytes_equal(buf_bytes(&sealed), buf_bytes(&want)),
	    "the example of doc/FORMAT.sealed-secrets, byte for byte");
	buf_free(&sealed);
	buf_free(&want);
}

int
main(void)
{
	test_round();
	test_binding();
	test_rules();
	test_example();
	return t_done();
}
