/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/luks.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "disk/luks1.h"
#include "disk/tool.h"

#define PASSPHRASE_SIZE ((size_t)2 * LUKS_KEY_SIZE)
/* Before the length is known for certain: LUKS1 takes 2 MiB. */
#define HEADER_ROOM ((off_t)4 << 20)
#define FD_KEY      10
#define FD_PLAIN    11
#define FD_LUKS     12

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

static int
write_header(int fd, struct bytes passphrase, struct message *said)
{
	const struct crypt_pbkdf_type pbkdf = { .type = CRYPT_KDF_PBKDF2,
		.hash = "sha256",
		.iterations = LUKS_ITERATIONS,
		.flags = CRYPT_PBKDF_NO_BENCHMARK };
	struct crypt_params_luks1 params = { .hash = "sha256" };
	CLEANUP(device_free_p) struct crypt_device *cd = NULL;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((r = crypt_init(&cd, path)) < 0)
		return r;
	crypt_set_log_callback(cd, keep_message, said);
	crypt_set_rng_type(cd, CRYPT_RNG_URANDOM);
	if ((r = crypt_set_pbkdf_type(cd, &pbkdf)) < 0 ||
	    (r = crypt_format(cd, CRYPT_LUKS1, "aes", "xts-plain64", NULL, NULL,
		 LUKS1_VOLUME_KEY, &params)) < 0)
		return r;
	return crypt_keyslot_add_by_volume_key(cd, 0, NULL, 0,
	    (const char *)passphrase.p, passphrase.len);
}

static int
read_header(int fd, struct luks1 *ret, struct diag *d)
{
	uint8_t head[LUKS1_HEADER_SIZE];

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return diag_errno(d, "cannot read the LUKS header back");
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
	if (r < 0) {
		errno = -r;
		return diag_errno(d, "LUKS header%s%s",
		    said.text[0] != '\0' ? ": " : "", said.text);
	}
	if ((r = read_header(fd, &h, d)) < 0)
		return r;
	return take_room(fd, (off_t)(h.payload + size), d);
}

/* qemu-img with the key on a pipe; the two ends by descriptor and format. */
static int
convert(const struct luks_copy *c, const char *const *argv, struct diag *d)
{
	auto_secret struct secret passphrase = SECRET_NONE;
	auto_close int pipe_fd = -1;
	struct tool tool = { .argv = argv,
		.fds = { { -1, FD_KEY }, { c->plain_fd, FD_PLAIN },
		    { c->luks_fd, FD_LUKS } },
		.n_fds = 3,
		.shows_progress = c->shows_progress };
	int r;

	if ((r = make_passphrase(c->key, &passphrase, d)) < 0 ||
	    (r = tool_secret_pipe(secret_bytes(&passphrase), &pipe_fd, d)) < 0)
		return r;
	tool.fds[0].fd = pipe_fd;
	return tool_run(&tool, d);
}

#define OBJECT_KEY "secret,id=key,file=/dev/fd/10"
#define OPTS_PLAIN                                             \
	"driver=raw,file.driver=file,file.filename=/dev/fd/11" \
	",file.locking=off"
#define OPTS_LUKS                                                            \
	"driver=luks,key-secret=key,file.driver=file,file.filename=/dev/fd/" \
	"12,file.locking=off"

int
luks_fill(const struct luks_copy *c, struct diag *d)
{
	static const char *const argv[] = { "qemu-img", "convert", "-p", "-n",
		"-W", "--object", OBJECT_KEY, "--image-opts",
		"--target-image-opts", OPTS_PLAIN, OPTS_LUKS, NULL };
	int r;

	if ((r = convert(c, argv, d)) < 0)
		return r;
	if (fsync(c->luks_fd) != 0)
		return diag_errno(d, "cannot write the disk out");
	return ERR_OK;
}

int
luks_extract(const struct luks_copy *c, uint64_t size, struct diag *d)
{
	/* A file that was just made longer is known to be zero. */
	static const char *const argv[] = { "qemu-img", "convert", "-p", "-n",
		"-W", "--target-is-zero", "--object", OBJECT_KEY,
		"--image-opts", "--target-image-opts", OPTS_LUKS, OPTS_PLAIN,
		NULL };
	int r;

	if (ftruncate(c->plain_fd, (off_t)size) != 0)
		return diag_errno(d, "cannot make the image %llu bytes long",
		    (unsigned long long)size);
	if ((r = convert(c, argv, d)) < 0)
		return r;
	if (fsync(c->plain_fd) != 0)
		return diag_errno(d, "cannot write the image out");
	return ERR_OK;
}
