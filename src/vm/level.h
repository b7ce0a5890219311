/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three types of VM, and for each feature what a type says of it. This
 * table is the only place where it is decided: whoever makes, changes, starts
 * or serves a VM asks here. doc/FORMAT.vm-folder.
 */
#ifndef VM_LEVEL_H
#define VM_LEVEL_H

#include "base/err.h"

/*
 * The numbers of enum grant_level, where there is a grant. None is 0: a
 * level that was never set is no level.
 */
enum vm_level {
	VM_LEVEL_ENCRYPTION_SUPPORTED = 1,
	VM_LEVEL_SHIELDED = 2,
	VM_LEVEL_REGULAR = 3 /* the fabric's own: no owner, no protector */
};

/* Each is a word of vm.json. */
enum vm_feature {
	VM_FEATURE_SECURE_BOOT,
	VM_FEATURE_TPM,
	VM_FEATURE_STATE_ENCRYPTION, /* of vTPM and, later, checkpoints */
	VM_FEATURE_INTEGRATION,      /* data exchange, commands in the guest */
	VM_FEATURE_CONSOLE,          /* display, keyboard, mouse */
	VM_FEATURE_SERIAL,
	VM_FEATURE_DEBUG, /* debugger on QEMU, dump of guest memory */
	VM_FEATURES
};
#define VM_FEATURE_BIT(f) ((uint32_t)1 << (f))

enum vm_rule {
	VM_RULE_OPTIONAL,
	VM_RULE_REQUIRED,
	VM_RULE_FORBIDDEN,
	VM_RULE_OWNER /* off unless the owner's grant allows it */
};

/* "shielded", "encryption-supported", "regular"; NULL for any other number. */
const char *vm_level_name(uint8_t level);
/* 0 for any other word. */
uint8_t vm_level_find(struct bytes word);
/* "secure_boot", ...: the word of vm.json. */
const char *vm_feature_word(enum vm_feature f);
/* False if there is no such word. */
bool vm_feature_find(struct bytes word, enum vm_feature *ret);

enum vm_rule vm_rule(uint8_t level, enum vm_feature f);
/* What a new VM of this level has; granted: see below. */
uint32_t vm_features_default(uint8_t level, uint32_t granted);

/*
 * granted: the features that VM_RULE_OWNER leaves to the owner and that the
 * grant allows. PolicyLowered with the feature and why.
 */
MUST_CHECK int vm_features_check(uint8_t level, uint32_t features,
    uint32_t granted, struct diag *d);
/*
 * Whether a running VM may be asked for something that takes this feature:
 * PolicyLowered if it never can, VmFeatureOff if it could be switched on.
 */
MUST_CHECK int vm_feature_need(uint8_t level, uint32_t features,
    enum vm_feature f, struct diag *d);

#endif
