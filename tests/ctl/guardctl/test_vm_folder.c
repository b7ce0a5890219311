/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's folder: whole, or refused with file and reason; copied as it is.
 */
#include "ctl/guardctl/vm_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../../disk/header.h"
#include "../../protector/vm.h"
#include "base/file.h"
#include "ctl/guardctl/staging.h"
#include "t.h"
#include "vm/security.h"

#define DISK_SIZE ((off_t)PAYLOAD + (8 << 20))

static char dir[] = "/tmp/shieldwall.vmfolder.XXXXXX";
static char vm_path[64];
static int dir_fd, vm_fd;
static struct vm vm;

static void
put(const char *path, struct bytes b)
{
	struct diag d = { 0 };

	if (file_write_atomic(vm_fd, path, 0600, b, &d) < 0)
		t_bail("%s", d.text);
}

static void
put_features(uint8_t level, const char *disk, uint32_t features)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	struct vm_config c = { .name = "web1",
		.level = level,
		.features = features,
		.cpus = 1,
		.memory = 512,
		.n_disks = 1 };
	struct diag d = { 0 };

	(void)snprintf(c.disks[0].file, sizeof(c.disks[0].file), "%s", disk);
	c.disks[0].id[0] = 20;
	if (vm_config_write(&c, &b, &d) < 0)
		t_bail("%s", d.text);
	put(VM_FILE_CONFIG, buf_bytes(&b));
}

static void
put_config(uint8_t level, const char *disk)
{
	put_features(level, disk, vm_features_default(level, 0));
}

