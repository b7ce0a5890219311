/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm import, vm export, vm remove: a VM's folder comes, goes, or is no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/file.h"
#include "ctl/common/ask.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/staging.h"
#include "ctl/guardctl/vm_folder.h"
#include "ctl/guardctl/vm_local.h"
#include "disk/image.h"
#include "vm/security.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define UNDO_SIZE    128

/* The files, then once more read as they came to lie. */
static int
copy_and_verify(const struct vm_folder *f, int from_fd, struct staging *s,
    struct diag *d)
{
	auto_vm_folder struct vm_folder copy = { 0 };
	int r;

	if ((r = vm_folder_check_room(f, s->fd, d)) < 0 ||
	    (r = vm_folder_copy(f, from_fd, s->fd, d)) < 0)
		return r;
	return vm_folder_read(s->fd, "the copy", &copy, d);
}

/* vm.json is the fabric's: its name is what the VM is called here. */
static int
rename_vm(const struct vm_folder *f, const struct staging *s, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	struct vm_config config = f->config;
	int r;

	if (strcmp(config.name, s->name) == 0)
		return ERR_OK;
	(void)snprintf(config.name, sizeof(config.name), "%s", s->name);
	if ((r = vm_config_write(&config, &b, d)) < 0)
		return r;
	return file_write_atomic(s->fd, VM_FILE_CONFIG, 0600, buf_bytes(&b), d);
}

/* Worth knowing before the first start, but no reason to refuse. */
static void
tell_firmware(struct cli *cli, const struct host *h, const struct vm_config *c)
{
	auto_buf struct buf b = BUF_INIT(VM_FIRMWARE_MAX);
	char path[PATH_TEXT_MAX];
	uint8_t digest[SHA256_SIZE];
	struct diag d = { 0 };

	if (host_firmware(h, path, sizeof(path), &d) < 0 ||
	    file_read(AT_FDCWD, path, VM_FIRMWARE_MAX, &b, &d) < 0) {
		reply_line(cli, "note: the firmware cannot be read: %s",
		    d.text);
		return;
	}
	sha256(buf_bytes(&b), digest);
	if (!bytes_equal(BYTES_OF_ARRAY(digest), BYTES_OF_ARRAY(c->firmware)))
		reply_line(cli,
		    "note: made for another firmware than %s: it will not "
		    "start with this one",
		    path);
}

static void
tell_vm(struct cli *cli, const struct vm_folder *f, const char *name)
{
	char id[2 * VM_ID_SIZE + 1] = "";

	reply_data_text(cli, "name", name);
	reply_data_text(cli, "level", vm_level_name(f->config.level));
	if (f->protector != NULL) {
		hex_format(BYTES_OF_ARRAY(f->protector->core->seal.vm_id), id);
		reply_data_text(cli, "vm_id", id);
	}
	reply_data_number(cli, "bytes", f->used);
	reply_line(cli, "%s: %s, %u CPUs, %u MiB, %zu disk%s%s%s", name,
	    vm_level_name(f->config.level), (unsigned)f->config.cpus,
	    (unsigned)f->config.memory, f->config.n_disks,
	    f->config.n_disks == 1 ? "" : "s",
	    f->protector != NULL ? ", VM id " : "", id);
}

/* T72: a regular VM boots from a raw disk, not from what names others. */
static int
check_boot_disk(const struct vm_folder *f, int fd, const char *dir,
    struct diag *d)
{
	const char *file = f->config.disks[0].file;
	auto_close int disk = -1;
	uint64_t size;
	int r;

