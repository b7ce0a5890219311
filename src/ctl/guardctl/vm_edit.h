/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of 'vm set', and which of them a VM's type and its owner allow.
 * Changes a vm.json in memory; what it asks for beyond that is told.
 */
#ifndef CTL_GUARDCTL_VM_EDIT_H
#define CTL_GUARDCTL_VM_EDIT_H

#include "vm/config.h"

#define VM_EDIT_KEY_MAX   32
#define VM_EDIT_VALUE_MAX 64
#define VM_CHANGES_MAX    (2 + VM_FEATURES + VM_CONFIG_NETS)

/* What the owner's grant leaves to the fabric; all zero for a regular VM. */
struct vm_leave {
	uint32_t granted; /* as vm_features_check() has it */
	bool any_keys;    /* it names no Secure Boot keys */
};

struct vm_edit {
	struct vm_config config;
	struct vm_leave leave;
	/* "microsoft", "off" or a folder: nvram is to be made anew. Or NULL. */
	const char *secure_boot;
	char key[VM_EDIT_KEY_MAX]; /* of the last word, escaped */
	bool gone[VM_CONFIG_NETS]; /* net0 ... until vm_edit_finish() */
};

/*
 * One word "KEY=VALUE". ERR_USAGE for a key that there is not, or a value that
 * is none; PolicyLowered where the type or the owner says no.
 */
MUST_CHECK int vm_edit_word(struct vm_edit *e, const char *word,
    struct diag *d);

/* After the last word: networks move up to where others went. */
void vm_edit_finish(struct vm_edit *e);

/* Values as vm_edit_word() takes them. */
struct vm_change {
	char key[VM_EDIT_KEY_MAX];
	char from[VM_EDIT_VALUE_MAX];
	char to[VM_EDIT_VALUE_MAX];
};

/* How many of ret are filled. */
size_t vm_config_changes(const struct vm_config *from,
    const struct vm_config *to, struct vm_change ret[static VM_CHANGES_MAX]);

/* "BRIDGE" or "BRIDGE/MAC"; a MAC is made if there is none. ERR_USAGE. */
MUST_CHECK int vm_net_parse(const char *what, const char *text,
    struct vm_config_net *ret, struct diag *d);
/* "yes" or "no". */
MUST_CHECK int yes_no_parse(const char *what, const char *text, bool *ret,
    struct diag *d);

#endif
