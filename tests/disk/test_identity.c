/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a disk file: header digest, size, and what is not a disk.
 */
#include "t.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "crypto/hash.h"
#include "disk/header.h"
#include "disk/identity.h"
#include "disk/luks1.h"

static uint8_t disk[PAYLOAD + 512];

static int
facts_of(size_t size, struct disk_facts *ret, struct diag *d)
{
	int fd = memfd_create("disk", MFD_CLOEXEC), r;

	if (fd < 0 || write(fd, disk, size) != (ssize_t)size)
		t_bail("memfd: %s", strerror(errno));
	r = disk_read_facts(fd, "disk0.img", ret, d);
	(void)close(fd);
	return r;
}

static void
refuses(size_t size, const char *what)
{
	struct disk_facts f = { .size = 3 };
	struct diag d = { 0 };

	CHECK(facts_of(size, &f, &d) == ERR_REFUSED &&
		d.reason == REASON_FileInvalid && f.size == 3 &&
		strncmp(d.text, "disk0.img: ", 11) == 0,
	    "%s: refused (%s)", what, d.text);
}

int
main(void)
{
	struct disk_facts f;
	struct diag d = { 0 };
	uint8_t digest[32];

	make_header(disk);
	memset(disk + 4096, 0x77, 256000);
	sha256(bytes_of(disk, PAYLOAD), digest);
	CHECK(facts_of(sizeof(disk), &f, &d) == ERR_OK && f.size == 512 &&
		f.payload == PAYLOAD && memcmp(f.header, digest, 32) == 0,
	    "size, start and header digest are the disk's");
	refuses(0, "an empty file");
	refuses(HEADER_SIZE - 1, "half a header");
	refuses(PAYLOAD - 1, "cut key material");
	refuses(PAYLOAD, "no data");
	refuses(PAYLOAD + 100, "half a sector");
	disk[8] = 'b';
	refuses(sizeof(disk), "T70 another cipher");
	return t_done();
}
