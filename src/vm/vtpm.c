/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/vtpm.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "disk/tool.h"

#define LABEL        "shieldwall vtpm state 1"
#define PATH_MAX_LEN 4096
#define FD_KEY       "10"
#define FD_KEY_N     10

/* --- making one --- */

static int
put_file(const char *dir, const char *name, struct bytes text, struct diag *d)
{
	char path[PATH_MAX_LEN];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", dir);
	return file_create(AT_FDCWD, path, 0600, text, d);
}

/* swtpm_setup.conf(5), swtpm-localca.conf(5) */
static int
put_configuration(const char *dir, struct diag *d)
{
	auto_buf struct buf setup = BUF_INIT(32768);
	auto_buf struct buf ca = BUF_INIT(32768);
	int r;

	(void)buf_printf(&setup,
	    "create_certs_tool=/usr/bin/swtpm_localca\n"
	    "create_certs_tool_config=%s/localca.conf\n"
	    "create_certs_tool_options=%s/localca.options\n",
	    dir, dir);
	(void)buf_printf(&ca,
	    "statedir = %s\nsigningkey = %s/key.pem\n"
	    "issuercert = %s/ca.pem\ncertserial = %s/serial\n",
	    dir, dir, dir, dir);
	if ((r = buf_check(&setup, "vTPM", d)) < 0 ||
	    (r = buf_check(&ca, "vTPM", d)) < 0 ||
	    (r = put_file(dir, "setup.conf", buf_bytes(&setup), d)) < 0 ||
	    (r = put_file(dir, "localca.conf", buf_bytes(&ca), d)) < 0)
		return r;
	return put_file(dir, "localca.options", BYTES_NONE, d);
}

/* The paths stand in lines of configuration files. */
static int
check_path(const char *path, struct diag *d)
{
	char shown[200];

	if (path[0] == '/' && text_printable(bytes_of_text(path)) &&
	    strchr(path, '$') == NULL && strlen(path) < PATH_MAX_LEN / 2)
		return ERR_OK;
	text_escape(bytes_of_text(path), shown, sizeof(shown));
	return diag_fail(d, ERR_USAGE,
	    "%s: swtpm_setup cannot work in a folder of this name", shown);
}

/* key_fd: -1 for a state in clear. */
static int
run_setup(const struct vtpm_new *in, int key_fd, struct diag *d)
{
	char conf[PATH_MAX_LEN];
	bool has_key = key_fd >= 0;
	const char *const argv[] = { "swtpm_setup", "--tpm2", "--tpmstate",
		in->state, "--config", conf, "--create-ek-cert", "--lock-nvram",
		"--vmid", in->name, "--pcr-banks", VTPM_BANK,
		has_key ? "--cipher" : NULL, "aes-256-cbc", "--keyfile-fd",
		FD_KEY, NULL };
	struct tool tool = { .argv = argv,
		.fds = { { key_fd, FD_KEY_N } },
		.n_fds = has_key ? 1 : 0,
		.tmp = in->scratch };

	if ((size_t)snprintf(conf, sizeof(conf), "%s/setup.conf",
		in->scratch) >= sizeof(conf))
		return diag_fail(d, ERR_LIMIT, "%s: path too long",
		    in->scratch);
	return tool_run(&tool, d);
}

int
vtpm_create(const struct vtpm_new *in, struct diag *d)
{
	auto_secret struct secret hex = SECRET_NONE;
	auto_close int key_fd = -1;
	int r;

	BUG_ON(!name_valid(bytes_of_text(in->name)));
	if ((r = check_path(in->state, d)) < 0 ||
	    (r = check_path(in->scratch, d)) < 0 ||
	    (r = put_configuration(in->scratch, d)) < 0)
		return r;
	if (in->key == NULL)
		return run_setup(in, -1, d);
	if ((r = secret_alloc(&hex, 2 * VTPM_KEY_SIZE + 1, d)) < 0)
		return r;
	hex_format(bytes_of(in->key, VTPM_KEY_SIZE), (char *)hex.p);
	if ((r = tool_secret_pipe(bytes_of(hex.p, 2 * VTPM_KEY_SIZE), &key_fd,
		 d)) < 0)
		return r;
	return run_setup(in, key_fd, d);
}

/* --- its digest --- */

struct state_files {
	char name[VTPM_FILES_MAX][NAME_MAX_LEN + 1];
	size_t n;
};

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_FileInvalid, "vTPM state: %s", what);
}

/* Keeps the list in order. */
static int
add_file(struct state_files *files, const char *name, struct diag *d)
{
	size_t at = files->n;

	if (!name_valid(bytes_of_text(name)))
		return refuse(d, "a file that swtpm does not write");
	if (files->n == VTPM_FILES_MAX)
		return refuse(d, "too many files");
	while (at > 0 && strcmp(files->name[at - 1], name) > 0) {
		memcpy(files->name[at], files->name[at - 1],
		    sizeof(files->name[at]));
		at--;
	}
	memcpy(files->name[at], name, strlen(name) + 1);
	files->n++;
	return ERR_OK;
}

static int
list_files(int state_fd, struct state_files *ret, struct diag *d)
{
	int fd = openat(state_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = ERR_OK;

	if (dir == NULL) {
		close_p(&fd);
		return diag_errno(d, "vTPM state");
	}
	while (r == ERR_OK && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    strcmp(e->d_name, VTPM_FILE_LOCK) != 0)
			r = add_file(ret, e->d_name, d);
	(void)closedir(dir);
	return r;
}

static void
hash_framed(struct hash *h, struct bytes in)
{
	auto_buf struct buf len = BUF_INIT(4);

	(void)buf_put_be32(&len, (uint32_t)in.len);
	hash_update(h, buf_bytes(&len));
	hash_update(h, in);
}

int
vtpm_digest(int state_fd, uint8_t ret[static 32], struct diag *d)
{
	auto_hash struct hash *h = hash_new(HASH_SHA256);
	struct state_files files = { 0 };
	int r;

	if ((r = list_files(state_fd, &files, d)) < 0)
		return r;
	if (files.n == 0)
		return refuse(d, "there is none");
	hash_update(h, bytes_of_text(LABEL));
	for (size_t i = 0; i < files.n; i++) {
		auto_buf struct buf b = BUF_INIT(VTPM_STATE_MAX);

		r = file_read(state_fd, files.name[i], VTPM_STATE_MAX, &b, d);
		if (r == ERR_NOMEM)
			return r;
		if (r < 0) {
			diag_prefix(d, "vTPM state");
			if (d != NULL)
				d->reason = REASON_FileInvalid;
			return ERR_REFUSED;
		}
		hash_framed(h, bytes_of_text(files.name[i]));
		hash_framed(h, buf_bytes(&b));
	}
	hash_final(h, ret);
	return ERR_OK;
}
