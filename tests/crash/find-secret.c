/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find-secret SECRETS FILE...: whether one of the secrets ("name hex" per
 * line) is in one of the files, raw, as hex or as base64 at any offset. Says
 * which and where, and ends with 0; with 1 if none is, with 2 if a file that
 * is there cannot be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

#define SECRETS_MAX 64
#define FORMS       6 /* raw, hex, HEX, three base64 */
#define PIECE       ((size_t)4 << 20)
#define OVERLAP     256

struct form {
	char name[96];
	uint8_t text[128];
	size_t len;
};

static struct form forms[SECRETS_MAX * FORMS];
static size_t n_forms;

static struct form *
add(const char *secret, const char *how, const void *text, size_t len)
{
	struct form *f = &forms[n_forms++];

	(void)snprintf(f->name, sizeof(f->name), "%s (%s)", secret, how);
	memcpy(f->text, text, len);
	f->len = len;
	return f;
}

/* What of the base64 text does not depend on what stands around it. */
static void
add_base64(const char *name, const uint8_t *raw, size_t len)
{
	uint8_t in[80], out[128];

	for (size_t pad = 0; pad < 3; pad++) {
		size_t from = pad == 0 ? 0 : 4;

		memset(in, 0, sizeof(in));
		memcpy(in + pad, raw, len);
		(void)EVP_EncodeBlock(out, in, (int)(pad + len));
		(void)add(name, "base64", out + from,
		    (pad + len) / 3 * 4 - from);
	}
}

static bool
add_secret(const char *name, const char *hex)
{
	uint8_t raw[32];
	char upper[65];

	if (strlen(hex) != 64 || n_forms + FORMS > ARRAY_LEN(forms) ||
	    hex_decode_fixed(bytes_of_text(hex), raw, sizeof(raw), NULL) < 0)
		return false;
	for (size_t i = 0; i <= 64; i++)
		upper[i] = hex[i] >= 'a' ? (char)(hex[i] - 'a' + 'A') : hex[i];
	(void)add(name, "raw", raw, sizeof(raw));
	(void)add(name, "hex", hex, 64);
	(void)add(name, "HEX", upper, 64);
	add_base64(name, raw, sizeof(raw));
	return true;
}

static bool
read_secrets(const char *path)
{
	char name[64], hex[80];
	FILE *file = fopen(path, "re");
	bool ok = file != NULL;

	while (ok && fscanf(file, "%63s %79s", name, hex) == 2)
		ok = add_secret(name, hex);
	if (file != NULL)
		(void)fclose(file);
	return ok && n_forms != 0;
}

static bool
look_in(const char *path, const uint8_t *p, size_t len)
{
	bool found = false;

	for (size_t i = 0; i < n_forms; i++)
		if (memmem(p, len, forms[i].text, forms[i].len) != NULL) {
			printf("%s: %s\n", path, forms[i].name);
			found = true;
		}
	return found;
}

/* 0 found, 1 not, 2 unreadable; what is gone meanwhile holds nothing. */
static int
look(const char *path, uint8_t *piece)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t kept = 0;
	int found = 1;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? 1 : 2;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return 2;
	}
	while ((n = read(fd, piece + kept, PIECE - kept)) > 0) {
		size_t len = kept + (size_t)n;

		if (look_in(path, piece, len))
			found = 0;
		kept = len < OVERLAP ? len : OVERLAP;
		memmove(piece, piece + len - kept, kept);
	}
	if (n < 0 && errno != ESRCH)
		found = 2;
	(void)close(fd);
	return found;
}

int
main(int argc, char **argv)
{
	uint8_t *piece = malloc(PIECE);
	int rc = 1;

	if (argc < 3 || piece == NULL || !read_secrets(argv[1])) {
		fprintf(stderr, "find-secret: SECRETS FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		int r = look(argv[i], piece);

		if (r == 2)
			fprintf(stderr, "find-secret: %s: cannot read\n",
			    argv[i]);
		rc = r == 0 || rc == 0 ? 0 : r > rc ? r : rc;
	}
	free(piece);
	return rc;
}
