/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a VM that its sealed secrets are bound to, measured the same
 * way by the tenant's tool that makes them and by the host that opens them.
 */
#ifndef VM_SECURITY_H
#define VM_SECURITY_H

#include "base/err.h"

/*
 * Classes of devices that a VM of a level may have: vm_binding.device_classes.
 * Not which it has: that is the fabric's to change within them.
 */
#define VM_DEVICE_DISK        0x0001u /* virtio-blk, encrypted by QEMU */
#define VM_DEVICE_TPM         0x0002u /* tpm-crb with encrypted state */
#define VM_DEVICE_RNG         0x0004u
#define VM_DEVICE_AGENT       0x0008u /* guest agent: ping, shutdown, freeze */
#define VM_DEVICE_NETWORK     0x0010u
#define VM_DEVICE_CONSOLE     0x0100u /* display, keyboard, mouse */
#define VM_DEVICE_SERIAL      0x0200u
#define VM_DEVICE_INTEGRATION 0x0400u /* guest agent: all of it */
#define VM_DEVICE_DEBUG       0x0800u

#define VM_DEVICES_SHIELDED                                                 \
	(VM_DEVICE_DISK | VM_DEVICE_TPM | VM_DEVICE_RNG | VM_DEVICE_AGENT | \
	    VM_DEVICE_NETWORK)
#define VM_DEVICES_ENCRYPTED                                          \
	(VM_DEVICES_SHIELDED | VM_DEVICE_CONSOLE | VM_DEVICE_SERIAL | \
	    VM_DEVICE_INTEGRATION | VM_DEVICE_DEBUG)

#define VM_FIRMWARE_MAX ((size_t)16 << 20)
#define VM_NVRAM_MAX    ((size_t)4 << 20)

/*
 * level: enum grant_level, console: what the grant says of it. Zero for a
 * level that there is not.
 */
uint32_t vm_device_classes(uint8_t level, bool console);

#endif
