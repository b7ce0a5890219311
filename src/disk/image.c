/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

/* Magic numbers, as in QEMU's block drivers and the formats' documents. */
static const struct magic {
	const char *format;
	bool tail; /* at the start of the last sector */
	size_t at;
	const char *bytes;
	size_t len;
} MAGIC[] = {
	{ "qcow2", false, 0, "QFI\xfb", 4 },
	{ "QED", false, 0, "QED\0", 4 },
	{ "VMDK", false, 0, "KDMV", 4 },
	{ "VMDK", false, 0, "COWD", 4 },
	{ "VMDK", false, 0, "# Disk DescriptorFile", 21 },
	{ "VDI", false, 0x40, "\x7f\x10\xda\xbe", 4 },
	{ "VHD", false, 0, "conectix", 8 },
	{ "VHD", true, 0, "conectix", 8 },
	{ "VHDX", false, 0, "vhdxfile", 8 },
	{ "Parallels", false, 0, "WithoutFreeSpace", 16 },
	{ "Parallels", false, 0, "WithouFreSpacExt", 16 },
	{ "Bochs", false, 0, "Bochs Virtual HD Image", 22 },
	{ "cloop", false, 0, "#!/bin/sh\n#V2.0 Format", 22 },
	{ "DMG", true, 0, "koly", 4 },
	{ "LUKS", false, 0, "LUKS\xba\xbe", 6 },
	{ "QEMU protocol", false, 0, "json:", 5 },
};

const char *
image_format(struct bytes head, struct bytes tail)
{
	for (size_t i = 0; i < ARRAY_LEN(MAGIC); i++) {
		struct bytes in = MAGIC[i].tail ? tail : head;

		if (in.len < MAGIC[i].at + MAGIC[i].len)
			continue;
		if (bytes_equal(bytes_of(in.p + MAGIC[i].at, MAGIC[i].len),
			bytes_of(MAGIC[i].bytes, MAGIC[i].len)))
			return MAGIC[i].format;
	}
	return NULL;
}

/* What QEMU would take for a protocol: "word:" before the first slash. */
static bool
is_address(const char *path)
{
	size_t n = strcspn(path, ":/");

	return path[n] == ':';
}

static int
check_format(int fd, const char *path, uint64_t size, struct diag *d)
{
	size_t n = size < IMAGE_HEAD_SIZE ? (size_t)size : IMAGE_HEAD_SIZE;
	uint8_t head[IMAGE_HEAD_SIZE], tail[IMAGE_TAIL_SIZE];
	const char *format;

	if (pread(fd, head, n, 0) != (ssize_t)n ||
	    pread(fd, tail, n, (off_t)(size - n)) != (ssize_t)n)
		return diag_errno(d, "%s: cannot read", path);
	format = image_format(bytes_of(head, n), bytes_of(tail, n));
	if (format != NULL)
		return diag_refuse(d, REASON_ImageUnsafe,
		    "%s: a %s image, not a raw one", path, format);
	return ERR_OK;
}

/* What it is comes first: a wrong size says less than a wrong format. */
int
image_check(int fd, const char *path, uint64_t *ret_size, struct diag *d)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) != 0)
		return diag_errno(d, "%s", path);
	if (!S_ISREG(st.st_mode))
		return diag_refuse(d, REASON_ImageUnsafe,
		    "%s: not a regular file", path);
	if (st.st_size <= 0)
		return diag_refuse(d, REASON_FileInvalid, "%s: empty", path);
	if ((r = check_format(fd, path, (uint64_t)st.st_size, d)) < 0)
		return r;
	if ((uint64_t)st.st_size > IMAGE_SIZE_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: larger than 64 TiB", path);
	if (st.st_size % IMAGE_SECTOR != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: %lld bytes are not whole sectors of 512", path,
		    (long long)st.st_size);
	*ret_size = (uint64_t)st.st_size;
	return ERR_OK;
}

int
image_open(const char *path, int *ret_fd, uint64_t *ret_size, struct diag *d)
{
	auto_close int fd = -1;
	char shown[200];
	uint64_t size;
	int r;

	text_escape(bytes_of_text(path), shown, sizeof(shown));
	if (is_address(path))
		return diag_refuse(d, REASON_ImageUnsafe,
		    "%s: an address, not a file (or write ./ before it)",
		    shown);
	/* A pipe or device must not hold us up before it is refused. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP)
		return diag_refuse(d, REASON_ImageUnsafe,
		    "%s: a symbolic link; name the file itself", shown);
	if (fd < 0 && errno == ENOENT)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no such file", shown);
	if (fd < 0)
		return diag_errno(d, "%s: cannot open", shown);
	if ((r = image_check(fd, shown, &size, d)) < 0)
		return r;
	*ret_fd = TAKE_FD(&fd);
	*ret_size = size;
	return ERR_OK;
}
