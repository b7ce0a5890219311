/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/vm_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "disk/identity.h"
#include "disk/image.h"
#include "vm/security.h"

#define NEW          ".new"
#define ROOM_EXTRA   ((uint64_t)16 << 20)
#define BLOCK        512
#define TICKET_MAX   ((size_t)64 << 10)
#define OPEN_FLAGS   (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A folder being read. */
struct reading {
	int fd;
	const char *what;
	struct vm_folder *f;
	struct diag *d;
};

void
vm_folder_free(struct vm_folder *f)
{
	protector_free(f->protector);
	f->protector = NULL;
}

/* A reason of its own if there is none yet: somebody's file is bad. */
static int
refuse_file(const struct reading *g, int r)
{
	if (r == ERR_NOMEM || r == ERR_IO)
		return r;
	diag_prefix(g->d, "%s", g->what);
	if (g->d != NULL && g->d->reason == REASON_NONE)
		g->d->reason = REASON_FileInvalid;
	return ERR_REFUSED;
}

static int
refuse_name(const struct reading *g, enum reason reason, const char *dir,
    const char *name, const char *why)
{
	char shown[NAME_MAX_LEN + 1];

	text_escape(bytes_of_text(name), shown, sizeof(shown));
	return diag_refuse(g->d, reason, "%s: %s%s: %s", g->what, dir, shown,
	    why);
}

static int
read_config(const struct reading *g)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	int r = file_read(g->fd, VM_FILE_CONFIG, VM_CONFIG_MAX, &b, g->d);

	if (r == ERR_OK)
		r = vm_config_parse(buf_bytes(&b), &g->f->config, g->d);
	return r < 0 ? refuse_file(g, r) : ERR_OK;
}

uint32_t
vm_folder_granted(const struct vm_folder *f)
{
	if (f->protector == NULL ||
	    !f->protector->core->grant->c.policy.console)
		return 0;
	return VM_FEATURE_BIT(VM_FEATURE_CONSOLE);
}

/* The fabric's file cannot say less than the owner's grant. */
static int
check_grant(const struct reading *g)
{
	const struct vm_config *c = &g->f->config;
	uint8_t level = g->f->protector->core->grant->c.policy.level;
	int r;

	if (c->level != level)
		return diag_refuse(g->d, REASON_PolicyLowered,
		    "%s: " VM_FILE_CONFIG ": level %s, but the grant says %s",
		    g->what, vm_level_name(c->level), grant_level_name(level));
	r = vm_features_check(c->level, c->features, vm_folder_granted(g->f),
	    g->d);
	if (r < 0)
		diag_prefix(g->d, "%s: " VM_FILE_CONFIG, g->what);
	return r;
}

static int
read_protector(const struct reading *g)
{
	auto_buf struct buf b = BUF_INIT(PROTECTOR_MAX);
	int r;

	/* add_entry() has seen that there is none. */
	if (g->f->config.level == VM_LEVEL_REGULAR)
		return ERR_OK;
	r = file_read(g->fd, VM_FILE_PROTECTOR, PROTECTOR_MAX, &b, g->d);
	if (r == ERR_OK) {
		r = protector_parse(buf_bytes(&b), &g->f->protector, g->d);
		if (r < 0)
			diag_prefix(g->d, VM_FILE_PROTECTOR);
	}
	return r < 0 ? refuse_file(g, r) : check_grant(g);
}

/* --- which files there are --- */

bool
vm_disk_name_valid(struct bytes name)
{
	struct bytes end = bytes_of_text(VM_DISK_SUFFIX);

	return name_valid(name) && name.len > end.len &&
	    bytes_equal(bytes_of(name.p + name.len - end.len, end.len), end);
}

static bool
is_disk(const struct vm_folder *f, const char *name)
{
	return vm_config_disk(&f->config, bytes_of_text(name)) != NULL;
}

static bool
is_detached(const struct vm_folder *f, const char *name)
{
	return vm_disk_name_valid(bytes_of_text(name)) && !is_disk(f, name);
}

bool
vm_folder_is_detached(const struct vm_folder *f, const struct vm_file *file)
{
	return is_detached(f, file->path);
}

