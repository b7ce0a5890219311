/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shielded VM's folder from a disk image: fresh keys, encrypted disk, vTPM,
 * firmware variables, and the protector that holds the keys.
 */
#ifndef CTL_SHIELD_MAKE_VM_H
#define CTL_SHIELD_MAKE_VM_H

#include "ctl/shield/guardians.h"
#include "ctl/shield/staging.h"
#include "protector/protector.h"
#include "vm/config.h"

struct vm_order {
	struct vm_config config; /* name, level, cpus, memory */
	int image_fd;
	uint64_t image_size;
	const char *firmware;    /* the code volume's file */
	const char *secure_boot; /* secure_boot_volume() */
	uint8_t unknown_vm;      /* enum grant_unknown_vm */
	bool clean_stop;         /* refuse to start after an unclean stop */
	bool quorum_restore;     /* the HGS's administrators may restore */
	bool console;            /* a shielded VM's display is shown */
	bool any_keys;           /* the fabric may change Secure Boot's keys */
	const struct own_guardian *owner;
	const struct guardian *guardians[GRANT_GUARDIANS_MAX];
	size_t n_guardians;
	bool shows_progress;
};

/* What to tell of it. */
struct vm_made {
	uint8_t vm_id[VM_ID_SIZE];
	uint8_t family[FAMILY_SIZE];
	uint8_t seal_digest[32];
	uint8_t secure_boot_keys[32];
	uint8_t firmware[32];
};

/* Into a staging folder; nothing of it lasts until that is committed. */
MUST_CHECK int make_vm(const struct vm_order *order, const struct staging *s,
    struct vm_made *ret, struct diag *d);

#endif
