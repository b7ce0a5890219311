/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/vm_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "crypto/random.h"
#include "ctl/common/secureboot.h"
#include "ctl/guardctl/staging.h"
#include "ctl/guardctl/vm_folder.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define SCRATCH      "scratch"
#define GUID_SIZE    16

int
vm_make_nvram(const char *which, struct buf *ret, struct diag *d)
{
	uint8_t owner[GUID_SIZE], keys[32];

	if (strcmp(which, SECURE_BOOT_OFF) == 0)
		return secure_boot_blank(ret, d);
	random_bytes(owner, sizeof(owner));
	return secure_boot_volume(which, owner, (uint64_t)time(NULL), ret, keys,
	    d);
}

void
vm_make_mac(uint8_t ret[static VM_MAC_SIZE])
{
	/* What QEMU's own cards begin with. */
	static const uint8_t maker[] = { 0x52, 0x54, 0x00 };

	memcpy(ret, maker, sizeof(maker));
	random_bytes(ret + sizeof(maker), VM_MAC_SIZE - sizeof(maker));
}

/* swtpm_setup leaves it to the kernel when its files reach the disk. */
static int
sync_folder(int dir_fd, const char *name, struct diag *d)
{
	int fd = openat(dir_fd, name, FOLDER_FLAGS);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = ERR_OK;

	if (dir == NULL) {
		close_p(&fd);
		return diag_errno(d, "%s: cannot list", name);
	}
	while (r == ERR_OK && (e = readdir(dir)) != NULL) {
		auto_close int file =
		    openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC);

		if (file < 0 || fsync(file) != 0)
			r = diag_errno(d, "%s: cannot sync", name);
	}
	(void)closedir(dir);
	return r;
}

static int
work_folder(const struct staging *w, const char *parent, const char *name,
    char ret[static PATH_MAX], struct diag *d)
{
	if ((size_t)snprintf(ret, PATH_MAX, "%s/%s/%s", parent, w->hidden,
		name) >= PATH_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: path too long", parent);
	if (mkdirat(w->fd, name, 0700) != 0)
		return diag_errno(d, "%s: cannot make", ret);
	return ERR_OK;
}

static int
build(const struct staging *w, const char *parent, const char *name,
    const uint8_t *key, struct diag *d)
{
	char state[PATH_MAX], scratch[PATH_MAX];
	struct vtpm_new in = { .state = state,
		.scratch = scratch,
		.name = name,
		.key = key };
	int r;

	if ((r = work_folder(w, parent, VM_DIR_VTPM, state, d)) < 0 ||
	    (r = work_folder(w, parent, SCRATCH, scratch, d)) < 0 ||
	    (r = vtpm_create(&in, d)) < 0)
		return r;
	return sync_folder(w->fd, VM_DIR_VTPM, d);
}

/* One that is there goes to the work folder, and with it. */
static int
put_in_place(const struct staging *w, int folder_fd, struct diag *d)
{
	bool there =
	    faccessat(folder_fd, VM_DIR_VTPM, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (renameat2(w->fd, VM_DIR_VTPM, folder_fd, VM_DIR_VTPM,
		there ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0)
		return diag_errno(d, VM_DIR_VTPM ": cannot put in its place");
	if (fsync(folder_fd) != 0)
		return diag_errno(d, VM_DIR_VTPM ": cannot sync its folder");
	return ERR_OK;
}

int
vm_make_vtpm(const char *vm_dir, const char *name, bool encrypted,
    int folder_fd, struct diag *d)
{
	auto_staging struct staging w = STAGING_NONE;
	auto_secret struct secret key = SECRET_NONE;
	auto_free char *parent = realpath(vm_dir, NULL);
	int r;

	if (parent == NULL)
		return diag_errno(d, "%s", vm_dir);
	if ((r = secret_alloc(&key, VM_STATE_KEY_SIZE, d)) < 0 ||
	    (r = staging_work(parent, name, &w, d)) < 0)
		return r;
	random_bytes(key.p, key.len);
	if ((r = build(&w, parent, name, encrypted ? key.p : NULL, d)) < 0)
		return r;
	/* The key first: it is of no use to the state that goes. */
	if (encrypted &&
	    (r = file_write_atomic(folder_fd, VM_FILE_STATE_KEY, 0600,
		 secret_bytes(&key), d)) < 0)
		return r;
	return put_in_place(&w, folder_fd, d);
}
