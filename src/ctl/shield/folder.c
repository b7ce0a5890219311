/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "disk/identity.h"
#include "vm/security.h"

/* Failing to read what somebody handed in is a refusal, with its file. */
static int
refuse_file(struct diag *d, int r, const char *folder)
{
	if (r == ERR_NOMEM)
		return r;
	if (strncmp(d->text, folder, strlen(folder)) != 0)
		diag_prefix(d, "%s", folder);
	if (d->reason == REASON_NONE)
		d->reason = REASON_FileInvalid;
	return ERR_REFUSED;
}

static int
read_protector(int dir_fd, const char *file, const char *shown,
    struct protector **ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(PROTECTOR_MAX);
	int r;

	if ((r = file_read(dir_fd, file, PROTECTOR_MAX, &b, d)) < 0 ||
	    (r = protector_parse(buf_bytes(&b), ret, d)) < 0)
		return refuse_file(d, r, shown);
	return ERR_OK;
}

static int
read_config(struct vm_folder *f, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	int r;

	if ((r = file_read(f->fd, VM_FILE_CONFIG, VM_CONFIG_MAX, &b, d)) < 0 ||
	    (r = vm_config_parse(buf_bytes(&b), &f->config, d)) < 0)
		return refuse_file(d, r, f->path);
	if (f->config.level != f->p->core->grant->c.policy.level)
		return diag_refuse(d, REASON_PolicyLowered,
		    "%s: vm.json: level: the grant says %s", f->path,
		    grant_level_name(f->p->core->grant->c.policy.level));
	return ERR_OK;
}

/* The other parts of the refusal would only say that a file is missing. */
static int
refuse_regular(int dir_fd, const char *path, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	struct vm_config config;
	struct stat st;

	if (fstatat(dir_fd, VM_FILE_PROTECTOR, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    file_read(dir_fd, VM_FILE_CONFIG, VM_CONFIG_MAX, &b, NULL) < 0 ||
	    vm_config_parse(buf_bytes(&b), &config, NULL) < 0 ||
	    config.level != VM_LEVEL_REGULAR)
		return ERR_OK;
	return diag_refuse(d, REASON_FileInvalid,
	    "%s: a regular VM: it has no owner and no protector", path);
}

int
vm_folder_open(const char *path, struct vm_folder *ret, struct diag *d)
{
	auto_vm_folder struct vm_folder f = VM_FOLDER_NONE;
	int r;

	f.path = path;
	f.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.fd < 0)
		return diag_fail(d, ERR_NOT_FOUND, "%s: not a VM's folder",
		    path);
	if (flock(f.fd, LOCK_EX | LOCK_NB) != 0)
		return diag_refuse(d, REASON_VmRunning,
		    "%s: the VM is running or being changed", path);
	if ((r = refuse_regular(f.fd, path, d)) < 0 ||
	    (r = read_protector(f.fd, VM_FILE_PROTECTOR, path, &f.p, d)) < 0 ||
	    (r = read_config(&f, d)) < 0)
		return r;
	*ret = f;
	f = (struct vm_folder)VM_FOLDER_NONE;
	return ERR_OK;
}

void
vm_folder_free(struct vm_folder *f)
{
	protector_free(f->p);
	f->p = NULL;
	close_p(&f->fd);
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
protector_load(const char *path, struct protector **ret, struct diag *d)
{
	auto_close int fd = -1;
	int r;

	if (!is_folder(path))
		return read_protector(AT_FDCWD, path, path, ret, d);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d, "%s", path);
	if ((r = refuse_regular(fd, path, d)) < 0)
		return r;
	return read_protector(fd, VM_FILE_PROTECTOR, path, ret, d);
}

int
protector_folder(const char *path, char *ret, size_t size, struct diag *d)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t n = slash == NULL ? 1 : (size_t)(slash - path);

	if (is_folder(path))
		n = strlen(path);
	else if (strcmp(name, VM_FILE_PROTECTOR) != 0)
		return diag_fail(d, ERR_USAGE,
		    "%s: a VM's folder, or the protector in it, is needed",
		    path);
	else if (slash == NULL)
		path = ".";
	else if (n == 0)
		n = 1;
	if ((size_t)snprintf(ret, size, "%.*s", (int)n, path) >= size)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", path);
	return ERR_OK;
}

void
vm_binding_fill(const struct core *core, const uint8_t firmware[static 32],
    const uint8_t boot_disk[static 32], struct vm_binding *ret)
{
	const struct grant_policy *policy = &core->grant->c.policy;
	struct vm_binding b = { 0 };

	memcpy(b.vm_id, core->seal.vm_id, sizeof(b.vm_id));
	memcpy(b.seal_digest, core->seal_digest, sizeof(b.seal_digest));
	memcpy(b.owner_id, core->grant->owner_id, sizeof(b.owner_id));
	b.level = policy->level;
	memcpy(b.firmware_digest, firmware, sizeof(b.firmware_digest));
	memcpy(b.secure_boot_keys, policy->secure_boot_keys,
	    sizeof(b.secure_boot_keys));
	memcpy(b.boot_disk, boot_disk, sizeof(b.boot_disk));
	b.device_classes = vm_device_classes(policy->level, policy->console);
	*ret = b;
}

int
vm_folder_binding(const struct vm_folder *f, const struct core *core,
    struct vm_binding *ret, struct diag *d)
{
	const char *file = f->config.disks[0].file;
	auto_close int fd =
	    openat(f->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct disk_facts facts;
	int r;

	if (fd < 0)
		return diag_errno(d, "%s/%s", f->path, file);
	if ((r = disk_read_facts(fd, file, &facts, d)) < 0)
		return refuse_file(d, r, f->path);
	vm_binding_fill(core, f->config.firmware, facts.identity, ret);
	return ERR_OK;
}
