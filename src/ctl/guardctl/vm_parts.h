/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM of the fabric's own is made of, beside disks and vm.json.
 */
#ifndef CTL_GUARDCTL_VM_PARTS_H
#define CTL_GUARDCTL_VM_PARTS_H

#include "base/buf.h"
#include "vm/config.h"

#define SECURE_BOOT_OFF "off"

/* which: "microsoft", "off", or a folder with keys. Appends the volume. */
MUST_CHECK int vm_make_nvram(const char *which, struct buf *ret,
    struct diag *d);
/*
 * A new vTPM in the folder of the VM of this name, in place of one that is
 * there; encrypted: under a new state.key. vm_dir: the folder of all VMs.
 */
MUST_CHECK int vm_make_vtpm(const char *vm_dir, const char *name,
    bool encrypted, int folder_fd, struct diag *d);
/* 52:54:00 and three random bytes. */
void vm_make_mac(uint8_t ret[static VM_MAC_SIZE]);

#endif
