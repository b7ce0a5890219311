/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether KVM can run a VM with Secure Boot: a /dev/kvm is not enough (nested
 * and reduced ones lack system management mode, or stop in the firmware), so
 * the capability is asked for and a start is tried.
 */
#ifndef VM_KVM_H
#define VM_KVM_H

#include "vm/qemu.h"

/*
 * like: program, name, user, firmware, nvram and log of the VM that is to
 * start; the nvram is only read. Takes about two seconds.
 */
MUST_CHECK int kvm_usable(const struct qemu_start *like, struct diag *d);

#endif
