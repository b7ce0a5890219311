/* SPDX-License-Identifier: Apache-2.0 */
/*
 * luks-tool make|extract KEY-FILE FROM TO: encrypted disks under a key of the
 * test's choice (32 bytes as hex), so that cryptsetup and qemu-img can be
 * asked about them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "disk/identity.h"
#include "disk/image.h"
#include "disk/luks.h"

static int
read_key(const char *path, uint8_t ret[static LUKS_KEY_SIZE], struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(65);
	int r;

	if ((r = file_read(AT_FDCWD, path, 65, &b, d)) < 0)
		return r;
	if (b.len < 64)
		return diag_fail(d, ERR_SHORT, "%s: too short", path);
	return hex_decode_fixed(bytes_of(b.p, 64), ret, LUKS_KEY_SIZE, d);
}

static int
make(const uint8_t *key, const char *from, int to, struct diag *d)
{
	auto_close int image = -1;
	uint64_t size;
	struct luks_copy c = { .luks_fd = to, .key = key };
	int r;

	if ((r = image_open(from, &image, &size, d)) < 0 ||
	    (r = luks_format(to, size, key, d)) < 0)
		return r;
	c.plain_fd = image;
	return luks_fill(&c, d);
}

static int
extract(const uint8_t *key, const char *from, int to, struct diag *d)
{
	auto_close int disk = open(from, O_RDONLY | O_CLOEXEC);
	struct luks_copy c = { .plain_fd = to, .luks_fd = disk, .key = key };
	struct disk_facts facts;
	int r;

	if ((r = disk_read_facts(disk, from, &facts, d)) < 0)
		return r;
	return luks_extract(&c, facts.size, d);
}

int
main(int argc, char **argv)
{
	auto_close int to = -1;
	uint8_t key[LUKS_KEY_SIZE];
	struct diag d = { 0 };
	int r;

	if (argc != 5)
		return 2;
	to = open(argv[4], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0) {
		perror(argv[4]);
		return 3;
	}
	r = read_key(argv[2], key, &d);
	if (r == ERR_OK)
		r = strcmp(argv[1], "make") == 0
		    ? make(key, argv[3], to, &d)
		    : extract(key, argv[3], to, &d);
	if (r < 0)
		(void)fprintf(stderr, "luks-tool: %s\n", d.text);
	return r < 0 ? 1 : 0;
}