/* Header, key material, a little data, holes. */
static void
put_disk(const char *name)
{
	uint8_t header[HEADER_SIZE];
	int fd = openat(vm_fd, name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	make_header(header);
	if (fd < 0 || pwrite(fd, header, sizeof(header), 0) < 0 ||
	    pwrite(fd, "material", 8, 4096) != 8 ||
	    pwrite(fd, "data", 4, PAYLOAD + (4 << 20)) != 4 ||
	    ftruncate(fd, DISK_SIZE) != 0)
		t_bail("disk: %s", strerror(errno));
	(void)close(fd);
}

static void
make_folder(void)
{
	(void)snprintf(vm_path, sizeof(vm_path), "%s/web1", dir);
	if (mkdir(vm_path, 0700) != 0 ||
	    (vm_fd = open(vm_path, O_RDONLY | O_DIRECTORY)) < 0 ||
	    mkdirat(vm_fd, VM_DIR_VTPM, 0700) != 0)
		t_bail("%s: %s", vm_path, strerror(errno));
	t_vm_p256(&vm, 1);
	put_config(VM_LEVEL_SHIELDED, "disk0.img");
	put(VM_FILE_PROTECTOR, buf_bytes(&vm.file));
	put(VM_FILE_NVRAM, bytes_of_text("variables"));
	put(VM_DIR_VTPM "/tpm2-00.permall", bytes_of_text("state"));
	put_disk("disk0.img");
}

static int
read_it(struct vm_folder *ret, struct diag *d)
{
	*ret = (struct vm_folder){ 0 };
	*d = (struct diag){ 0 };
	return vm_folder_read(vm_fd, "web1", ret, d);
}

static bool
is_good(void)
{
	auto_vm_folder struct vm_folder f;
	struct diag d;

	if (read_it(&f, &d) == ERR_OK)
		return true;
	printf("# %s\n", d.text);
	return false;
}

/* The words tell which file. */
static void
refuses(enum reason reason, const char *words, const char *what)
{
	auto_vm_folder struct vm_folder f;
	struct diag d;

	CHECK(read_it(&f, &d) == ERR_REFUSED && d.reason == reason &&
		strstr(d.text, words) != NULL && f.protector == NULL,
	    "%s: refused (%s)", what, d.text);
}

/* --- */

static void
test_good(void)
{
	auto_vm_folder struct vm_folder f;
	struct diag d;

	CHECK(read_it(&f, &d) == ERR_OK, "a whole folder is read %s", d.text);
	CHECK(f.n_files == 5 && strcmp(f.config.name, "web1") == 0 &&
		f.disk_size[0] == 8 << 20 &&
		f.protector->core->seal.generation == 1,
	    "its files, configuration, disk and protector are known");
	CHECK(f.used < (uint64_t)DISK_SIZE, "holes take no room");
	put(".lock", BYTES_NONE);
	put("protector.new", bytes_of_text("half"));
	put("vtpm/.lock", BYTES_NONE);
	vm_folder_free(&f);
	CHECK(read_it(&f, &d) == ERR_OK && f.n_files == 5,
	    "locks and half-written files are left out %s", d.text);
	put(VM_FILE_PREVIOUS, buf_bytes(&vm.file));
	put(VM_FILE_TICKET, bytes_of_text("ticket"));
	vm_folder_free(&f);
	CHECK(read_it(&f, &d) == ERR_OK && f.n_files == 7,
	    "last good protector and ticket are part of it %s", d.text);
}

static void
test_missing(void)
{
	static const char *const names[] = { VM_FILE_CONFIG, VM_FILE_PROTECTOR,
		VM_FILE_NVRAM, VM_DIR_VTPM, "disk0.img" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (renameat(vm_fd, names[i], dir_fd, "away") != 0)
			t_bail("%s: %s", names[i], strerror(errno));
		refuses(REASON_FileInvalid, names[i], "a file is missing");
		if (renameat(dir_fd, "away", vm_fd, names[i]) != 0)
			t_bail("%s", names[i]);
	}
	CHECK(is_good(), "with all of them it is read again");
}

static void
test_foreign(void)
{
	put("disk1.raw", bytes_of_text("?"));
	refuses(REASON_FileInvalid, "disk1.raw", "T60 a file of no VM");
	(void)unlinkat(vm_fd, "disk1.raw", 0);
	put(VM_FILE_STATE_KEY, bytes_of_text("?"));
	refuses(REASON_FileInvalid, VM_FILE_STATE_KEY,
	    "T60 a regular VM's key in another's folder");
	(void)unlinkat(vm_fd, VM_FILE_STATE_KEY, 0);
	put("\x1b[2J", bytes_of_text("?"));
	refuses(REASON_FileInvalid, "\\x1b[2J",
	    "T98 a file name with an escape");
	(void)unlinkat(vm_fd, "\x1b[2J", 0);
	if (mkdirat(vm_fd, "more", 0700) != 0)
		t_bail("mkdir");
	refuses(REASON_FileInvalid, "more", "T60 a folder of no VM");
	(void)unlinkat(vm_fd, "more", AT_REMOVEDIR);
	put("vtpm/.hidden", bytes_of_text("?"));
	refuses(REASON_FileInvalid, "vTPM state",
	    "a file that swtpm does not write");
	(void)unlinkat(vm_fd, "vtpm/.hidden", 0);
	CHECK(is_good(), "without them it is read again");
}

static void
swap_for_link(const char *name, const char *to)
{
	if (renameat(vm_fd, name, dir_fd, "away") != 0 ||
	    symlinkat(to, vm_fd, name) != 0)
		t_bail("%s: %s", name, strerror(errno));
}

static void
swap_back(const char *name)
{
	if (unlinkat(vm_fd, name, 0) != 0 ||
	    renameat(dir_fd, "away", vm_fd, name) != 0)
		t_bail("%s: %s", name, strerror(errno));
}

static void
test_links(void)
{
	static const struct {
		const char *name;
		enum reason reason;
	} files[] = { { VM_FILE_PROTECTOR, REASON_FileInvalid },
		{ VM_FILE_NVRAM, REASON_FileInvalid },
		{ VM_DIR_VTPM, REASON_FileInvalid },
		{ VM_FILE_CONFIG, REASON_NONE },
		{ "disk0.img", REASON_ImageUnsafe } };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_vm_folder struct vm_folder f;
		struct diag d;

		/* It leads to the very file: a link is a link. */
		swap_for_link(files[i].name, "../away");
		if (files[i].reason != REASON_NONE)
			refuses(files[i].reason, files[i].name,
			    "T60 T72 a symbolic link");
		else
			CHECK(read_it(&f, &d) < 0,
			    "T60 a symbolic link: refused (%s)", d.text);
		swap_back(files[i].name);
	}
	if (renameat(vm_fd, "disk0.img", dir_fd, "away") != 0 ||
	    mkfifoat(vm_fd, "disk0.img", 0600) != 0)
		t_bail("fifo");
	refuses(REASON_ImageUnsafe, "disk0.img", "T72 a pipe as a disk");
	swap_back("disk0.img");
	CHECK(is_good(), "with the files themselves it is read again");
}

