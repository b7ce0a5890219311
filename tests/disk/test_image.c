/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T72: an image that could name other files is refused before any tool sees
 * it; so is whatever is not a plain file.
 */
#include "t.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "disk/image.h"

#define SIZE 4096

static char dir[] = "/tmp/shieldwall.image.XXXXXX";

static const char *
in_dir(const char *name)
{
	static char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
make(const char *name, const void *magic, size_t n, size_t at, size_t size)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0 ||
	    pwrite(fd, magic, n, (off_t)at) != (ssize_t)n)
		t_bail("%s: %s", name, strerror(errno));
	(void)close(fd);
}

static void
refuses(const char *path, enum reason reason, const char *what)
{
	struct diag d = { 0 };
	uint64_t size = 7;
	int fd = -5;
	int r = image_open(path, &fd, &size, &d);

	CHECK(r == ERR_REFUSED && d.reason == reason && fd == -5 && size == 7,
	    "T72 %s: refused (%s)", what, d.text);
	CHECK(strstr(d.text, path) != NULL, "the refusal names the file");
}

static void
test_formats(void)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t n;
		size_t at;
	} unsafe[] = {
		{ "a qcow2 image", "QFI\xfb\0\0\0\3", 8, 0 },
		{ "a QED image", "QED\0", 4, 0 },
		{ "a sparse VMDK image", "KDMV", 4, 0 },
		{ "a VMDK descriptor", "# Disk DescriptorFile\n", 22, 0 },
		{ "a VDI image", "\x7f\x10\xda\xbe", 4, 64 },
		{ "a dynamic VHD image", "conectix", 8, 0 },
		{ "a fixed VHD image", "conectix", 8, SIZE - 512 },
		{ "a VHDX image", "vhdxfile", 8, 0 },
		{ "a Parallels image", "WithoutFreeSpace", 16, 0 },
		{ "a DMG image", "koly", 4, SIZE - 512 },
		{ "an encrypted image", "LUKS\xba\xbe", 6, 0 },
		{ "a json: text", "json:{\"driver\":\"qcow2\"}", 23, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(unsafe); i++) {
		make("x.img", unsafe[i].bytes, unsafe[i].n, unsafe[i].at, SIZE);
		refuses(in_dir("x.img"), REASON_ImageUnsafe, unsafe[i].what);
	}
}

static void
test_files(void)
{
	char link[200];

	refuses("json:{\"driver\":\"raw\"}", REASON_ImageUnsafe,
	    "a json: address");
	refuses("nbd:127.0.0.1:10809", REASON_ImageUnsafe, "an nbd: address");
	refuses("/dev/zero", REASON_ImageUnsafe, "a device");
	refuses("/tmp", REASON_ImageUnsafe, "a folder");
	if (mkfifo(in_dir("fifo"), 0600) != 0)
		t_bail("mkfifo: %s", strerror(errno));
	refuses(in_dir("fifo"), REASON_ImageUnsafe, "a pipe");
	make("raw.img", "x", 1, 0, SIZE);
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	if (symlink(in_dir("raw.img"), link) != 0)
		t_bail("symlink: %s", strerror(errno));
	refuses(link, REASON_ImageUnsafe, "a symbolic link");
	make("empty", "", 0, 0, 0);
	refuses(in_dir("empty"), REASON_FileInvalid, "an empty file");
	make("odd", "x", 1, 0, SIZE + 1);
	refuses(in_dir("odd"), REASON_FileInvalid, "half a sector");
}

static void
test_good(void)
{
	struct diag d = { 0 };
	uint64_t size = 0;
	int fd = -1;

	make("raw.img", "\x55\xaa", 2, 510, SIZE);
	CHECK(image_open(in_dir("raw.img"), &fd, &size, &d) == ERR_OK &&
		fd >= 0 && size == SIZE,
	    "a raw image is taken, with its size");
	CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY,
	    "it is open for reading only");
	(void)close(fd);
	make("a:b", "x", 1, 0, SIZE);
	CHECK(image_open(in_dir("a:b"), &fd, &size, &d) == ERR_OK,
	    "a colon behind a slash is a file's name");
	(void)close(fd);
	CHECK(image_open(in_dir("none"), &fd, &size, &d) == ERR_NOT_FOUND,
	    "no such file is said as that");
}

int
main(void)
{
	static const char *const names[] = { "x.img", "raw.img", "fifo", "link",
		"empty", "odd", "a:b" };

	if (mkdtemp(dir) == NULL)
		t_bail("%s: %s", dir, strerror(errno));
	test_formats();
	test_files();
	test_good();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(in_dir(names[i]));
	(void)rmdir(dir);
	return t_done();
}
