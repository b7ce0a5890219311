/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's protector for tests: an owner, some guardians, a grant, and what a
 * tool would make of them.
 */
#ifndef TESTS_PROTECTOR_VM_H
#define TESTS_PROTECTOR_VM_H

#include "crypto/hash.h"
#include "party.h"
#include "protector/protector.h"

#define T_GUARDIANS_MAX 4

static const uint8_t t_vm_id[VM_ID_SIZE] = { 0x76, 0x6d, 1, 2, 3 };
static const uint8_t t_zero[32];

struct vm {
	struct party owner;
	struct party g[T_GUARDIANS_MAX];
	size_t n;
	struct grant *grant;
	uint8_t tk[TK_SIZE];
	struct vm_secrets secrets;
	struct vm_binding binding;
	struct buf core, recovery, sealed, file;
	struct core *parsed;
};

static inline void
t_grant_content(const struct party *owner, const struct party *g, size_t n,
    struct grant_content *ret)
{
	*ret = (struct grant_content){ .version = GRANT_VERSION,
		.suite = 1,
		.revision = 1,
		.policy = { .level = GRANT_SHIELDED,
		    .unknown_vm = GRANT_UNKNOWN_VM_ALLOW },
		.modes = GRANT_MODE_TPM,
		.n_guardians = n,
		.threshold = 1 };
	t_fill(ret->family, sizeof(ret->family), 9);
	ret->owner.sign_cert = owner->file.g.sign_cert;
	ret->owner.enc_cert = owner->file.g.enc_cert;
	for (size_t i = 0; i < n; i++) {
		ret->guardians[i].sign_cert = g[i].file.g.sign_cert;
		ret->guardians[i].enc_cert = g[i].file.g.enc_cert;
	}
}

static inline struct grant *
t_grant(const struct grant_content *content, const struct party *owner)
{
	struct buf der = BUF_INIT(GRANT_MAX);
	struct grant *grant = NULL;
	struct diag d = { 0 };

	t_need(grant_make(content, owner->sign, &der, &d), &d, "grant_make");
	t_need(grant_open(buf_bytes(&der), &grant, &d), &d, "grant_open");
	buf_free(&der);
	return grant;
}

static inline struct wrap_random
t_random(void)
{
	struct wrap_random r = { 0 };

	random_bytes(r.cek, sizeof(r.cek));
	random_bytes(r.nonce, sizeof(r.nonce));
	return r;
}

static inline struct core *
t_core(const struct buf *bytes)
{
	struct core *c = NULL;
	struct diag d = { 0 };

	t_need(core_parse(buf_bytes(bytes), NULL, &c, &d), &d, "core_parse");
	return c;
}

static inline void
t_secrets(struct vm_secrets *s)
{
	*s = (struct vm_secrets){ .state = VM_STATE_CLEAN,
		.n_disks = 2,
		.vtpm_counter = 3 };
	t_fill(s->vtpm_key, 32, 1);
	t_fill(s->vtpm_migration_key, 32, 2);
	t_fill(s->nvram_key, 32, 3);
	t_fill(s->checkpoint_key, 32, 4);
	for (size_t i = 0; i < s->n_disks; i++) {
		t_fill(s->disks[i].id, 16, (uint8_t)(20 + i));
		t_fill(s->disks[i].key, 32, (uint8_t)(30 + i));
	}
}

static inline void
t_binding(const struct core *core, struct vm_binding *ret)
{
	*ret = (struct vm_binding){ .level = core->grant->c.policy.level,
		.device_classes = 7 };
	memcpy(ret->vm_id, core->seal.vm_id, sizeof(ret->vm_id));
	memcpy(ret->seal_digest, core->seal_digest, 32);
	memcpy(ret->owner_id, core->grant->owner_id, 32);
	t_fill(ret->firmware_digest, 32, 40);
	t_fill(ret->secure_boot_keys, 32, 41);
	t_fill(ret->boot_disk, 32, 42);
}

/* Parties are there: makes everything else. */
static inline void
t_vm_make(struct vm *vm)
{
	struct wrap_random r1 = t_random(), r2 = t_random();
	struct core_new in = { .tk = BYTES_OF_ARRAY(vm->tk),
		.random = &r1,
		.signer = vm->owner.sign };
	uint8_t digest[32], salt[32];
	struct diag d = { 0 };

	vm->core.max = CORE_MAX;
	vm->recovery.max = RECOVERY_MAX;
	vm->sealed.max = VM_SECRETS_MAX;
	vm->file.max = PROTECTOR_MAX;
	random_bytes(vm->tk, sizeof(vm->tk));
	random_bytes(salt, sizeof(salt));
	t_secrets(&vm->secrets);
	t_need(recovery_make(&vm->secrets, t_vm_id, vm->grant->c.family,
		   &vm->grant->owner_enc, &r2, &vm->recovery, &d),
	    &d, "recovery_make");
	sha256(buf_bytes(&vm->recovery), digest);
	t_need(core_create(vm->grant, t_vm_id, digest, &in, &vm->core, &d), &d,
	    "core_create");
	vm->parsed = t_core(&vm->core);
	t_binding(vm->parsed, &vm->binding);
	t_need(vm_secrets_seal(&vm->secrets, BYTES_OF_ARRAY(vm->tk),
		   &vm->binding, salt, &vm->sealed, &d),
	    &d, "vm_secrets_seal");
	t_need(protector_write(buf_bytes(&vm->core), buf_bytes(&vm->sealed),
		   buf_bytes(&vm->recovery), &vm->file, &d),
	    &d, "protector_write");
}

/* n guardians, signing and encryption keys of the kinds given. */
static inline void
t_vm(struct vm *vm, enum t_kind owner_sign, enum t_kind owner_enc, size_t n,
    const enum t_kind kinds[][2])
{
	struct grant_content content;

	*vm = (struct vm){ .n = n };
	t_party(&vm->owner, "owner", owner_sign, owner_enc);
	for (size_t i = 0; i < n; i++)
		t_party(&vm->g[i], "fabric", kinds[i][0], kinds[i][1]);
	t_grant_content(&vm->owner, vm->g, n, &content);
	vm->grant = t_grant(&content, &vm->owner);
	t_vm_make(vm);
}

static inline void
t_vm_p256(struct vm *vm, size_t n)
{
	static const enum t_kind kinds[T_GUARDIANS_MAX][2] = { 0 };

	t_vm(vm, T_P256, T_P256, n, kinds);
}

static inline void
t_vm_free(struct vm *vm)
{
	t_party_free(&vm->owner);
	for (size_t i = 0; i < vm->n; i++)
		t_party_free(&vm->g[i]);
	core_free(vm->parsed);
	grant_free(vm->grant);
	buf_free(&vm->core);
	buf_free(&vm->recovery);
	buf_free(&vm->sealed);
	buf_free(&vm->file);
}

/* core_open() and the key it gave is tk. */
static inline bool
t_opens_to(const struct core *c, const struct key *enc, size_t index,
    const uint8_t tk[static TK_SIZE])
{
	auto_secret struct secret got = SECRET_NONE;
	struct diag d = { 0 };

	return core_open(c, enc, index, &got, &d) == ERR_OK &&
	    bytes_equal(secret_bytes(&got), bytes_of(tk, TK_SIZE));
}

#endif