	if (f->config.level != VM_LEVEL_REGULAR)
		return ERR_OK;
	disk = openat(fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (disk < 0)
		return diag_errno(d, "%s/%s", dir, file);
	if ((r = image_check(disk, file, &size, d)) < 0)
		diag_prefix(d, "%s", dir);
	return r;
}

/* Whoever changes the folder with shield locks it; so do we, to read it. */
static int
open_source(const char *dir, int *ret_fd, struct diag *d)
{
	auto_close int fd = open(dir, FOLDER_FLAGS);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return diag_fail(d, ERR_NOT_FOUND, "%s: no such folder", dir);
	if (fd < 0)
		return diag_errno(d, "%s", dir);
	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		return diag_refuse(d, REASON_InUse,
		    "%s: is being changed by another command", dir);
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

int
cmd_vm_import(struct cli *cli, struct diag *d)
{
	const char *dir = cli_arg(cli, 0), *name = cli_option(cli, "name");
	auto_vm_folder struct vm_folder f = { 0 };
	auto_staging struct staging s = STAGING_NONE;
	auto_close int from = -1;
	char undo[UNDO_SIZE];
	struct host h;
	int r;

	if (name != NULL && name_check("--name", bytes_of_text(name), d) < 0)
		return ERR_USAGE;
	if ((r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &h, d)) < 0 ||
	    (r = open_source(dir, &from, d)) < 0 ||
	    (r = vm_folder_read(from, dir, &f, d)) < 0 ||
	    (r = check_boot_disk(&f, from, dir, d)) < 0)
		return r;
	if (name == NULL)
		name = f.config.name;
	if ((r = staging_begin(h.vm_dir, name, &s, d)) < 0 ||
	    (r = copy_and_verify(&f, from, &s, d)) < 0 ||
	    (r = rename_vm(&f, &s, d)) < 0 || (r = staging_commit(&s, d)) < 0)
		return r;
	tell_vm(cli, &f, name);
	/* Of a regular VM it is a note only. */
	if (f.protector != NULL)
		tell_firmware(cli, &h, &f.config);
	(void)snprintf(undo, sizeof(undo), "guardctl vm remove %s", name);
	reply_changed(cli, undo,
	    "%s imported; the folder it came from must not start anywhere else",
	    name);
	return ERR_OK;
}

/* "a/b/" is b in a; "b" is b here. */
static int
split_output(const char *path, char *parent, size_t size, const char **ret_name,
    char name[static NAME_MAX_LEN + 1], struct diag *d)
{
	size_t n = strlen(path), at;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (at = n; at > 0 && path[at - 1] != '/'; at--)
		;
	if (name_check("-o: the new folder's name", bytes_of(path + at, n - at),
		d) < 0)
		return ERR_USAGE;
	if (at >= size)
		return diag_fail(d, ERR_LIMIT, "-o: path too long");
	(void)snprintf(name, NAME_MAX_LEN + 1, "%.*s", (int)(n - at),
	    path + at);
	(void)snprintf(parent, size, "%.*s", (int)at, path);
	if (at == 0)
		(void)snprintf(parent, size, ".");
	*ret_name = name;
	return ERR_OK;
}

int
cmd_vm_export(struct cli *cli, struct diag *d)
{
	const char *vm = cli_arg(cli, 0), *output = cli_option(cli, "o"), *name;
	auto_vm_folder struct vm_folder f = { 0 };
	auto_vm_local struct vm_local v = VM_LOCAL_NONE;
	auto_staging struct staging s = STAGING_NONE;
	char parent[PATH_TEXT_MAX], own[NAME_MAX_LEN + 1];
	struct host h;
	int r;

	if (output == NULL)
		return diag_fail(d, ERR_USAGE, "-o DIR is needed");
	if ((r = split_output(output, parent, sizeof(parent), &name, own, d)) <
		0 ||
	    (r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &h, d)) < 0 ||
	    (r = vm_local_open(&h, vm, &v, d)) < 0 ||
	    (r = vm_local_lock(cli, vm, &v, d)) < 0 ||
	    (r = vm_folder_read(v.fd, vm, &f, d)) < 0 ||
	    (r = staging_begin(parent, name, &s, d)) < 0 ||
	    (r = copy_and_verify(&f, v.fd, &s, d)) < 0 ||
	    (r = staging_commit(&s, d)) < 0)
		return r;
	tell_vm(cli, &f, vm);
	if (f.protector == NULL)
		reply_changed(cli, NULL,
		    "%s written; all of %s is readable in it", output, vm);
	else
		reply_changed(cli, NULL,
		    "%s written; once %s starts here again, the HGS lets that "
		    "copy start no more",
		    output, vm);
	return ERR_OK;
}

int
cmd_vm_remove(struct cli *cli, struct diag *d)
{
	const char *vm = cli_arg(cli, 0);
	auto_vm_local struct vm_local v = VM_LOCAL_NONE;
	char question[NAME_MAX_LEN + 80];
	struct host h;
	int r;

	(void)snprintf(question, sizeof(question),
	    "Remove the VM %s with its disks, for good?", vm);
	if ((r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &h, d)) < 0 ||
	    (r = vm_local_open(&h, vm, &v, d)) < 0 ||
	    (r = vm_local_lock(cli, vm, &v, d)) < 0 ||
	    (r = ask_confirm(cli, question, d)) < 0 ||
	    (r = folder_remove(v.dir_fd, vm, d)) < 0)
		return r;
	reply_changed(cli, NULL,
	    "%s removed; only a copy of its folder brings it back", vm);
	return ERR_OK;
}
