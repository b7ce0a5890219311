/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.json: the fabric's part of a VM's folder, in a closed vocabulary, so that
 * there is no word in it by which a VM could be given a console, a foreign
 * device or an argument of QEMU's. Nothing here is secret and nothing here is
 * trusted: what decides how safely the VM runs is bound into its sealed
 * secrets as well (struct vm_binding). doc/FORMAT.vm-folder.
 */
#ifndef VM_CONFIG_H
#define VM_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "vm/level.h"

/* Names in a VM's folder. Disks have names of their own in vm.json. */
#define VM_FILE_CONFIG    "vm.json"
#define VM_FILE_TICKET    "restore-ticket"
#define VM_FILE_PROTECTOR "protector"
#define VM_FILE_NVRAM     "nvram"
#define VM_FILE_STATE_KEY "state.key" /* a regular VM's */
#define VM_DIR_VTPM       "vtpm"

#define VM_CONFIG_MAX     ((size_t)16 << 10)
#define VM_CONFIG_VERSION 1
#define VM_CONFIG_DISKS   8
#define VM_CONFIG_NETS    4
#define VM_CPUS_MAX       64
#define VM_MEMORY_MIN     128                 /* MiB */
#define VM_MEMORY_MAX     ((uint32_t)1 << 20) /* MiB */
#define VM_DISK_ID_SIZE   16
#define VM_BRIDGE_MAX     15 /* IFNAMSIZ - 1 */
#define VM_MAC_SIZE       6

struct vm_config_disk {
	char file[NAME_MAX_LEN + 1]; /* in the folder */
	uint8_t id[VM_DISK_ID_SIZE]; /* as in vm_secrets.disks[].id */
};

struct vm_config_net {
	char bridge[VM_BRIDGE_MAX + 1]; /* of the host */
	uint8_t mac[VM_MAC_SIZE];       /* of the guest's card */
};

struct vm_config {
	char name[NAME_MAX_LEN + 1];
	uint8_t level;     /* enum vm_level; the grant decides, this says */
	uint32_t features; /* VM_FEATURE_BIT()s, as the level allows */
	uint16_t cpus;
	uint32_t memory; /* MiB */
	/* SHA-256 of the firmware's code volume that the VM was made for. */
	uint8_t firmware[32];
	struct vm_config_disk disks[VM_CONFIG_DISKS]; /* the first one boots */
	size_t n_disks;                               /* at least one */
	struct vm_config_net nets[VM_CONFIG_NETS];
	size_t n_nets;
};

/*
 * FileInvalid with the place: unknown or missing words, values out of range,
 * a file name that is used twice or is another part's. PolicyLowered: a
 * feature that the level forbids, or one that it requires and is off; what
 * the level leaves to the owner passes here (vm_features_check()).
 */
MUST_CHECK int vm_config_parse(struct bytes json, struct vm_config *ret,
    struct diag *d);
/* Appends; vm_config_parse() reads it back as it was. */
MUST_CHECK int vm_config_write(const struct vm_config *config, struct buf *ret,
    struct diag *d);

/* A disk of this name; NULL if there is none. */
const struct vm_config_disk *vm_config_disk(const struct vm_config *config,
    struct bytes file);
/* "02:00:5e:00:00:01"; FileInvalid for a group's address or another form. */
MUST_CHECK int vm_mac_parse(struct bytes text, uint8_t ret[static VM_MAC_SIZE],
    struct diag *d);
void vm_mac_format(const uint8_t mac[static VM_MAC_SIZE], char ret[static 18]);
/* A name that the kernel takes for a network device, too. */
bool vm_bridge_valid(struct bytes name);

#endif
