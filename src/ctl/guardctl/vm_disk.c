/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm disk attach, detach, resize: by guard-vm while the VM runs, since it
 * alone has or makes the keys; here what needs none while it does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/random.h"
#include "ctl/common/remote.h"
#include "ctl/common/reply.h"
#include "ctl/common/size.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/vm_folder.h"
#include "ctl/guardctl/vm_local.h"
#include "disk/identity.h"
#include "disk/image.h"

#define DISK_MS   600000
#define UNDO_SIZE (2 * NAME_MAX_LEN + 64)

/* One command. */
struct disk_work {
	struct cli *cli;
	const char *verb;
	const char *vm;
	const char *disk;
	uint64_t size; /* 0: not given */
	struct host h;
	struct vm_local v;
	struct vm_folder f;
};

static void
disk_work_free(struct disk_work *w)
{
	vm_folder_free(&w->f);
	vm_local_close(&w->v);
}

static int
begin(struct cli *cli, const char *verb, struct disk_work *ret, struct diag *d)
{
	const char *size = cli_option(cli, "size");
	char shown[NAME_MAX_LEN + 1];
	int r;

	*ret = (struct disk_work){ .cli = cli,
		.verb = verb,
		.vm = cli_arg(cli, 1),
		.disk = cli_arg(cli, 2),
		.v = VM_LOCAL_NONE };
	if (!vm_disk_name_valid(bytes_of_text(ret->disk))) {
		text_escape(bytes_of_text(ret->disk), shown, sizeof(shown));
		return diag_fail(d, ERR_USAGE,
		    "%s: a file name in the VM's folder that ends with "
		    ".img is needed",
		    shown);
	}
	if (size != NULL && strcmp(verb, "detach") == 0)
		return diag_fail(d, ERR_USAGE, "detach: takes no --size");
	if (size == NULL && strcmp(verb, "resize") == 0)
		return diag_fail(d, ERR_USAGE, "resize: --size is needed");
	if (size != NULL && (r = size_disk("--size", size, &ret->size, d)) < 0)
		return r;
	return host_load(cli, &ret->h, d);
}

static int
ask_guardd(const struct disk_work *w, struct diag *d)
{
	struct remote_request q = { .socket = REMOTE_GUARD_SOCKET,
		.timeout_ms = DISK_MS };
	char command[32], size[24];

	(void)snprintf(command, sizeof(command), "vm disk %s", w->verb);
	q.command = command;
	q.args = json_pack("{s:s, s:s}", "NAME", w->vm, "DISK", w->disk);
	if (w->size != 0) {
		(void)snprintf(size, sizeof(size), "%llu",
		    (unsigned long long)w->size);
		(void)json_object_set_new(q.args, "size", json_string(size));
	}
	return remote_call(w->cli, &q, NULL, d);
}

/* 1: it is stopped, locked and read; 0: it runs, or guardd shall say. */
static int
is_stopped(struct disk_work *w, struct diag *d)
{
	int r;

	/* Who may not lock it may ask guardd. */
	if (geteuid() != 0) {
		r = vm_local_check(&w->h, w->vm, d);
		return r < 0 ? r : 0;
	}
	if ((r = vm_local_open(&w->h, w->vm, &w->v, d)) < 0)
		return r;
	r = vm_local_lock(w->cli, w->vm, &w->v, d);
	if (r < 0 && d->reason == REASON_VmRunning) {
		vm_local_close(&w->v);
		*d = (struct diag){ 0 };
		return 0;
	}
	if (r < 0 || (r = vm_folder_read(w->v.fd, w->vm, &w->f, d)) < 0)
		return r;
	return 1;
}

static int
write_config(const struct disk_work *w, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	int r = vm_config_write(&w->f.config, &b, d);

	if (r < 0)
		return r;
	return file_write_atomic(w->v.fd, VM_FILE_CONFIG, 0600, buf_bytes(&b),
	    d);
}