static void
test_contents(void)
{
	uint8_t header[HEADER_SIZE];
	int fd = openat(vm_fd, "disk0.img", O_RDWR);

	make_header(header);
	if (pwrite(fd, "QFI\xfb", 4, 0) != 4)
		t_bail("disk");
	refuses(REASON_FileInvalid, "disk0.img", "T72 another disk format");
	if (pwrite(fd, header, sizeof(header), 0) < 0)
		t_bail("disk");
	(void)close(fd);
	put_config(VM_LEVEL_ENCRYPTION_SUPPORTED, "disk0.img");
	refuses(REASON_PolicyLowered, VM_FILE_CONFIG,
	    "a level below the grant's");
	put_config(VM_LEVEL_SHIELDED, "disk0.img");
	vm.file.p[700] ^= 1;
	put(VM_FILE_PROTECTOR, buf_bytes(&vm.file));
	refuses(REASON_ProtectorInvalid, "protector",
	    "a protector with one bit changed");
	vm.file.p[700] ^= 1;
	put(VM_FILE_PROTECTOR, buf_bytes(&vm.file));
	put(VM_FILE_NVRAM, BYTES_NONE);
	refuses(REASON_FileInvalid, VM_FILE_NVRAM, "empty firmware variables");
	put(VM_FILE_NVRAM, bytes_of_text("variables"));
	put(VM_FILE_CONFIG, bytes_of_text("{}"));
	refuses(REASON_FileInvalid, "web1", "an empty configuration");
	put_config(VM_LEVEL_SHIELDED, "disk0.img");
	CHECK(is_good(), "put right, it is read again");
}

/* --- copying --- */

static bool
same_file(int a_fd, int b_fd, const char *path)
{
	struct buf a = BUF_INIT((size_t)DISK_SIZE),
		   b = BUF_INIT((size_t)DISK_SIZE);
	bool same = file_read(a_fd, path, a.max, &a, NULL) == ERR_OK &&
	    file_read(b_fd, path, b.max, &b, NULL) == ERR_OK &&
	    bytes_equal(buf_bytes(&a), buf_bytes(&b));

	buf_free(&a);
	buf_free(&b);
	return same;
}

static void
test_copy(void)
{
	auto_vm_folder struct vm_folder f, copy = { 0 };
	struct diag d;
	struct stat st;
	bool same = true;
	int fd;

	if (read_it(&f, &d) < 0 || mkdirat(dir_fd, "copy", 0700) != 0)
		t_bail("%s", d.text);
	fd = openat(dir_fd, "copy", O_RDONLY | O_DIRECTORY);
	CHECK(vm_folder_check_room(&f, fd, &d) == ERR_OK &&
		vm_folder_copy(&f, vm_fd, fd, &d) == ERR_OK,
	    "it is copied %s", d.text);
	for (size_t i = 0; i < f.n_files; i++)
		same = same && same_file(vm_fd, fd, f.files[i].path);
	CHECK(same && vm_folder_read(fd, "copy", &copy, &d) == ERR_OK &&
		copy.n_files == f.n_files,
	    "the copy is the same, file by file");
	CHECK(fstatat(fd, "disk0.img", &st, 0) == 0 &&
		(st.st_mode & 07777) == 0600 &&
		(uint64_t)st.st_blocks * 512 < (uint64_t)DISK_SIZE / 2,
	    "holes stay holes, and it is its owner's alone");
	CHECK(faccessat(fd, ".lock", F_OK, 0) != 0 &&
		faccessat(fd, "protector.new", F_OK, 0) != 0,
	    "what was left out is not copied");
	f.used = (uint64_t)1 << 60;
	CHECK(vm_folder_check_room(&f, fd, &d) == ERR_LIMIT,
	    "no room: refused (%s)", d.text);
	(void)close(fd);
}

