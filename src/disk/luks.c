/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/luks.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "base/text.h"
#include "disk/luks1.h"
#include "disk/payload.h"

#define PASSPHRASE_SIZE ((size_t)2 * LUKS_KEY_SIZE)
/* Before the length is known for certain: LUKS1 takes 2 MiB. */
#define HEADER_ROOM ((off_t)4 << 20)

static void
device_free_p(struct crypt_device **cd)
{
	crypt_free(*cd);
	*cd = NULL;
}

/* The last message of the library, in place of its standard error. */
struct message {
	char text[200];
};

static void
keep_message(int level, const char *text, void *arg)
{
	struct message *m = arg;

	if (level == CRYPT_LOG_ERROR)
		text_escape(bytes_of(text, strcspn(text, "\n")), m->text,
		    sizeof(m->text));
}

static int
make_passphrase(const uint8_t *key, struct secret *ret, struct diag *d)
{
	auto_secret struct secret s = SECRET_NONE;
	int r;

	/* hex_format() ends with a NUL. */
	if ((r = secret_alloc(&s, PASSPHRASE_SIZE + 1, d)) < 0)
		return r;
	hex_format(bytes_of(key, LUKS_KEY_SIZE), (char *)s.p);
	s.len = PASSPHRASE_SIZE;
	secret_move(&s, ret);
	return ERR_OK;
}

/* The library takes paths only. */
static int
open_device(int fd, struct message *said, struct crypt_device **ret)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((r = crypt_init(ret, path)) == 0)
		crypt_set_log_callback(*ret, keep_message, said);
	return r;
}

static int
library_failed(int r, const struct message *said, struct diag *d)
{
	errno = -r;
	return diag_errno(d, "LUKS header%s%s",
	    said->text[0] != '\0' ? ": " : "", said->text);
}

static int
write_header(int fd, struct bytes passphrase, struct message *said)
{
	const struct crypt_pbkdf_type pbkdf = { .type = CRYPT_KDF_PBKDF2,
		.hash = "sha256",
		.iterations = LUKS_ITERATIONS,
		.flags = CRYPT_PBKDF_NO_BENCHMARK };
	struct crypt_params_luks1 params = { .hash = "sha256" };
	CLEANUP(device_free_p) struct crypt_device *cd = NULL;
	int r;

	if ((r = open_device(fd, said, &cd)) < 0)
		return r;
	crypt_set_rng_type(cd, CRYPT_RNG_URANDOM);
	if ((r = crypt_set_pbkdf_type(cd, &pbkdf)) < 0 ||
	    (r = crypt_format(cd, CRYPT_LUKS1, "aes", "xts-plain64", NULL, NULL,
		 LUKS1_VOLUME_KEY, &params)) < 0)
		return r;
	return crypt_keyslot_add_by_volume_key(cd, 0, NULL, 0,
	    (const char *)passphrase.p, passphrase.len);
}

static int
read_volume_key(int fd, struct bytes passphrase, struct secret *ret,
    struct message *said)
{
	CLEANUP(device_free_p) struct crypt_device *cd = NULL;
	size_t size = ret->len;
	int r;

	if ((r = open_device(fd, said, &cd)) < 0 ||
	    (r = crypt_load(cd, CRYPT_LUKS1, NULL)) < 0 ||
	    (r = crypt_volume_key_get(cd, 0, (char *)ret->p, &size,
		 (const char *)passphrase.p, passphrase.len)) < 0)
		return r;
	return size == ret->len ? 0 : -EINVAL;
}

static int
read_header(int fd, struct luks1 *ret, struct diag *d)
{
	uint8_t head[LUKS1_HEADER_SIZE];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return diag_errno(d, "cannot read the LUKS header");
	if ((size_t)n != sizeof(head))
		return diag_refuse(d, REASON_FileInvalid,
		    "LUKS header: cut short");
	return luks1_parse(BYTES_OF_ARRAY(head), ret, d);
}

