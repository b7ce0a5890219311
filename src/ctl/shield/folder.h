/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's folder as its owner finds it: read, never believed where the
 * protector says it better.
 */
#ifndef CTL_SHIELD_FOLDER_H
#define CTL_SHIELD_FOLDER_H

#include "protector/protector.h"
#include "vm/config.h"

struct vm_folder {
	const char *path; /* the caller's */
	int fd;           /* locked against a guard-vm on this machine */
	struct vm_config config;
	struct protector *p;
};
#define VM_FOLDER_NONE    \
	{                 \
		.fd = -1, \
	}

/* FileInvalid, ProtectorInvalid ... with file and place; VmRunning. */
MUST_CHECK int vm_folder_open(const char *path, struct vm_folder *ret,
    struct diag *d);
void vm_folder_free(struct vm_folder *f);
#define auto_vm_folder CLEANUP(vm_folder_free)

/* A protector's file, or the one in a VM's folder. */
MUST_CHECK int protector_load(const char *path, struct protector **ret,
    struct diag *d);
/* The folder that a protector given as F or DIR lies in. */
MUST_CHECK int protector_folder(const char *path, char *ret, size_t size,
    struct diag *d);

/* What the secrets sealed with this core are bound to. */
MUST_CHECK int vm_folder_binding(const struct vm_folder *f,
    const struct core *core, struct vm_binding *ret, struct diag *d);
/* The same from facts at hand. */
void vm_binding_fill(const struct core *core, const uint8_t firmware[static 32],
    const uint8_t boot_disk[static 32], struct vm_binding *ret);

#endif
