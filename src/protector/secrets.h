/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed secrets: the working keys of a VM and what is to be found of its
 * state at the next start, encrypted under a key from the transport key and
 * bound to everything that decides how safely the VM runs.
 * doc/FORMAT.sealed-secrets.
 */
#ifndef PROTECTOR_SECRETS_H
#define PROTECTOR_SECRETS_H

#include "base/buf.h"
#include "base/secret.h"

#define VM_DISKS_MAX   8
#define VM_KEY_SIZE    32
#define VM_SECRETS_MAX 8192

enum vm_run_state { VM_STATE_CLEAN = 1, VM_STATE_RUNNING = 2 };

struct vm_disk_key {
	uint8_t id[16];
	uint8_t key[VM_KEY_SIZE];
	uint8_t header[32]; /* digest of its LUKS header at stop; zero: none */
};

struct vm_secrets {
	uint8_t state; /* enum vm_run_state */
	uint8_t vtpm_key[VM_KEY_SIZE];
	uint8_t vtpm_migration_key[VM_KEY_SIZE];
	uint8_t nvram_key[VM_KEY_SIZE];
	uint8_t checkpoint_key[VM_KEY_SIZE];
	struct vm_disk_key disks[VM_DISKS_MAX];
	size_t n_disks;
	/* SHA-256 of the files at the last clean stop; zero before the first. */
	uint8_t vtpm_digest[32];
	uint8_t nvram_digest[32];
	/* Of the guest-encrypted boot disk's header; zero if none. */
	uint8_t boot_header_digest[32];
	/* What the vTPM counted to at the last probe; 0: none was yet. */
	uint64_t vtpm_counter;
};

/* What the secrets are good for: associated data. */
struct vm_binding {
	uint8_t vm_id[16];
	uint8_t seal_digest[32];
	uint8_t owner_id[32]; /* digest of the owner's signing certificate */
	uint8_t level;        /* enum grant_level */
	uint8_t firmware_digest[32];
	uint8_t secure_boot_keys[32];
	uint8_t boot_disk[32];   /* boot disk identity */
	uint32_t device_classes; /* bits, defined by src/vm */
};

/* Wipes it. */
void vm_secrets_wipe(struct vm_secrets *s);
#define auto_vm_secrets CLEANUP(vm_secrets_wipe)

/* salt: 32 fresh random bytes, never used before. Appends to ret. */
MUST_CHECK int vm_secrets_seal(const struct vm_secrets *in, struct bytes tk,
    const struct vm_binding *binding, const uint8_t salt[static 32],
    struct buf *ret, struct diag *d);
/* SecretsInvalid for any other key, binding or byte. */
MUST_CHECK int vm_secrets_open(struct bytes in, struct bytes tk,
    const struct vm_binding *binding, struct vm_secrets *ret, struct diag *d);
/* Form only: what protector_parse() can know of them. */
MUST_CHECK int vm_secrets_check_form(struct bytes in, struct diag *d);

#endif
