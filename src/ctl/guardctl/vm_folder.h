/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's folder as a whole: which files are in it, whether they are what they
 * should be, and a copy of it. Nothing in it is secret without the owner's or
 * the fabric's guardian; nothing in it is trusted.
 */
#ifndef CTL_GUARDCTL_VM_FOLDER_H
#define CTL_GUARDCTL_VM_FOLDER_H

#include "protector/protector.h"
#include "vm/config.h"
#include "vm/vtpm.h"

#define VM_FILE_PREVIOUS VM_FILE_PROTECTOR ".prev"
#define VM_FILE_LOCK     ".lock" /* held by guard-vm while the VM runs */

/* A file that ends so and that vm.json does not name: a detached disk. */
#define VM_DISK_SUFFIX    ".img"
#define VM_DETACHED_MAX   16
#define VM_STATE_KEY_SIZE (2 * VTPM_KEY_SIZE) /* of state.key: exactly */

#define VM_FILES_MAX (6 + VM_CONFIG_DISKS + VM_DETACHED_MAX + VTPM_FILES_MAX)

struct vm_file {
	char path[NAME_MAX_LEN + 8]; /* in the folder: "nvram", "vtpm/..." */
	uint64_t size;
	uint64_t used; /* on disk; less where there are holes */
};

struct vm_folder {
	struct vm_config config;
	struct protector *protector; /* NULL: a regular VM */
	bool has_vtpm;
	uint64_t disk_size[VM_CONFIG_DISKS]; /* of the data */
	struct vm_file files[VM_FILES_MAX];
	size_t n_files;
	size_t n_detached;
	uint64_t used;
};

void vm_folder_free(struct vm_folder *f);
#define auto_vm_folder CLEANUP(vm_folder_free)

/*
 * Reads all but the disks' data. fd: the folder; what names it in refusals.
 * Refused with file and reason: links, devices, files of no VM, missing ones,
 * a vm.json or protector that is malformed or at odds with the other, a disk
 * that is not one of ours. Left out: locks, and files half written by a crash.
 * A regular VM's disks are its guest's: their contents are not looked at.
 */
MUST_CHECK int vm_folder_read(int fd, const char *what, struct vm_folder *ret,
    struct diag *d);

/* A disk's name: name_valid() and ends in ".img". */
bool vm_disk_name_valid(struct bytes name);
/* Whether a file of it is a disk that vm.json does not name. */
bool vm_folder_is_detached(const struct vm_folder *f,
    const struct vm_file *file);
/* The features that the owner leaves to the fabric: for vm_features_check(). */
uint32_t vm_folder_granted(const struct vm_folder *f);

/* Copies the files, as vm_folder_read() found them, into an empty folder. */
MUST_CHECK int vm_folder_copy(const struct vm_folder *f, int from_fd, int to_fd,
    struct diag *d);
/* An image's bytes into an empty file, durably; holes stay holes. */
MUST_CHECK int vm_copy_image(int from_fd, int to_fd, uint64_t size,
    struct diag *d);
/* ERR_LIMIT unless they have room on the file system of the folder fd. */
MUST_CHECK int vm_folder_check_room(const struct vm_folder *f, int fd,
    struct diag *d);

#endif
