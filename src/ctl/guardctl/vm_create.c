/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm create: a VM of the fabric's own. VMs with an owner come by 'vm import'.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "ctl/common/reply.h"
#include "ctl/common/secureboot.h"
#include "ctl/common/size.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/host.h"
#include "ctl/guardctl/staging.h"
#include "ctl/guardctl/vm_edit.h"
#include "ctl/guardctl/vm_folder.h"
#include "ctl/guardctl/vm_parts.h"
#include "disk/image.h"
#include "vm/security.h"

#define DISK           "disk0.img"
#define MEMORY_DEFAULT 2048 /* MiB */
#define CPUS_DEFAULT   2
#define UNDO_SIZE      128

/* What is asked for. */
struct wanted {
	struct vm_config config;
	const char *secure_boot;
	int image_fd; /* -1: an empty disk */
	uint64_t size;
};

static void
wanted_free(struct wanted *w)
{
	close_p(&w->image_fd);
}

static int
check_type(const char *type, struct diag *d)
{
	if (type == NULL)
		return diag_fail(d, ERR_USAGE, "--type is needed: regular");
	if (strcmp(type, "regular") == 0)
		return ERR_OK;
	if (strcmp(type, "shielded") != 0 && strcmp(type, "encrypted") != 0 &&
	    strcmp(type, "encryption-supported") != 0)
		return diag_fail(d, ERR_USAGE, "--type: no such type of VM");
	return diag_refuse(d, REASON_PolicyLowered,
	    "--type: the owner of such a VM makes it, with 'shield vm "
	    "protect'; 'guardctl vm import' takes it");
}

/* Options that are words of vm.json as well. */
static int
read_features(const struct cli *cli, struct vm_edit *e, struct diag *d)
{
	static const char *const keys[] = { "tpm", "state-encryption",
		"console", "serial", "integration", "debug", "memory", "cpus",
		"secure-boot" };
	char word[512];
	int r;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *value = cli_option(cli, keys[i]);

		if (value == NULL)
			continue;
		if ((size_t)snprintf(word, sizeof(word), "%s=%s", keys[i],
			value) >= sizeof(word))
			return diag_fail(d, ERR_USAGE, "--%s: too long",
			    keys[i]);
		if ((r = vm_edit_word(e, word, d)) < 0)
			return r;
	}
	return ERR_OK;
}

static int
read_nets(const struct cli *cli, struct vm_config *ret, struct diag *d)
{
	const char *text;
	int r;

	while ((text = cli_option_at(cli, "net", ret->n_nets)) != NULL) {
		if (ret->n_nets == VM_CONFIG_NETS)
			return diag_fail(d, ERR_USAGE,
			    "--net: at most %d networks", VM_CONFIG_NETS);
		r = vm_net_parse("--net", text, &ret->nets[ret->n_nets], d);
		if (r < 0)
			return r;
		ret->n_nets++;
	}
	return ERR_OK;
}

static int
read_disk(const struct cli *cli, struct wanted *w, struct diag *d)
{
	const char *image = cli_option(cli, "disk");
	const char *size = cli_option(cli, "disk-size");

	if ((image == NULL) == (size == NULL))
		return diag_fail(d, ERR_USAGE,
		    "one of --disk and --disk-size is needed");
	if (size != NULL)
		return size_disk("--disk-size", size, &w->size, d);
	/* T72: a raw image, and none that could name other files. */
	return image_open(image, &w->image_fd, &w->size, d);
}

static int
read_wanted(const struct cli *cli, struct wanted *w, struct diag *d)
{
	const char *secure_boot = cli_option(cli, "secure-boot");
	struct vm_edit e = { .config = { .level = VM_LEVEL_REGULAR,
				 .memory = MEMORY_DEFAULT,
				 .cpus = CPUS_DEFAULT } };
	int r;

	e.config.features = vm_features_default(VM_LEVEL_REGULAR, 0);
	(void)snprintf(e.config.name, sizeof(e.config.name), "%s",
	    cli_arg(cli, 0));
	if ((r = check_type(cli_option(cli, "type"), d)) < 0 ||
	    (r = read_features(cli, &e, d)) < 0 ||
	    (r = read_nets(cli, &e.config, d)) < 0 ||
	    (r = read_disk(cli, w, d)) < 0)
		return r;
	w->config = e.config;
	w->secure_boot =
	    secure_boot != NULL ? secure_boot : SECURE_BOOT_MICROSOFT;
	return ERR_OK;
}