static void
test_copy_changed(void)
{
	auto_vm_folder struct vm_folder f;
	struct diag d;
	int fd;

	if (read_it(&f, &d) < 0 || mkdirat(dir_fd, "other", 0700) != 0)
		t_bail("%s", d.text);
	fd = openat(dir_fd, "other", O_RDONLY | O_DIRECTORY);
	put(VM_FILE_NVRAM, bytes_of_text("variables, longer"));
	CHECK(vm_folder_copy(&f, vm_fd, fd, &d) == ERR_REFUSED &&
		d.reason == REASON_InUse,
	    "a file that changes meanwhile: refused (%s)", d.text);
	(void)close(fd);
}

/* --- detached disks, features and regular VMs --- */

static void
test_detached(void)
{
	auto_vm_folder struct vm_folder f;
	struct diag d;
	char name[16];
	size_t n;

	put("data.img", bytes_of_text("a disk"));
	CHECK(read_it(&f, &d) == ERR_OK && f.n_detached == 1,
	    "a disk that vm.json does not name is part of it %s", d.text);
	n = f.n_files;
	for (size_t i = 0; i < n; i++)
		CHECK(vm_folder_is_detached(&f, &f.files[i]) ==
			(strcmp(f.files[i].path, "data.img") == 0),
		    "%s", f.files[i].path);
	vm_folder_free(&f);
	for (size_t i = 1; i < VM_DETACHED_MAX; i++) {
		(void)snprintf(name, sizeof(name), "d%zu.img", i);
		put(name, BYTES_NONE);
	}
	CHECK(is_good(), "as many as there may be");
	put("more.img", BYTES_NONE);
	refuses(REASON_FileInvalid, "one file too many", "and one more");
	for (size_t i = 1; i < VM_DETACHED_MAX; i++) {
		(void)snprintf(name, sizeof(name), "d%zu.img", i);
		(void)unlinkat(vm_fd, name, 0);
	}
	(void)unlinkat(vm_fd, "more.img", 0);
	(void)unlinkat(vm_fd, "data.img", 0);
	if (symlinkat("../away", vm_fd, "data.img") != 0)
		t_bail("link");
	refuses(REASON_ImageUnsafe, "data.img", "T72 a link among them");
	(void)unlinkat(vm_fd, "data.img", 0);
	CHECK(is_good(), "without it it is read again");
}

static void
test_features(void)
{
	uint32_t usual = vm_features_default(VM_LEVEL_SHIELDED, 0);

	put_features(VM_LEVEL_SHIELDED, "disk0.img",
	    usual | VM_FEATURE_BIT(VM_FEATURE_CONSOLE));
	refuses(REASON_PolicyLowered, "console",
	    "T74 E4 a console that the owner's grant does not allow");
	put_config(VM_LEVEL_REGULAR, "disk0.img");
	refuses(REASON_PolicyLowered, "an owner's VM",
	    "E4 a VM with an owner made a regular one");
	put_config(VM_LEVEL_SHIELDED, "disk0.img");
	CHECK(is_good(), "put right, it is read again");
}

