/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sealed secrets against the VM's files: what they are bound to, what
 * they remember, and how they are written again.
 */
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "disk/identity.h"
#include "guard/vm/vm.h"
#include "vm/nvkeys.h"
#include "vm/security.h"
#include "vm/vtpm.h"

struct vm_secrets *
vm_secrets_of(struct vm *vm)
{
	return (struct vm_secrets *)(void *)vm->secrets_page.p;
}

static int
measure_disks(const struct vm *vm, struct vm_facts *f, struct diag *d)
{
	const struct vm_config *c = &vm->folder.config;
	int r;

	for (size_t i = 0; i < c->n_disks; i++) {
		auto_close int fd = -1;
		struct disk_facts facts;

		if ((r = folder_open_disk(vm, c->disks[i].file, O_RDONLY, &fd,
			 d)) < 0 ||
		    (r = disk_read_facts(fd, c->disks[i].file, &facts, d)) < 0)
			return r;
		memcpy(f->headers[i], facts.header, sizeof(f->headers[i]));
		if (i == 0)
			memcpy(f->boot_disk, facts.identity,
			    sizeof(f->boot_disk));
	}
	return ERR_OK;
}

static int
measure(const struct vm *vm, struct vm_facts *ret, struct diag *d)
{
	auto_buf struct buf nvram = BUF_INIT(VM_NVRAM_MAX);
	int r;

	*ret = (struct vm_facts){ 0 };
	if ((r = nvram_read(vm, &nvram, d)) < 0 ||
	    (r = nvram_keys_digest(buf_bytes(&nvram), ret->secure_boot_keys,
		 d)) < 0 ||
	    (r = measure_disks(vm, ret, d)) < 0 ||
	    (r = vtpm_digest(vm->folder.vtpm_fd, ret->vtpm, d)) < 0)
		return r;
	sha256(buf_bytes(&nvram), ret->nvram);
	return ERR_OK;
}

static void
bind_to(const struct vm *vm, const struct core *core,
    const struct vm_facts *facts, struct vm_binding *ret)
{
	const struct grant *g = core->grant;

	*ret = (struct vm_binding){ .level = g->c.policy.level,
		.device_classes =
		    vm_device_classes(g->c.policy.level, g->c.policy.console) };
	memcpy(ret->vm_id, core->seal.vm_id, sizeof(ret->vm_id));
	memcpy(ret->seal_digest, core->seal_digest, sizeof(ret->seal_digest));
	memcpy(ret->owner_id, g->owner_id, sizeof(ret->owner_id));
	memcpy(ret->firmware_digest, vm->folder.firmware_digest,
	    sizeof(ret->firmware_digest));
	/* The owner's demand; check_policy() holds the volume against it. */
	memcpy(ret->secure_boot_keys, g->c.policy.secure_boot_keys,
	    sizeof(ret->secure_boot_keys));
	memcpy(ret->boot_disk, facts->boot_disk, sizeof(ret->boot_disk));
}

/* T75: what the owner demands by name holds at every start. */
static int
check_policy(const struct vm *vm, const struct vm_facts *facts, struct diag *d)
{
	const struct grant_policy *p =
	    &vm->folder.protector->core->grant->c.policy;

	if (!bytes_all_zero(BYTES_OF_ARRAY(p->secure_boot_keys)) &&
	    !bytes_equal(BYTES_OF_ARRAY(p->secure_boot_keys),
		BYTES_OF_ARRAY(facts->secure_boot_keys)))
		return diag_refuse(d, REASON_VmStateTampered,
		    VM_FILE_NVRAM ": other Secure Boot keys than the owner's");
	return ERR_OK;
}

int
state_open(struct vm *vm, struct diag *d)
{
	const struct protector *p = vm->folder.protector;
	struct vm_facts facts;
	struct vm_binding binding;
	int r;

	if ((r = nvram_load(vm, d)) < 0 || (r = measure(vm, &facts, d)) < 0 ||
	    (r = check_policy(vm, &facts, d)) < 0 ||
	    (r = secret_alloc(&vm->secrets_page, sizeof(struct vm_secrets),
		 d)) < 0)
		return r;
	memcpy(vm->boot_disk, facts.boot_disk, sizeof(vm->boot_disk));
	bind_to(vm, p->core, &facts, &binding);
	return vm_secrets_open(p->secrets, secret_bytes(&vm->keys.old_tk),
	    &binding, vm_secrets_of(vm), d);
}

int
state_find_disk(struct vm *vm, size_t i, struct vm_disk_key **ret,
    struct diag *d)
{
	const struct vm_config_disk *c = &vm->folder.config.disks[i];
	struct vm_secrets *s = vm_secrets_of(vm);

	for (size_t k = 0; k < s->n_disks; k++) {
		if (!bytes_equal(BYTES_OF_ARRAY(s->disks[k].id),
			BYTES_OF_ARRAY(c->id)))
			continue;
		*ret = &s->disks[k];
		return ERR_OK;
	}
	return diag_refuse(d, REASON_SecretsInvalid,
	    "%s: the secrets hold no key for this disk", c->file);
}

/* Zero: never recorded, since the VM was never stopped. */
static int
compare(const char *what, const uint8_t *recorded, const uint8_t *found,
    struct diag *d)
{
	if (bytes_all_zero(bytes_of(recorded, 32)) ||
	    bytes_equal(bytes_of(recorded, 32), bytes_of(found, 32)))
		return ERR_OK;
	return diag_refuse(d, REASON_VmStateTampered,
	    "%s: not as it was when the VM was stopped", what);
}

/*
 * The owner left Secure Boot's keys to the fabric, which has the console
 * anyway. That it is on measure() has seen: without it there is no digest.
 */
