/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a VM that its sealed secrets are bound to, measured the same
 * way by the tenant's tool that makes them and by the host that opens them.
 */
#ifndef VM_SECURITY_H
#define VM_SECURITY_H

#include "base/err.h"

/* Classes of devices that a VM of a level may have: vm_binding.device_classes. */
#define VM_DEVICE_DISK    0x0001u /* virtio-blk, encrypted by QEMU */
#define VM_DEVICE_TPM     0x0002u /* tpm-crb with encrypted state */
#define VM_DEVICE_RNG     0x0004u
#define VM_DEVICE_AGENT   0x0008u /* guest agent: ping, info, shutdown */
#define VM_DEVICE_NETWORK 0x0010u
#define VM_DEVICE_CONSOLE 0x0100u /* display, keyboard, serial ports */

#define VM_DEVICES_SHIELDED                                                 \
	(VM_DEVICE_DISK | VM_DEVICE_TPM | VM_DEVICE_RNG | VM_DEVICE_AGENT | \
	    VM_DEVICE_NETWORK)
#define VM_DEVICES_ENCRYPTED (VM_DEVICES_SHIELDED | VM_DEVICE_CONSOLE)

#define VM_FIRMWARE_MAX ((size_t)16 << 20)
#define VM_NVRAM_MAX    ((size_t)4 << 20)

/* level: enum grant_level. Zero for a level that there is not. */
uint32_t vm_device_classes(uint8_t level);

#endif
