/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular VM: the fabric's own. Nobody releases anything for it; its disks
 * are in clear, and the key of its TPM's state, if it has one, lies beside it.
 */
#include <string.h>

#include "base/file.h"
#include "guard/vm/vm.h"
#include "vm/nvkeys.h"
#include "vm/security.h"

#define STATE_KEY_SIZE ((size_t)2 * VM_KEY_SIZE)

static int
read_state_key(struct vm *vm, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(STATE_KEY_SIZE);
	struct vm_secrets *s = vm_secrets_of(vm);
	int r =
	    file_read(vm->folder.fd, VM_FILE_STATE_KEY, STATE_KEY_SIZE, &b, d);

	if (r == ERR_NOT_FOUND)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: no " VM_FILE_STATE_KEY, vm->folder.path);
	if (r < 0)
		return r;
	if (b.len != STATE_KEY_SIZE)
		return diag_refuse(d, REASON_FileInvalid,
		    VM_FILE_STATE_KEY ": not %zu bytes", STATE_KEY_SIZE);
	memcpy(s->vtpm_key, b.p, VM_KEY_SIZE);
	memcpy(s->vtpm_migration_key, b.p + VM_KEY_SIZE, VM_KEY_SIZE);
	explicit_bzero(b.p, b.len);
	return ERR_OK;
}

/* What vm.json says of Secure Boot is so. */
static int
check_secure_boot(const struct vm *vm, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_NVRAM_MAX);
	uint8_t digest[32];
	int r;

	if (!vm_has(vm, VM_FEATURE_SECURE_BOOT))
		return ERR_OK;
	if ((r = nvram_read(vm, &b, d)) < 0)
		return r;
	return nvram_keys_digest(buf_bytes(&b), digest, d);
}

int
regular_open(struct vm *vm, struct diag *d)
{
	int r;

	if ((r = nvram_load(vm, d)) < 0 || (r = check_secure_boot(vm, d)) < 0 ||
	    (r = secret_alloc(&vm->secrets_page, sizeof(struct vm_secrets),
		 d)) < 0)
		return r;
	if (!vm_has(vm, VM_FEATURE_TPM) ||
	    !vm_has(vm, VM_FEATURE_STATE_ENCRYPTION))
		return ERR_OK;
	return read_state_key(vm, d);
}
