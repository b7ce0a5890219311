/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/security.h"

#include "vm/level.h"

uint32_t
vm_device_classes(uint8_t level, bool console)
{
	switch (level) {
	case VM_LEVEL_ENCRYPTION_SUPPORTED:
		return VM_DEVICES_ENCRYPTED;
	case VM_LEVEL_SHIELDED:
		return VM_DEVICES_SHIELDED | (console ? VM_DEVICE_CONSOLE : 0);
	default:
		return 0;
	}
}
