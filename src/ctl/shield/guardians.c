/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/guardians.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "conf/paths.h"
#include "crypto/key.h"
#include "ctl/common/ask.h"

#define END_OWN    ".key"
#define END_PUBLIC ".guardian"

void
own_guardian_free(struct own_guardian *g)
{
	guardian_file_free(&g->file);
	key_free(g->sign);
	key_free(g->enc);
	g->sign = g->enc = NULL;
}

static int
folder_path(const struct cli *cli, char ret[static PATH_TEXT_MAX],
    struct diag *d)
{
	const char *home = getenv("HOME");
	char path[PATH_TEXT_MAX];

	if (home == NULL || home[0] != '/')
		return diag_fail(d, ERR_USAGE,
		    "HOME does not say where guardians are kept");
	if ((size_t)snprintf(path, sizeof(path), "%s%s",
		home[1] == '\0' ? "" : home, GUARDIANS_FOLDER) >= sizeof(path))
		return diag_fail(d, ERR_LIMIT, "HOME: path too long");
	return cli_path(cli, path, ret, PATH_TEXT_MAX, d);
}

/* ERR_NOT_FOUND before the first guardian. */
static int
open_folder(const struct cli *cli, bool make, int *ret, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	int r;

	if ((r = folder_path(cli, path, d)) < 0 ||
	    (make && (r = dir_make_all(path, 0700, d)) < 0))
		return r;
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0 && errno == ENOENT)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no guardians yet",
		    path);
	if (*ret < 0)
		return diag_errno(d, "%s", path);
	return ERR_OK;
}

static void
file_name(const char *name, bool own, char ret[static 128])
{
	(void)snprintf(ret, 128, "%s%s", name, own ? END_OWN : END_PUBLIC);
}

/* Keeps the list in order. */
static int
add_known(struct known_guardians *all, struct bytes name, bool own,
    struct diag *d)
{
	struct known_guardian one = { .own = own };
	size_t at = all->n;

	if (all->n == GUARDIANS_MAX)
		return diag_fail(d, ERR_LIMIT, "more than %d guardians",
		    GUARDIANS_MAX);
	memcpy(one.name, name.p, name.len);
	while (at > 0 && strcmp(all->list[at - 1].name, one.name) > 0) {
		all->list[at] = all->list[at - 1];
		at--;
	}
	all->list[at] = one;
	all->n++;
	return ERR_OK;
}

/* True for NAME + end, where NAME is one. */
static bool
name_before(const char *file, const char *end, struct bytes *ret)
{
	size_t n = strlen(file), e = strlen(end);

	if (n <= e || strcmp(file + n - e, end) != 0)
		return false;
	*ret = bytes_of(file, n - e);
	return name_valid(*ret);
}

int
guardians_list(const struct cli *cli, struct known_guardians *ret,
    struct diag *d)
{
	const struct dirent *e;
	struct bytes name;
	int fd = -1, r;
	DIR *dir;

	ret->n = 0;
	if ((r = open_folder(cli, false, &fd, d)) == ERR_NOT_FOUND)
		return ERR_OK;
	if (r < 0)
		return r;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close_p(&fd);
		return diag_errno(d, "guardians");
	}
	while (r == ERR_OK && (e = readdir(dir)) != NULL) {
		if (name_before(e->d_name, END_OWN, &name))
			r = add_known(ret, name, true, d);
		else if (name_before(e->d_name, END_PUBLIC, &name))
			r = add_known(ret, name, false, d);
	}
	(void)closedir(dir);
	return r;
}

static int
read_file(const struct cli *cli, const char *name, bool own, struct buf *ret,
    struct diag *d)
{
	auto_close int dir = -1;
	char file[128];
	int r;

	file_name(name, own, file);
	if ((r = open_folder(cli, false, &dir, d)) < 0)
		return r;
	return file_read(dir, file, own ? GUARDIAN_PRIVATE_MAX : GUARDIAN_MAX,
	    ret, d);
}

int
guardians_read_private(const struct cli *cli, const char *name, struct buf *ret,
    struct diag *d)
{
	int r = read_file(cli, name, true, ret, d);

	if (r == ERR_NOT_FOUND)
		return diag_fail(d, r,
		    "guardian %s: there is none of one's own by this name",
		    name);
	return r;
}