/* A note of what it was made with; nothing is bound to it. */
static int
measure_firmware(const struct host *h, uint8_t ret[static 32], struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_FIRMWARE_MAX);
	char path[PATH_TEXT_MAX];
	int r;

	if ((r = host_firmware(h, path, sizeof(path), d)) < 0 ||
	    (r = file_read(AT_FDCWD, path, VM_FIRMWARE_MAX, &b, d)) < 0)
		return r;
	sha256(buf_bytes(&b), ret);
	return ERR_OK;
}

static int
make_nvram(const struct wanted *w, int fd, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_NVRAM_MAX);
	int r = vm_make_nvram(w->secure_boot, &b, d);

	if (r < 0)
		return r;
	return file_create(fd, VM_FILE_NVRAM, 0600, buf_bytes(&b), d);
}

static int
make_vtpm(const struct host *h, const struct wanted *w, int fd, struct diag *d)
{
	uint32_t features = w->config.features;

	if ((features & VM_FEATURE_BIT(VM_FEATURE_TPM)) == 0)
		return ERR_OK;
	return vm_make_vtpm(h->vm_dir, w->config.name,
	    (features & VM_FEATURE_BIT(VM_FEATURE_STATE_ENCRYPTION)) != 0, fd,
	    d);
}

/* Sparse: room is what the image's own bytes take. */
static int
check_room(const struct wanted *w, int fd, struct diag *d)
{
	struct vm_folder f = { 0 };
	struct stat st;

	if (w->image_fd >= 0) {
		if (fstat(w->image_fd, &st) != 0)
			return diag_errno(d, "--disk");
		f.used = (uint64_t)st.st_blocks * 512;
		if (f.used > w->size)
			f.used = w->size;
	}
	return vm_folder_check_room(&f, fd, d);
}

static int
make_disk(const struct wanted *w, int fd, struct diag *d)
{
	auto_close int disk = -1;
	int r = check_room(w, fd, d);

	if (r < 0)
		return r;
	disk = openat(fd, DISK,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (disk < 0)
		return diag_errno(d, DISK ": cannot make");
	if (w->image_fd >= 0) {
		r = vm_copy_image(w->image_fd, disk, w->size, d);
		if (r < 0)
			diag_prefix(d, "--disk");
		return r;
	}
	if (ftruncate(disk, (off_t)w->size) != 0 || fsync(disk) != 0)
		return diag_errno(d, DISK ": cannot set its length");
	return ERR_OK;
}

static int
make_config(struct wanted *w, int fd, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	struct vm_config_disk *disk = &w->config.disks[0];
	int r;

	w->config.n_disks = 1;
	(void)snprintf(disk->file, sizeof(disk->file), DISK);
	random_bytes(disk->id, sizeof(disk->id));
	if ((r = vm_config_write(&w->config, &b, d)) < 0)
		return r;
	return file_create(fd, VM_FILE_CONFIG, 0600, buf_bytes(&b), d);
}

static int
make_all(const struct host *h, struct wanted *w, struct diag *d)
{
	auto_vm_folder struct vm_folder made = { 0 };
	auto_staging struct staging s = STAGING_NONE;
	int r;

	/* What is refused early comes early: the disk is the long part. */
	if ((r = staging_begin(h->vm_dir, w->config.name, &s, d)) < 0 ||
	    (r = make_nvram(w, s.fd, d)) < 0 ||
	    (r = make_vtpm(h, w, s.fd, d)) < 0 ||
	    (r = make_config(w, s.fd, d)) < 0 ||
	    (r = make_disk(w, s.fd, d)) < 0 ||
	    (r = vm_folder_read(s.fd, w->config.name, &made, d)) < 0)
		return r;
	return staging_commit(&s, d);
}

int
cmd_vm_create(struct cli *cli, struct diag *d)
{
	CLEANUP(wanted_free) struct wanted w = { .image_fd = -1 };
	const char *name = cli_arg(cli, 0);
	char undo[UNDO_SIZE];
	struct host h;
	int r;

	if ((r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &h, d)) < 0 ||
	    (r = read_wanted(cli, &w, d)) < 0 ||
	    (r = measure_firmware(&h, w.config.firmware, d)) < 0 ||
	    (r = make_all(&h, &w, d)) < 0)
		return r;
	reply_data_text(cli, "name", name);
	reply_data_text(cli, "level", vm_level_name(w.config.level));
	reply_data_number(cli, "size", w.size);
	(void)snprintf(undo, sizeof(undo), "guardctl vm remove %s", name);
	reply_changed(cli, undo,
	    "%s made; who has its host's files can read all of it", name);
	return ERR_OK;
}