/* Room is taken now: a full disk is found out before the work, not in it. */
static int
take_room(int fd, off_t size, struct diag *d)
{
	if (ftruncate(fd, size) != 0)
		return diag_errno(d, "cannot make the disk %lld bytes long",
		    (long long)size);
	if (fallocate(fd, 0, 0, size) != 0 && errno != EOPNOTSUPP)
		return diag_errno(d, "no room for a disk of %lld bytes",
		    (long long)size);
	return ERR_OK;
}

int
luks_format(int fd, uint64_t size, const uint8_t key[static LUKS_KEY_SIZE],
    struct diag *d)
{
	auto_secret struct secret passphrase = SECRET_NONE;
	struct message said = { 0 };
	struct luks1 h;
	int r;

	if ((r = make_passphrase(key, &passphrase, d)) < 0)
		return r;
	if (ftruncate(fd, HEADER_ROOM) != 0)
		return diag_errno(d, "cannot make room for a LUKS header");
	r = write_header(fd, secret_bytes(&passphrase), &said);
	if (r < 0)
		return library_failed(r, &said, d);
	if ((r = read_header(fd, &h, d)) < 0)
		return r;
	return take_room(fd, (off_t)(h.payload + size), d);
}

/* Where the data is and what it is encrypted with, by our form of a header. */
static int
open_header(const struct luks_copy *c, struct secret *ret_key, uint32_t *ret,
    struct diag *d)
{
	auto_secret struct secret passphrase = SECRET_NONE, key = SECRET_NONE;
	struct message said = { 0 };
	struct luks1 h;
	int r;

	if ((r = read_header(c->luks_fd, &h, d)) < 0 ||
	    (r = make_passphrase(c->key, &passphrase, d)) < 0 ||
	    (r = secret_alloc(&key, LUKS1_VOLUME_KEY, d)) < 0)
		return r;
	r = read_volume_key(c->luks_fd, secret_bytes(&passphrase), &key, &said);
	if (r == -EPERM)
		return diag_refuse(d, REASON_FileInvalid,
		    "LUKS header: the key does not open it");
	if (r < 0)
		return library_failed(r, &said, d);
	secret_move(&key, ret_key);
	*ret = h.payload;
	return ERR_OK;
}

static int
file_size(int fd, uint64_t *ret, struct diag *d)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return diag_errno(d, "disk");
	*ret = (uint64_t)st.st_size;
	return ERR_OK;
}

int
luks_fill(const struct luks_copy *c, struct diag *d)
{
	auto_secret struct secret key = SECRET_NONE;
	struct payload p = { .plain_fd = c->plain_fd,
		.disk_fd = c->luks_fd,
		.shows_progress = c->shows_progress };
	uint64_t end;
	uint32_t start;
	int r;

	if ((r = open_header(c, &key, &start, d)) < 0 ||
	    (r = file_size(c->luks_fd, &end, d)) < 0)
		return r;
	if (end <= start || (end - start) % LUKS1_SECTOR != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "disk: no whole sectors after its header");
	p.start = start;
	p.size = end - start;
	p.key = key.p;
	if ((r = payload_fill(&p, d)) < 0)
		return r;
	if (fsync(c->luks_fd) != 0)
		return diag_errno(d, "cannot write the disk out");
	return ERR_OK;
}

int
luks_extract(const struct luks_copy *c, uint64_t size, struct diag *d)
{
	auto_secret struct secret key = SECRET_NONE;
	struct payload p = { .plain_fd = c->plain_fd,
		.disk_fd = c->luks_fd,
		.size = size,
		.shows_progress = c->shows_progress };
	uint32_t start;
	int r;

	if ((r = open_header(c, &key, &start, d)) < 0)
		return r;
	if (ftruncate(c->plain_fd, (off_t)size) != 0)
		return diag_errno(d, "cannot make the image %llu bytes long",
		    (unsigned long long)size);
	p.start = start;
	p.key = key.p;
	if ((r = payload_extract(&p, d)) < 0)
		return r;
	if (fsync(c->plain_fd) != 0)
		return diag_errno(d, "cannot write the image out");
	return ERR_OK;
}