int
guardians_load(const struct cli *cli, const char *name,
    struct guardian_file *ret, bool *ret_own, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	bool own = true;
	int r;

	if ((r = read_file(cli, name, true, &b, d)) == ERR_NOT_FOUND) {
		own = false;
		r = read_file(cli, name, false, &b, d);
	}
	if (r == ERR_NOT_FOUND)
		return diag_fail(d, r, "guardian %s: there is none", name);
	if (r < 0)
		return r;
	r = own ? guardian_private_peek(buf_bytes(&b), ret, d)
		: guardian_decode(buf_bytes(&b), ret, d);
	if (r == ERR_OK && own)
		r = guardian_check(&ret->g, d);
	if (r < 0) {
		diag_prefix(d, "guardian %s", name);
		return r;
	}
	if (ret_own != NULL)
		*ret_own = own;
	return ERR_OK;
}

static bool
is_pair(const struct guardian *g, const struct grant_pair *pair)
{
	return bytes_equal(g->sign_cert, pair->sign_cert) &&
	    bytes_equal(g->enc_cert, pair->enc_cert);
}

/* The first whose certificates are these; own: only one's own. */
static bool
find_pair(const struct cli *cli, const struct grant_pair *pair, bool own,
    char ret[static NAME_MAX_LEN + 1])
{
	auto_free struct known_guardians *all = calloc(1, sizeof(*all));
	struct diag ignored;

	if (all == NULL || guardians_list(cli, all, &ignored) < 0)
		return false;
	for (size_t i = 0; i < all->n; i++) {
		auto_guardian_file struct guardian_file f = { 0 };

		if (own && !all->list[i].own)
			continue;
		if (guardians_load(cli, all->list[i].name, &f, NULL, &ignored) <
			0 ||
		    !is_pair(&f.g, pair))
			continue;
		memcpy(ret, all->list[i].name, NAME_MAX_LEN + 1);
		return true;
	}
	return false;
}

void
guardians_name_of(const struct cli *cli, const struct grant_pair *pair,
    char ret[static NAME_MAX_LEN + 1])
{
	if (!find_pair(cli, pair, false, ret))
		ret[0] = '\0';
}

int
guardians_open(const struct cli *cli, const char *name,
    struct own_guardian *ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	auto_secret struct secret passphrase = SECRET_NONE;
	char prompt[96];
	int r;

	if ((r = guardians_read_private(cli, name, &b, d)) < 0)
		return r;
	(void)snprintf(prompt, sizeof(prompt), "passphrase of guardian %s",
	    name);
	if ((r = ask_passphrase(cli, prompt, false, &passphrase, d)) < 0)
		return r;
	r = guardian_private_open(buf_bytes(&b), secret_bytes(&passphrase),
	    &ret->file, &ret->sign, &ret->enc, d);
	if (r < 0) {
		diag_prefix(d, "guardian %s", name);
		return r;
	}
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	return ERR_OK;
}

int
guardians_open_owner(const struct cli *cli, const struct grant *grant,
    struct own_guardian *ret, struct diag *d)
{
	char name[NAME_MAX_LEN + 1], id[65];

	if (find_pair(cli, &grant->c.owner, true, name))
		return guardians_open(cli, name, ret, d);
	hex_format(BYTES_OF_ARRAY(grant->owner_id), id);
	return diag_fail(d, ERR_NOT_FOUND,
	    "none of the guardians here is the owner (%.16s...)", id);
}

int
guardians_check_free(const struct cli *cli, const char *name, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	int r;

	if ((r = read_file(cli, name, true, &b, d)) == ERR_NOT_FOUND)
		r = read_file(cli, name, false, &b, d);
	if (r == ERR_NOT_FOUND)
		return ERR_OK;
	if (r < 0)
		return r;
	return diag_refuse(d, REASON_AlreadyExists,
	    "guardian %s: there is one already", name);
}

int
guardians_add(const struct cli *cli, const char *name, bool own,
    struct bytes contents, struct diag *d)
{
	auto_close int dir = -1;
	char file[128];
	int r;

	file_name(name, own, file);
	if ((r = guardians_check_free(cli, name, d)) < 0 ||
	    (r = open_folder(cli, true, &dir, d)) < 0)
		return r;
	return file_create(dir, file, 0600, contents, d);
}

int
guardians_remove(const struct cli *cli, const char *name, bool own,
    struct diag *d)
{
	auto_close int dir = -1;
	char file[128];
	int r;

	file_name(name, own, file);
	if ((r = open_folder(cli, false, &dir, d)) < 0)
		return r;
	if (unlinkat(dir, file, 0) != 0 || fsync(dir) != 0)
		return diag_errno(d, "%s", file);
	return ERR_OK;
}