static bool
is_owners(const char *name)
{
	static const char *const names[] = { VM_FILE_PROTECTOR,
		VM_FILE_PREVIOUS, VM_FILE_TICKET };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
is_known(const struct vm_folder *f, const char *name)
{
	bool regular = f->config.level == VM_LEVEL_REGULAR;

	if (strcmp(name, VM_FILE_CONFIG) == 0 ||
	    strcmp(name, VM_FILE_NVRAM) == 0)
		return true;
	if (strcmp(name, VM_FILE_STATE_KEY) == 0)
		return regular;
	if (is_owners(name))
		return !regular;
	return is_disk(f, name) || is_detached(f, name);
}

/* A lock, or what a crash left of file_write_atomic(). */
static bool
is_left_out(const struct vm_folder *f, const char *name)
{
	char base[NAME_MAX_LEN + 1];
	size_t n = strlen(name), k = strlen(NEW);

	if (strcmp(name, VM_FILE_LOCK) == 0)
		return true;
	if (is_disk(f, name) || n <= k || n - k >= sizeof(base) ||
	    strcmp(name + n - k, NEW) != 0)
		return false;
	(void)snprintf(base, sizeof(base), "%.*s", (int)(n - k), name);
	return is_known(f, base) && !is_disk(f, base) && !is_detached(f, base);
}

static int
add_file(const struct reading *g, int dir_fd, const char *dir, const char *name)
{
	struct vm_file *file = &g->f->files[g->f->n_files];
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return diag_errno(g->d, "%s: %s%s", g->what, dir, name);
	if (!S_ISREG(st.st_mode))
		return refuse_name(g,
		    is_disk(g->f, name) || is_detached(g->f, name)
			? REASON_ImageUnsafe
			: REASON_FileInvalid,
		    dir, name, "not a plain file");
	if (dir[0] == '\0' && is_detached(g->f, name))
		g->f->n_detached++;
	if (g->f->n_files == VM_FILES_MAX || g->f->n_detached > VM_DETACHED_MAX)
		return refuse_name(g, REASON_FileInvalid, dir, name,
		    "one file too many");
	(void)snprintf(file->path, sizeof(file->path), "%s%s", dir, name);
	file->size = (uint64_t)st.st_size;
	file->used = (uint64_t)st.st_blocks * BLOCK;
	if (file->used > file->size)
		file->used = file->size;
	g->f->used += file->used;
	g->f->n_files++;
	return ERR_OK;
}

typedef int (*entry_fn)(const struct reading *g, int dir_fd, const char *name);

static int
each_entry(const struct reading *g, int fd, entry_fn fn)
{
	int copy = openat(fd, ".", FOLDER_FLAGS);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *e;
	int r = ERR_OK;

	if (dir == NULL) {
		close_p(&copy);
		return diag_errno(g->d, "%s: cannot list", g->what);
	}
	while (r == ERR_OK && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(g, fd, e->d_name);
	(void)closedir(dir);
	return r;
}

static int
add_vtpm_file(const struct reading *g, int dir_fd, const char *name)
{
	if (strcmp(name, VM_FILE_LOCK) == 0)
		return ERR_OK;
	/* vtpm_digest() knows which names and how many. */
	return add_file(g, dir_fd, VM_DIR_VTPM "/", name);
}

static int
read_vtpm(const struct reading *g)
{
	auto_close int fd = openat(g->fd, VM_DIR_VTPM, FOLDER_FLAGS);
	uint8_t digest[32];
	int r;

	if (fd < 0)
		return refuse_name(g, REASON_FileInvalid, "", VM_DIR_VTPM,
		    "not there, or not a folder");
	if ((r = vtpm_digest(fd, digest, g->d)) < 0)
		return refuse_file(g, r);
	g->f->has_vtpm = true;
	return each_entry(g, fd, add_vtpm_file);
}

static int
add_entry(const struct reading *g, int dir_fd, const char *name)
{
	if (strcmp(name, VM_DIR_VTPM) == 0)
		return read_vtpm(g);
	if (is_left_out(g->f, name))
		return ERR_OK;
	/* E4: a VM with an owner is not made a regular one by its vm.json. */
	if (is_owners(name) && !is_known(g->f, name))
		return refuse_name(g, REASON_PolicyLowered, "", name,
		    "an owner's VM, but " VM_FILE_CONFIG
		    " says that it is a regular one");
	if (!is_known(g->f, name))
		return refuse_name(g, REASON_FileInvalid, "", name,
		    "not a part of a VM");
	return add_file(g, dir_fd, "", name);
}

static bool
has_file(const struct vm_folder *f, const char *path)
{
	for (size_t i = 0; i < f->n_files; i++)
		if (strncmp(f->files[i].path, path, strlen(path)) == 0)
			return true;
	return false;
}

/* A regular VM's disk is all its guest's: only its size matters. */
static int
raw_size(const struct reading *g, int fd, const char *name, uint64_t *ret)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return diag_errno(g->d, "%s: %s", g->what, name);
	if (st.st_size <= 0 || st.st_size % IMAGE_SECTOR != 0)
		return refuse_name(g, REASON_FileInvalid, "", name,
		    "not whole sectors of 512 bytes");
	*ret = (uint64_t)st.st_size;
	return ERR_OK;
}

static int
read_disks(const struct reading *g)
{
	bool regular = g->f->config.level == VM_LEVEL_REGULAR;

	for (size_t i = 0; i < g->f->config.n_disks; i++) {
		const char *name = g->f->config.disks[i].file;
		auto_close int fd = openat(g->fd, name, OPEN_FLAGS);
		struct disk_facts facts = { 0 };
		int r;

		if (fd < 0)
			return refuse_name(g, REASON_FileInvalid, "", name,
			    "is not there");
		r = regular ? raw_size(g, fd, name, &facts.size)
			    : disk_read_facts(fd, name, &facts, g->d);
		if (r < 0)
			return regular ? r : refuse_file(g, r);
		g->f->disk_size[i] = facts.size;
	}
	return ERR_OK;
}

static int
check_small(const struct reading *g)
{
	for (size_t i = 0; i < g->f->n_files; i++) {
		const struct vm_file *file = &g->f->files[i];
		bool nvram = strcmp(file->path, VM_FILE_NVRAM) == 0;

		if ((nvram && (file->size == 0 || file->size > VM_NVRAM_MAX)) ||
		    (strcmp(file->path, VM_FILE_TICKET) == 0 &&
			file->size > TICKET_MAX) ||
		    (strcmp(file->path, VM_FILE_STATE_KEY) == 0 &&
			file->size != VM_STATE_KEY_SIZE) ||
		    (strcmp(file->path, VM_FILE_PREVIOUS) == 0 &&
			file->size > PROTECTOR_MAX))
			return refuse_name(g, REASON_FileInvalid, "",
			    file->path, "not of the size that it has");
	}
	return ERR_OK;
}

static int
check_complete(const struct reading *g)
{
	const struct vm_config *c = &g->f->config;
	bool tpm = (c->features & VM_FEATURE_BIT(VM_FEATURE_TPM)) != 0;
	bool key = tpm && c->level == VM_LEVEL_REGULAR &&
	    (c->features & VM_FEATURE_BIT(VM_FEATURE_STATE_ENCRYPTION)) != 0;
	const struct {
		const char *path;
		bool needed;
	} parts[] = { { VM_FILE_NVRAM, true }, { VM_DIR_VTPM "/", tpm },
		{ VM_FILE_STATE_KEY, key } };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].needed && !has_file(g->f, parts[i].path))
			return refuse_name(g, REASON_FileInvalid, "",
			    parts[i].path, "is not there");
	return check_small(g);
}