static void
test_regular(void)
{
	uint32_t usual = vm_features_default(VM_LEVEL_REGULAR, 0);
	uint32_t bare = usual & ~VM_FEATURE_BIT(VM_FEATURE_TPM) &
	    ~VM_FEATURE_BIT(VM_FEATURE_STATE_ENCRYPTION);
	static const uint8_t key[VM_STATE_KEY_SIZE];
	auto_vm_folder struct vm_folder f, copy = { 0 };
	struct diag d;
	int fd;

	put_config(VM_LEVEL_REGULAR, "disk0.img");
	(void)unlinkat(vm_fd, VM_FILE_PREVIOUS, 0);
	(void)unlinkat(vm_fd, VM_FILE_TICKET, 0);
	(void)unlinkat(vm_fd, VM_FILE_PROTECTOR, 0);
	put("disk0.img", bytes_of(vm.file.p, 512));
	refuses(REASON_FileInvalid, VM_FILE_STATE_KEY,
	    "a regular VM without the key of its vTPM");
	put(VM_FILE_STATE_KEY, bytes_of(key, 63));
	refuses(REASON_FileInvalid, VM_FILE_STATE_KEY, "with half a key");
	put(VM_FILE_STATE_KEY, BYTES_OF_ARRAY(key));
	CHECK(read_it(&f, &d) == ERR_OK && f.protector == NULL && f.has_vtpm &&
		f.disk_size[0] == 512 && vm_folder_granted(&f) == 0,
	    "a regular VM needs no protector %s", d.text);
	put("disk0.img", bytes_of(vm.file.p, 511));
	refuses(REASON_FileInvalid, "disk0.img", "half a sector");
	put("disk0.img", bytes_of_text(""));
	refuses(REASON_FileInvalid, "disk0.img", "an empty disk");
	put("disk0.img", bytes_of(vm.file.p, 512));
	put(VM_FILE_PREVIOUS, BYTES_NONE);
	refuses(REASON_PolicyLowered, VM_FILE_PREVIOUS,
	    "E4 what is left of an owner");
	(void)unlinkat(vm_fd, VM_FILE_PREVIOUS, 0);
	put_features(VM_LEVEL_REGULAR, "disk0.img", bare);
	(void)unlinkat(vm_fd, VM_FILE_STATE_KEY, 0);
	(void)unlinkat(vm_fd, VM_DIR_VTPM "/tpm2-00.permall", 0);
	(void)unlinkat(vm_fd, VM_DIR_VTPM "/.lock", 0);
	if (unlinkat(vm_fd, VM_DIR_VTPM, AT_REMOVEDIR) != 0 ||
	    mkdirat(dir_fd, "regular", 0700) != 0)
		t_bail("%s", strerror(errno));
	vm_folder_free(&f);
	fd = openat(dir_fd, "regular", O_RDONLY | O_DIRECTORY);
	CHECK(read_it(&f, &d) == ERR_OK && !f.has_vtpm &&
		vm_folder_copy(&f, vm_fd, fd, &d) == ERR_OK &&
		vm_folder_read(fd, "copy", &copy, &d) == ERR_OK &&
		faccessat(fd, VM_DIR_VTPM, F_OK, 0) != 0,
	    "without a vTPM it is read and copied, too %s", d.text);
	(void)close(fd);
	put_config(VM_LEVEL_REGULAR, "disk0.img");
	refuses(REASON_FileInvalid, VM_DIR_VTPM, "with one that is not there");
}

int
main(void)
{
	struct diag d;

	if (mkdtemp(dir) == NULL ||
	    (dir_fd = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		t_bail("%s", strerror(errno));
	make_folder();
	test_good();
	test_missing();
	test_foreign();
	test_links();
	test_contents();
	test_copy();
	test_copy_changed();
	test_detached();
	test_features();
	test_regular();
	(void)close(vm_fd);
	(void)close(dir_fd);
	dir_fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	if (folder_remove(dir_fd, strrchr(dir, '/') + 1, &d) < 0)
		t_bail("%s", d.text);
	(void)close(dir_fd);
	t_vm_free(&vm);
	return t_done();
}