static void
tell(const struct disk_work *w, uint64_t size)
{
	reply_data_text(w->cli, "name", w->vm);
	reply_data_text(w->cli, "disk", w->disk);
	if (size != 0)
		reply_data_number(w->cli, "size", size);
}

/* Its place in vm.json. */
static int
find(const struct disk_work *w, size_t *ret, struct diag *d)
{
	const struct vm_config *c = &w->f.config;

	for (size_t i = 0; i < c->n_disks; i++)
		if (strcmp(c->disks[i].file, w->disk) == 0) {
			*ret = i;
			return ERR_OK;
		}
	return diag_fail(d, ERR_NOT_FOUND, "%s: has no disk %s", w->vm,
	    w->disk);
}

/* --- attach --- */

static int
make_disk(const struct disk_work *w, struct diag *d)
{
	auto_close int fd = openat(w->v.fd, w->disk,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return diag_fail(d, ERR_EXISTS,
		    "%s: %s is there already: attach it without --size", w->vm,
		    w->disk);
	if (fd < 0)
		return diag_errno(d, "%s: %s: cannot make", w->vm, w->disk);
	if (ftruncate(fd, (off_t)w->size) != 0 || fsync(fd) != 0) {
		int r = diag_errno(d, "%s: %s: cannot set its length", w->vm,
		    w->disk);

		(void)unlinkat(w->v.fd, w->disk, 0);
		return r;
	}
	return ERR_OK;
}

/* A detached one that is to come back. */
static int
check_disk(const struct disk_work *w, uint64_t *ret_size, struct diag *d)
{
	struct stat st;

	if (fstatat(w->v.fd, w->disk, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return diag_fail(d, ERR_NOT_FOUND,
		    "%s: there is no %s: --size makes it", w->vm, w->disk);
	if (!S_ISREG(st.st_mode))
		return diag_refuse(d, REASON_ImageUnsafe,
		    "%s: %s: not a plain file", w->vm, w->disk);
	if (st.st_size <= 0 || st.st_size % IMAGE_SECTOR != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: %s: not whole sectors of 512 bytes", w->vm, w->disk);
	*ret_size = (uint64_t)st.st_size;
	return ERR_OK;
}

static int
attach_stopped(struct disk_work *w, struct diag *d)
{
	struct vm_config *c = &w->f.config;
	struct vm_config_disk *disk;
	uint64_t size = w->size;
	char undo[UNDO_SIZE];
	int r;

	if (c->level != VM_LEVEL_REGULAR)
		return diag_refuse(d, REASON_VmNotRunning,
		    "%s: start it: a disk's key is made and found while it "
		    "runs",
		    w->vm);
	if (vm_config_disk(c, bytes_of_text(w->disk)) != NULL)
		return diag_fail(d, ERR_EXISTS, "%s: %s is attached already",
		    w->vm, w->disk);
	if (c->n_disks == VM_CONFIG_DISKS)
		return diag_fail(d, ERR_LIMIT, "%s: has %d disks already",
		    w->vm, VM_CONFIG_DISKS);
	r = w->size != 0 ? make_disk(w, d) : check_disk(w, &size, d);
	if (r < 0)
		return r;
	disk = &c->disks[c->n_disks++];
	(void)snprintf(disk->file, sizeof(disk->file), "%s", w->disk);
	random_bytes(disk->id, sizeof(disk->id));
	if ((r = write_config(w, d)) < 0)
		return r;
	tell(w, size);
	(void)snprintf(undo, sizeof(undo), "guardctl vm disk detach %s %s",
	    w->vm, w->disk);
	reply_changed(w->cli, undo, "%s: %s attached, %llu MiB", w->vm, w->disk,
	    (unsigned long long)(size >> 20));
	return ERR_OK;
}

/* --- detach --- */

static int
detach_stopped(struct disk_work *w, struct diag *d)
{
	struct vm_config *c = &w->f.config;
	char undo[UNDO_SIZE];
	size_t i;
	int r;

	if ((r = find(w, &i, d)) < 0)
		return r;
	if (i == 0)
		return diag_refuse(d, REASON_InUse,
		    "%s: %s: the VM boots from it", w->vm, w->disk);
	c->n_disks--;
	memmove(&c->disks[i], &c->disks[i + 1],
	    (c->n_disks - i) * sizeof(c->disks[0]));
	if ((r = write_config(w, d)) < 0)
		return r;
	tell(w, 0);
	(void)snprintf(undo, sizeof(undo), "guardctl vm disk attach %s %s",
	    w->vm, w->disk);
	reply_changed(w->cli, undo,
	    "%s: %s detached; the file stays in the VM's folder", w->vm,
	    w->disk);
	return ERR_OK;
}

/* --- resize --- */

/* Where the data starts: behind the LUKS header of an owner's VM's disk. */
static int
read_payload(const struct disk_work *w, int fd, uint64_t *ret, struct diag *d)
{
	struct disk_facts facts;
	int r;

	*ret = 0;
	if (w->f.config.level == VM_LEVEL_REGULAR)
		return ERR_OK;
	if ((r = disk_read_facts(fd, w->disk, &facts, d)) == ERR_OK)
		*ret = facts.payload;
	return r;
}

static int
grow(const struct disk_work *w, uint64_t old, struct diag *d)
{
	auto_close int fd =
	    openat(w->v.fd, w->disk, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	uint64_t payload;
	int r;

	if (fd < 0)
		return diag_errno(d, "%s: %s", w->vm, w->disk);
	if (w->size < old)
		return diag_fail(d, ERR_REFUSED,
		    "%s: %s: has %llu MiB: a disk is never made smaller", w->vm,
		    w->disk, (unsigned long long)(old >> 20));
	if ((r = read_payload(w, fd, &payload, d)) < 0)
		return r;
	/* As when it was made: an encrypted disk has no holes to tell. */
	if (payload != 0 &&
	    fallocate(fd, 0, 0, (off_t)(payload + w->size)) != 0 &&
	    errno != EOPNOTSUPP)
		return diag_errno(d, "%s: %s: no room to grow", w->vm, w->disk);
	if (ftruncate(fd, (off_t)(payload + w->size)) != 0 || fsync(fd) != 0)
		return diag_errno(d, "%s: %s: cannot grow", w->vm, w->disk);
	return ERR_OK;
}

static int
resize_stopped(struct disk_work *w, struct diag *d)
{
	uint64_t old;
	size_t i;
	int r;

	if ((r = find(w, &i, d)) < 0)
		return r;
	old = w->f.disk_size[i];
	if ((r = grow(w, old, d)) < 0)
		return r;
	tell(w, w->size);
	reply_changed(w->cli, NULL, "%s: %s: %llu MiB -> %llu MiB", w->vm,
	    w->disk, (unsigned long long)(old >> 20),
	    (unsigned long long)(w->size >> 20));
	return ERR_OK;
}

int
cmd_vm_disk(struct cli *cli, struct diag *d)
{
	static const struct {
		const char *verb;
		int (*stopped)(struct disk_work *w, struct diag *d);
	} actions[] = { { "attach", attach_stopped },
		{ "detach", detach_stopped }, { "resize", resize_stopped } };
	CLEANUP(disk_work_free) struct disk_work w = { .v = VM_LOCAL_NONE };
	const char *verb = cli_arg(cli, 0);
	size_t i = 0;
	int r;

	while (i < ARRAY_LEN(actions) && strcmp(actions[i].verb, verb) != 0)
		i++;
	if (i == ARRAY_LEN(actions))
		return diag_fail(d, ERR_USAGE,
		    "vm disk: attach, detach or resize is needed");
	if ((r = begin(cli, actions[i].verb, &w, d)) < 0 ||
	    (r = is_stopped(&w, d)) < 0)
		return r;
	return r == 1 ? actions[i].stopped(&w, d) : ask_guardd(&w, d);
}
