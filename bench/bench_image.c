/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk image encrypted into a disk that is there, in memory: what `shield vm
 * protect` does with all of an image's bytes. Rates are bytes by CPU seconds
 * of all threads, so they are those of one core.
 */
#include <fcntl.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/text.h"
#include "bench.h"
#include "crypto/random.h"
#include "disk/luks.h"

#define SIZE  ((size_t)512 << 20)
#define PIECE ((size_t)1 << 20)
/* Where libcryptsetup puts the data of a LUKS1 disk. */
#define START ((size_t)2 << 20)

static char dir[] = "/dev/shm/shieldwall.bench.XXXXXX";
static const char *const FILES[] = { "plain", "disk", "key" };

static struct {
	int plain_fd, disk_fd;
	uint8_t key[LUKS_KEY_SIZE]; /* drawn for this run */
	EVP_CIPHER_CTX *xts;
	uint8_t *piece;
} image;

static void
ours(void *arg)
{
	struct luks_copy c = { .plain_fd = image.plain_fd,
		.luks_fd = image.disk_fd,
		.key = image.key };
	struct diag d;

	(void)arg;
	if (luks_fill(&c, &d) < 0)
		bench_die("%s", d.text);
}

/* One tweak for a whole piece: what the cipher itself can do. */
static void
limit(void *arg)
{
	static const uint8_t tweak[16];
	int n = 0;

	(void)arg;
	for (size_t at = 0; at < SIZE; at += PIECE)
		if (pread(image.plain_fd, image.piece, PIECE, (off_t)at) !=
			(ssize_t)PIECE ||
		    EVP_EncryptInit_ex2(image.xts, NULL, NULL, tweak, NULL) !=
			1 ||
		    EVP_EncryptUpdate(image.xts, image.piece, &n, image.piece,
			(int)PIECE) != 1 ||
		    pwrite(image.disk_fd, image.piece, PIECE,
			(off_t)(at + START)) != (ssize_t)PIECE)
			bench_die("cannot copy and encrypt");
}

static void
peer(void *arg)
{
	static const char *const argv[] = { "qemu-img", "convert", "-n", "-W",
		"--object", "secret,id=key,file=key", "--image-opts",
		"--target-image-opts", "driver=raw,file.filename=plain",
		"driver=luks,key-secret=key,file.filename=disk", NULL };

	(void)arg;
	bench_exec(argv);
}

static void
clean(void)
{
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		(void)unlink(FILES[i]);
	(void)rmdir(dir);
}

static int
make_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		bench_die("%s/%s: cannot make it", dir, name);
	return fd;
}

/* Noise all over: no holes, no zeros. */
static void
set_up(void)
{
	uint8_t volume_key[64];
	char hex[2 * LUKS_KEY_SIZE + 1];
	struct diag d;
	int fd;

	if (mkdtemp(dir) == NULL || chdir(dir) != 0 || atexit(clean) != 0)
		bench_die("%s: cannot make it", dir);
	image.plain_fd = make_file("plain");
	image.disk_fd = make_file("disk");
	image.piece = malloc(PIECE);
	image.xts = EVP_CIPHER_CTX_new();
	random_bytes(image.key, sizeof(image.key));
	random_bytes(volume_key, sizeof(volume_key));
	if (image.piece == NULL || image.xts == NULL ||
	    EVP_EncryptInit_ex2(image.xts, EVP_aes_256_xts(), volume_key, NULL,
		NULL) != 1)
		bench_die("cannot set up the limit");
	for (size_t at = 0; at < SIZE; at += PIECE) {
		random_bytes(image.piece, PIECE);
		if (pwrite(image.plain_fd, image.piece, PIECE, (off_t)at) !=
		    (ssize_t)PIECE)
			bench_die("no room in %s", dir);
	}
	hex_format(BYTES_OF_ARRAY(image.key), hex);
	fd = make_file("key");
	if (file_write_all(fd, bytes_of_text(hex), &d) < 0 ||
	    luks_format(image.disk_fd, SIZE, image.key, &d) < 0)
		bench_die("%s", d.text);
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	struct bench_side sides[] = { { .once = ours }, { .once = limit },
		{ .once = peer } };
	struct bench_row row = { "protect_image", "GB/s/core" };
	double gigabytes = (double)SIZE / 1e9;

	if (!bench_wanted(argc, argv, row.name))
		return 0;
	set_up();
	bench_run(sides, ARRAY_LEN(sides), 0.1);
	row.ours = gigabytes * bench_rate(&sides[0]);
	row.limit = gigabytes * bench_rate(&sides[1]);
	row.peer = gigabytes * bench_rate(&sides[2]);
	row.peer_name = "qemu-img convert";
	bench_print(&row);
	return 0;
}
