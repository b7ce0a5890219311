/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header that luks_format() makes, read by our own reader and by
 * libcryptsetup.
 */
#include "t.h"

#include <fcntl.h>
#include <libcryptsetup.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "disk/identity.h"
#include "disk/luks.h"
#include "disk/luks1.h"

#define DATA ((uint64_t)1 << 20)

static int
opens(int fd, const char *passphrase)
{
	struct crypt_device *cd = NULL;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = crypt_init(&cd, path);
	if (r == 0)
		r = crypt_load(cd, CRYPT_LUKS1, NULL);
	if (r == 0)
		r = crypt_activate_by_passphrase(cd, NULL, CRYPT_ANY_SLOT,
		    passphrase, strlen(passphrase), 0);
	crypt_free(cd);
	return r;
}

int
main(void)
{
	char path[] = "/tmp/shieldwall.luks.XXXXXX", text[65];
	struct disk_facts facts, again;
	uint8_t key[LUKS_KEY_SIZE];
	struct diag d = { 0 };
	struct stat st;
	int fd = mkstemp(path);

	if (fd < 0)
		t_bail("%s: %s", path, strerror(errno));
	(void)unlink(path);
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	hex_format(BYTES_OF_ARRAY(key), text);
	CHECK(luks_format(fd, DATA, key, &d) == ERR_OK, "a disk is made (%s)",
	    d.text);
	CHECK(disk_read_facts(fd, "disk", &facts, &d) == ERR_OK &&
		facts.size == DATA,
	    "our reader takes it, with its size (%s)", d.text);
	CHECK(fstat(fd, &st) == 0 &&
		(uint64_t)st.st_size == facts.payload + DATA,
	    "the file ends where the data ends");
	CHECK(opens(fd, text) == 0, "the key's hex opens it by libcryptsetup");
	text[0] ^= 1;
	CHECK(opens(fd, text) == -EPERM, "another does not");
	(void)lseek(fd, 0, SEEK_SET);
	if (pwrite(fd, "x", 1, 8192) != 1)
		t_bail("pwrite: %s", strerror(errno));
	CHECK(disk_read_facts(fd, "disk", &again, &d) == ERR_OK &&
		memcmp(facts.identity, again.identity, 32) == 0 &&
		memcmp(facts.header, again.header, 32) != 0,
	    "T73 a byte of key material changes the header's digest alone");
	CHECK(luks_format(fd, (uint64_t)1 << 62, key, &d) == ERR_IO,
	    "no disk has room for that: refused");
	(void)close(fd);
	return t_done();
}
