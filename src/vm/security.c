/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/security.h"

/* The values of enum grant_level (protector/grant.h, above us). */
#define LEVEL_ENCRYPTED 1
#define LEVEL_SHIELDED  2

uint32_t
vm_device_classes(uint8_t level)
{
	switch (level) {
	case LEVEL_ENCRYPTED:
		return VM_DEVICES_ENCRYPTED;
	case LEVEL_SHIELDED:
		return VM_DEVICES_SHIELDED;
	default:
		return 0;
	}
}