static bool
keys_are_configurable(const struct vm *vm)
{
	const struct grant_policy *p =
	    &vm->folder.protector->core->grant->c.policy;

	return p->level == GRANT_ENCRYPTION_SUPPORTED &&
	    bytes_all_zero(BYTES_OF_ARRAY(p->secure_boot_keys));
}

static int
compare_all(struct vm *vm, const struct vm_facts *facts, struct diag *d)
{
	const struct vm_secrets *s = vm_secrets_of(vm);
	struct vm_disk_key *disk;
	int r;

	if ((r = compare(VM_DIR_VTPM, s->vtpm_digest, facts->vtpm, d)) < 0)
		return r;
	if (!keys_are_configurable(vm) &&
	    (r = compare(VM_FILE_NVRAM, s->nvram_digest, facts->nvram, d)) < 0)
		return r;
	for (size_t i = 0; i < vm->folder.config.n_disks; i++)
		if ((r = state_find_disk(vm, i, &disk, d)) < 0 ||
		    (r = compare(vm->folder.config.disks[i].file, disk->header,
			 facts->headers[i], d)) < 0)
			return r;
	return ERR_OK;
}

/*
 * T73: after a stop in order every part is as it was then. After another stop
 * that cannot be known; the binding has told that identities are the same, the
 * TPM's counter tells a state from before that start, and the start is
 * reported as unclean.
 */
int
state_check(struct vm *vm, struct diag *d)
{
	const struct grant *g = vm->folder.protector->core->grant;
	struct vm_disk_key *disk;
	struct vm_facts facts;
	int r;

	if (vm_secrets_of(vm)->state == VM_STATE_CLEAN) {
		if ((r = measure(vm, &facts, d)) < 0)
			return r;
		return compare_all(vm, &facts, d);
	}
	vm->unclean = true;
	if (g->c.policy.clean_stop)
		return diag_refuse(d, REASON_VmStateTampered,
		    "the last stop was not in order, and the owner's grant "
		    "demands that it is");
	for (size_t i = 0; i < vm->folder.config.n_disks; i++)
		if ((r = state_find_disk(vm, i, &disk, d)) < 0)
			return r;
	if ((r = probe_start(vm, d)) < 0)
		return r;
	return nvram_settle(vm, d);
}

/* Core, secrets under its key and the recovery blob, as one file. */
static int
write_file(struct vm *vm, const struct vm_facts *facts, struct diag *d)
{
	auto_buf struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	auto_buf struct buf file = BUF_INIT(PROTECTOR_MAX);
	struct vm_binding binding;
	uint8_t salt[32];
	int r;

	random_bytes(salt, sizeof(salt));
	bind_to(vm, vm->keys.new, facts, &binding);
	if ((r = vm_secrets_seal(vm_secrets_of(vm),
		 secret_bytes(&vm->keys.new_tk), &binding, salt, &sealed, d)) <
		0 ||
	    (r = protector_write(vm->keys.new->der, buf_bytes(&sealed),
		 vm->folder.protector->recovery, &file, d)) < 0)
		return r;
	return file_write_atomic(vm->folder.fd, VM_FILE_PROTECTOR, 0600,
	    buf_bytes(&file), d);
}

/*
 * The one that the HGS just accepted is kept first, so that at every moment
 * one of the two files is good.
 */
int
state_write_running(struct vm *vm, struct diag *d)
{
	struct vm_facts facts;
	int r;

	if ((r = vm->local ? local_drop_previous(vm, d)
			   : file_write_atomic(vm->folder.fd, VM_FILE_PREVIOUS,
				 0600, buf_bytes(&vm->folder.file), d)) < 0 ||
	    (r = measure(vm, &facts, d)) < 0)
		return r;
	vm_secrets_of(vm)->state = VM_STATE_RUNNING;
	return write_file(vm, &facts, d);
}

int
state_write_again(struct vm *vm, struct diag *d)
{
	struct vm_facts facts;
	int r = measure(vm, &facts, d);

	return r < 0 ? r : write_file(vm, &facts, d);
}

int
state_write_clean(struct vm *vm, const uint8_t vtpm_digest[static 32],
    struct diag *d)
{
	struct vm_secrets *s = vm_secrets_of(vm);
	struct vm_disk_key *disk;
	struct vm_facts facts;
	int r;

	if ((r = nvram_save(vm, d)) < 0 || (r = measure(vm, &facts, d)) < 0)
		return r;
	/* The secrets are never bound to a disk that they were not opened for. */
	if (!bytes_equal(BYTES_OF_ARRAY(facts.boot_disk),
		BYTES_OF_ARRAY(vm->boot_disk)))
		return diag_refuse(d, REASON_VmStateTampered,
		    "the boot disk was replaced while the VM ran");
	/* The next start would refuse it; what is recorded is what counted. */
	if (!bytes_equal(BYTES_OF_ARRAY(facts.vtpm), bytes_of(vtpm_digest, 32)))
		return diag_refuse(d, REASON_VmStateTampered,
		    VM_DIR_VTPM ": replaced after the VM ended");
	for (size_t i = 0; i < vm->folder.config.n_disks; i++) {
		if ((r = state_find_disk(vm, i, &disk, d)) < 0)
			return r;
		memcpy(disk->header, facts.headers[i], sizeof(disk->header));
	}
	memcpy(s->vtpm_digest, vtpm_digest, sizeof(s->vtpm_digest));
	memcpy(s->nvram_digest, facts.nvram, sizeof(s->nvram_digest));
	s->state = VM_STATE_CLEAN;
	return write_file(vm, &facts, d);
}

int
state_put_back(struct vm *vm, struct diag *d)
{
	return file_write_atomic(vm->folder.fd, VM_FILE_PROTECTOR, 0600,
	    buf_bytes(&vm->folder.file), d);
}
