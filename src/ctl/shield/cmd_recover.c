/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield vm recover: a disk as it is, by the owner's keys alone. Of the disk
 * that the VM was made with the key comes from the recovery blob, which the
 * seal binds: what a fabric did to the rest of the folder does not matter. The
 * keys of later disks are in the sealed secrets only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/folder.h"
#include "ctl/shield/guardians.h"
#include "disk/identity.h"
#include "disk/luks.h"

#define PATH_SIZE 4096

/* The boot disk's, whatever became of the rest. */
static int
open_recovery(const struct protector *p, const struct own_guardian *owner,
    struct vm_secrets *ret, struct diag *d)
{
	const struct grant *grant = p->core->grant;

	return recovery_open(p->recovery, p->core->seal.vm_id, grant->c.family,
	    &grant->owner_enc, owner->enc, ret, d);
}

/* Those of disks that came later as well; the folder must be of one piece. */
static int
open_secrets(const struct vm_folder *f, const struct own_guardian *owner,
    struct vm_secrets *ret, struct diag *d)
{
	auto_secret struct secret tk = SECRET_NONE;
	struct vm_binding binding;
	int r;

	if ((r = core_open(f->p->core, owner->enc, 0, &tk, d)) < 0 ||
	    (r = vm_folder_binding(f, f->p->core, &binding, d)) < 0)
		return r;
	return vm_secrets_open(f->p->secrets, secret_bytes(&tk), &binding, ret,
	    d);
}

static int
open_keys(const struct cli *cli, const struct vm_folder *f, bool boot,
    struct vm_secrets *ret, struct diag *d)
{
	auto_own_guardian struct own_guardian owner = { 0 };
	int r = guardians_open_owner(cli, f->p->core->grant, &owner, d);

	if (r < 0)
		return r;
	return boot ? open_recovery(f->p, &owner, ret, d)
		    : open_secrets(f, &owner, ret, d);
}

/* What is to be read, and which keys it may have. */
struct recovery {
	const struct vm_folder *f;
	const char *file;
	const struct vm_config_disk *disk; /* NULL: vm.json has none such */
	const struct vm_secrets *keys;
	bool shows_progress;
};

static int
extract_with(const struct recovery *x, const uint8_t *key, int image_fd,
    uint64_t *ret_size, struct diag *d)
{
	auto_close int fd = openat(x->f->fd, x->file,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct luks_copy copy = { .plain_fd = image_fd,
		.luks_fd = fd,
		.key = key,
		.shows_progress = x->shows_progress };
	struct disk_facts facts;
	int r;

	if (fd < 0)
		return diag_errno(d, "%s/%s", x->f->path, x->file);
	if ((r = disk_read_facts(fd, x->file, &facts, d)) < 0 ||
	    (r = luks_extract(&copy, facts.size, d)) < 0) {
		diag_prefix(d, "%s", x->f->path);
		return r;
	}
	*ret_size = facts.size;
	return ERR_OK;
}

/* Only a detached disk's own header knows which key is its: all are tried. */
static int
extract(const struct recovery *x, int image_fd, uint64_t *ret_size,
    struct diag *d)
{
	const struct vm_secrets *keys = x->keys;
	int r = diag_refuse(d, REASON_FileInvalid,
	    "%s: %s: the owner's keys have none for it", x->f->path, x->file);

	for (size_t i = 0; i < keys->n_disks; i++) {
		if (x->disk != NULL &&
		    !bytes_equal(BYTES_OF_ARRAY(keys->disks[i].id),
			BYTES_OF_ARRAY(x->disk->id)))
			continue;
		*d = (struct diag){ 0 };
		r = extract_with(x, keys->disks[i].key, image_fd, ret_size, d);
		if (r == ERR_OK || r == ERR_NOMEM)
			break;
	}
	return r;
}

/* IMAGE.new first, so that a file called IMAGE is a whole one. */
static int
write_image(const struct recovery *x, const char *image, uint64_t *ret_size,
    struct diag *d)
{
	auto_close int fd = -1;
	char temp[PATH_SIZE];
	int r;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.new", image) >=
	    sizeof(temp))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", image);
	if (access(image, F_OK) == 0)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s: is there already", image);
	if (unlink(temp) != 0 && errno != ENOENT)
		return diag_errno(d, "%s", temp);
	fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return diag_errno(d, "%s", temp);
	r = extract(x, fd, ret_size, d);
	if (r == ERR_OK &&
	    renameat2(AT_FDCWD, temp, AT_FDCWD, image, RENAME_NOREPLACE) != 0)
		r = diag_errno(d, "%s", image);
	if (r < 0)
		(void)unlink(temp);
	return r;
}

/* --disk FILE; the one that boots if there is none. */
static int
find_disk(const struct cli *cli, const struct vm_folder *f,
    struct recovery *ret, struct diag *d)
{
	const char *file = cli_option(cli, "disk");
	const struct vm_config *c = &f->config;

	if (file == NULL)
		file = c->disks[0].file;
	if (!name_valid(bytes_of_text(file)))
		return diag_fail(d, ERR_USAGE,
		    "--disk: the name of a file in the VM's folder is needed");
	if (faccessat(f->fd, file, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return diag_fail(d, ERR_NOT_FOUND, "%s: has no %s", f->path,
		    file);
	ret->f = f;
	ret->file = file;
	ret->disk = vm_config_disk(c, bytes_of_text(file));
	return ERR_OK;
}

int
cmd_vm_recover(struct cli *cli, struct diag *d)
{
	auto_vm_secrets struct vm_secrets keys = { 0 };
	auto_vm_folder struct vm_folder f = VM_FOLDER_NONE;
	const char *image = cli_option(cli, "o");
	struct recovery x = { .keys = &keys };
	uint64_t size;
	int r;

	if (image == NULL || strcmp(image, "-") == 0)
		return diag_fail(d, ERR_USAGE, "-o: a file is needed");
	x.shows_progress =
	    !cli->quiet && !cli->json && isatty(STDERR_FILENO) == 1;
	if ((r = vm_folder_open(cli_arg(cli, 0), &f, d)) < 0 ||
	    (r = find_disk(cli, &f, &x, d)) < 0 ||
	    (r = open_keys(cli, &f, x.disk == &f.config.disks[0], &keys, d)) <
		0 ||
	    (r = write_image(&x, image, &size, d)) < 0)
		return r;
	reply_data_text(cli, "disk", x.file);
	reply_data_text(cli, "image", image);
	reply_data_number(cli, "size", size);
	reply_changed(cli, NULL,
	    "%s holds the VM's disk unprotected (%llu bytes)", image,
	    (unsigned long long)size);
	return ERR_OK;
}