int
vm_folder_read(int fd, const char *what, struct vm_folder *ret, struct diag *d)
{
	auto_vm_folder struct vm_folder f = { 0 };
	struct reading g = { fd, what, &f, d };
	int r;

	/* What the files are before what they say: T60, T72. */
	if ((r = read_config(&g)) < 0 ||
	    (r = each_entry(&g, fd, add_entry)) < 0 ||
	    (r = check_complete(&g)) < 0 || (r = read_protector(&g)) < 0 ||
	    (r = read_disks(&g)) < 0)
		return r;
	*ret = f;
	f = (struct vm_folder){ 0 };
	return ERR_OK;
}

int
vm_folder_check_room(const struct vm_folder *f, int fd, struct diag *d)
{
	struct statvfs fs;
	uint64_t room;

	if (fstatvfs(fd, &fs) != 0)
		return diag_errno(d, "cannot ask for free space");
	if (__builtin_mul_overflow((uint64_t)fs.f_bavail, (uint64_t)fs.f_frsize,
		&room))
		return ERR_OK;
	if (room < f->used + ROOM_EXTRA)
		return diag_fail(d, ERR_LIMIT,
		    "no room: the VM takes %llu MiB, %llu MiB are free",
		    (unsigned long long)((f->used + ROOM_EXTRA) >> 20),
		    (unsigned long long)(room >> 20));
	return ERR_OK;
}
