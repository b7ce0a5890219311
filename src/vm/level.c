/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/level.h"

static const struct {
	uint8_t level;
	const char *name;
} levels[] = {
	{ VM_LEVEL_SHIELDED, "shielded" },
	{ VM_LEVEL_ENCRYPTION_SUPPORTED, "encryption-supported" },
	{ VM_LEVEL_REGULAR, "regular" },
};

static const struct {
	const char *word;
	const char *title;
	uint8_t regular, encrypted, shielded; /* enum vm_rule */
	bool usual;                           /* where it is optional */
} features[VM_FEATURES] = {
	[VM_FEATURE_SECURE_BOOT] = { "secure_boot", "Secure Boot",
	    VM_RULE_OPTIONAL, VM_RULE_REQUIRED, VM_RULE_REQUIRED, true },
	[VM_FEATURE_TPM] = { "tpm", "the virtual TPM", VM_RULE_OPTIONAL,
	    VM_RULE_REQUIRED, VM_RULE_REQUIRED, true },
	[VM_FEATURE_STATE_ENCRYPTION] = { "state_encryption",
	    "encryption of the VM's state", VM_RULE_OPTIONAL, VM_RULE_REQUIRED,
	    VM_RULE_REQUIRED, true },
	[VM_FEATURE_INTEGRATION] = { "integration",
	    "data exchange with the guest", VM_RULE_OPTIONAL, VM_RULE_OPTIONAL,
	    VM_RULE_FORBIDDEN, true },
	/* The fabric's way in is part of what an encrypted VM's type says. */
	[VM_FEATURE_CONSOLE] = { "console", "the console", VM_RULE_OPTIONAL,
	    VM_RULE_REQUIRED, VM_RULE_OWNER, true },
	[VM_FEATURE_SERIAL] = { "serial", "the serial port", VM_RULE_OPTIONAL,
	    VM_RULE_OPTIONAL, VM_RULE_FORBIDDEN, false },
	[VM_FEATURE_DEBUG] = { "debug", "a look into the VM's memory",
	    VM_RULE_OPTIONAL, VM_RULE_OPTIONAL, VM_RULE_FORBIDDEN, false },
};

const char *
vm_level_name(uint8_t level)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return NULL;
}

uint8_t
vm_level_find(struct bytes word)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (bytes_equal_text(word, levels[i].name))
			return levels[i].level;
	return 0;
}

const char *
vm_feature_word(enum vm_feature f)
{
	return features[f].word;
}

bool
vm_feature_find(struct bytes word, enum vm_feature *ret)
{
	for (size_t i = 0; i < VM_FEATURES; i++) {
		if (!bytes_equal_text(word, features[i].word))
			continue;
		*ret = (enum vm_feature)i;
		return true;
	}
	return false;
}

enum vm_rule
vm_rule(uint8_t level, enum vm_feature f)
{
	switch (level) {
	case VM_LEVEL_REGULAR:
		return (enum vm_rule)features[f].regular;
	case VM_LEVEL_ENCRYPTION_SUPPORTED:
		return (enum vm_rule)features[f].encrypted;
	case VM_LEVEL_SHIELDED:
		return (enum vm_rule)features[f].shielded;
	default:
		/* No level: nothing is allowed. */
		return VM_RULE_FORBIDDEN;
	}
}

uint32_t
vm_features_default(uint8_t level, uint32_t granted)
{
	uint32_t ret = 0;

	for (unsigned i = 0; i < VM_FEATURES; i++) {
		enum vm_rule rule = vm_rule(level, (enum vm_feature)i);

		if (rule == VM_RULE_REQUIRED ||
		    (rule == VM_RULE_OPTIONAL && features[i].usual) ||
		    (rule == VM_RULE_OWNER &&
			(granted & VM_FEATURE_BIT(i)) != 0))
			ret |= VM_FEATURE_BIT(i);
	}
	return ret;
}

static int
refuse(struct diag *d, uint8_t level, enum vm_feature f, const char *why)
{
	const char *name = vm_level_name(level);

	return diag_refuse(d, REASON_PolicyLowered, "%s: %s VM: %s %s",
	    features[f].word, name != NULL ? name : "no such type of",
	    features[f].title, why);
}

int
vm_features_check(uint8_t level, uint32_t given, uint32_t granted,
    struct diag *d)
{
	for (unsigned i = 0; i < VM_FEATURES; i++) {
		enum vm_feature f = (enum vm_feature)i;
		enum vm_rule rule = vm_rule(level, f);
		bool on = (given & VM_FEATURE_BIT(f)) != 0;

		if (!on && rule == VM_RULE_REQUIRED)
			return refuse(d, level, f, "cannot be switched off");
		if (on && rule == VM_RULE_FORBIDDEN)
			return refuse(d, level, f, "cannot be switched on");
		if (on && rule == VM_RULE_OWNER &&
		    (granted & VM_FEATURE_BIT(f)) == 0)
			return refuse(d, level, f,
			    "is not allowed by the owner's grant");
	}
	if (given >> VM_FEATURES != 0 || vm_level_name(level) == NULL)
		return diag_refuse(d, REASON_PolicyLowered,
		    "no such type of VM, or feature");
	return ERR_OK;
}

int
vm_feature_need(uint8_t level, uint32_t given, enum vm_feature f,
    struct diag *d)
{
	if ((given & VM_FEATURE_BIT(f)) != 0)
		return ERR_OK;
	switch (vm_rule(level, f)) {
	case VM_RULE_FORBIDDEN:
		return refuse(d, level, f, "is blocked");
	case VM_RULE_OWNER:
		return refuse(d, level, f,
		    "is off unless the owner's grant allows it");
	case VM_RULE_OPTIONAL:
	case VM_RULE_REQUIRED:
		break;
	}
	return diag_refuse(d, REASON_VmFeatureOff, "%s is off for this VM",
	    features[f].word);
}
