/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield vm recover: the disk as it is, by the owner's keys alone. What a
 * fabric did to the rest of the folder does not matter: the keys come from the
 * recovery blob, which the seal binds.
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

static int
open_keys(const struct cli *cli, const struct protector *p,
    struct vm_secrets *ret, struct diag *d)
{
	auto_own_guardian struct own_guardian owner = { 0 };
	const struct grant *grant = p->core->grant;
	int r;

	if ((r = guardians_open_owner(cli, grant, &owner, d)) < 0)
		return r;
	return recovery_open(p->recovery, p->core->seal.vm_id, grant->c.family,
	    &grant->owner_enc, owner.enc, ret, d);
}

static int
find_key(const struct vm_folder *f, const struct vm_secrets *keys,
    const uint8_t **ret, struct diag *d)
{
	for (size_t i = 0; i < keys->n_disks; i++)
		if (bytes_equal(BYTES_OF_ARRAY(keys->disks[i].id),
			BYTES_OF_ARRAY(f->config.disks[0].id))) {
			*ret = keys->disks[i].key;
			return ERR_OK;
		}
	return diag_refuse(d, REASON_FileInvalid,
	    "%s: vm.json: disks: id: the owner's keys have none of this id",
	    f->path);
}

static int
extract(const struct vm_folder *f, const uint8_t *key, int image_fd,
    bool shows_progress, uint64_t *ret_size, struct diag *d)
{
	const char *file = f->config.disks[0].file;
	auto_close int fd =
	    openat(f->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct luks_copy copy = { .plain_fd = image_fd,
		.luks_fd = fd,
		.key = key,
		.shows_progress = shows_progress };
	struct disk_facts facts;
	int r;

	if (fd < 0)
		return diag_errno(d, "%s/%s", f->path, file);
	if ((r = disk_read_facts(fd, file, &facts, d)) < 0 ||
	    (r = luks_extract(&copy, facts.size, d)) < 0) {
		diag_prefix(d, "%s", f->path);
		return r;
	}
	*ret_size = facts.size;
	return ERR_OK;
}

/* IMAGE.new first, so that a file called IMAGE is a whole one. */
static int
write_image(const struct vm_folder *f, const uint8_t *key, const char *image,
    bool shows_progress, uint64_t *ret_size, struct diag *d)
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
	r = extract(f, key, fd, shows_progress, ret_size, d);
	if (r == ERR_OK &&
	    renameat2(AT_FDCWD, temp, AT_FDCWD, image, RENAME_NOREPLACE) != 0)
		r = diag_errno(d, "%s", image);
	if (r < 0)
		(void)unlink(temp);
	return r;
}

int
cmd_vm_recover(struct cli *cli, struct diag *d)
{
	auto_vm_secrets struct vm_secrets keys = { 0 };
	auto_vm_folder struct vm_folder f = VM_FOLDER_NONE;
	const char *image = cli_option(cli, "o");
	const uint8_t *key;
	uint64_t size;
	bool progress;
	int r;

	if (image == NULL || strcmp(image, "-") == 0)
		return diag_fail(d, ERR_USAGE, "-o: a file is needed");
	progress = !cli->quiet && !cli->json && isatty(STDERR_FILENO) == 1;
	if ((r = vm_folder_open(cli_arg(cli, 0), &f, d)) < 0 ||
	    (r = open_keys(cli, f.p, &keys, d)) < 0 ||
	    (r = find_key(&f, &keys, &key, d)) < 0 ||
	    (r = write_image(&f, key, image, progress, &size, d)) < 0)
		return r;
	reply_data_text(cli, "image", image);
	reply_data_number(cli, "size", size);
	reply_changed(cli, NULL,
	    "%s holds the VM's disk unprotected (%llu bytes)", image,
	    (unsigned long long)size);
	return ERR_OK;
}
