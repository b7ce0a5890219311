/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 'hgsctl init': everything is made beside its place, under its final owners,
 * and the move of one folder is what makes it so.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"
#include "conf/paths.h"
#include "ctl/common/ask.h"
#include "ctl/common/reply.h"
#include "ctl/hgsctl/backup.h"
#include "ctl/hgsctl/commands.h"
#include "ctl/hgsctl/state.h"

#define PEM_FILE_MAX ((size_t)64 << 10)

struct init {
	struct cli *cli;
	char name[NAME_MAX_LEN + 1];
	char dir[PATH_TEXT_MAX];
	char conf[PATH_TEXT_MAX];
	uint64_t now;
	bool restored;
	struct service_keys keys;
	struct secret passphrase;
};

static int
check_options(const struct cli *cli, struct diag *d)
{
	const char *mode = cli_option(cli, "mode"),
		   *keys = cli_option(cli, "keys");
	bool restore = cli_flag(cli, "from-backup");

	if (geteuid() != 0)
		return diag_fail(d, ERR_USAGE, "init: must be run as root");
	if (mode != NULL && strcmp(mode, "tpm") != 0)
		return diag_refuse(d, REASON_ModeNotEnabled,
		    "init: mode %s is not offered, only tpm", mode);
	if (keys != NULL && strcmp(keys, "passphrase") != 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "init: keys are kept under a passphrase, not in %s", keys);
	if (!restore && cli_option(cli, "name") == NULL)
		return diag_fail(d, ERR_USAGE, "init: --name is missing");
	if (restore &&
	    (cli_flag(cli, "name") || cli_flag(cli, "signing-cert") ||
		cli_flag(cli, "encryption-cert") || cli_flag(cli, "backup")))
		return diag_fail(d, ERR_USAGE,
		    "init: --from-backup brings its own name and keys");
	if (cli_flag(cli, "backup") && cli_flag(cli, "no-backup"))
		return diag_fail(d, ERR_USAGE,
		    "init: --backup or --no-backup, not both");
	if (!restore && !cli_flag(cli, "backup") && !cli_flag(cli, "no-backup"))
		return diag_fail(d, ERR_REFUSED,
		    "init: without a backup, losing this machine loses the "
		    "guardian's keys; give --backup FILE, or --no-backup");
	return ERR_OK;
}

/* From --passphrase-fd, root's file that hgsd will read too, or the terminal.*/
static int
get_passphrase(struct init *in, struct diag *d)
{
	const char *file = cli_option(in->cli, "passphrase-file");
	char path[PATH_TEXT_MAX];
	auto_close int fd = -1;
	int r;

	if (file == NULL || in->cli->passphrase_fd >= 0)
		return ask_passphrase(in->cli,
		    "Passphrase for the service's keys",
		    !cli_flag(in->cli, "from-backup"), &in->passphrase, d);
	if ((r = cli_path(in->cli, file, path, sizeof(path), d)) < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return diag_errno(d, "%s", path);
	return file_read_passphrase(fd, path, &in->passphrase, d);
}

static int
read_option(const struct cli *cli, const char *option, size_t max,
    struct buf *ret, struct diag *d)
{
	const char *file = cli_option(cli, option);

	return file == NULL ? ERR_OK : cli_read_input(cli, file, max, ret, d);
}

static int
restore_keys(struct init *in, struct diag *d)
{
	auto_buf struct buf file = BUF_INIT(BACKUP_MAX);
	auto_secret struct secret plain = SECRET_NONE;
	struct backup b;
	int r;

	if ((r = read_option(in->cli, "from-backup", BACKUP_MAX, &file, d)) <
		0 ||
	    (r = backup_read(buf_bytes(&file), secret_bytes(&in->passphrase),
		 &plain, &b, &in->keys, d)) < 0)
		return r;
	(void)snprintf(in->name, sizeof(in->name), "%.*s", (int)b.name.len,
	    (const char *)b.name.p);
	in->restored = true;
	return ERR_OK;
}

static int
get_keys(struct init *in, struct diag *d)
{
	auto_buf struct buf sign = BUF_INIT(PEM_FILE_MAX);
	auto_buf struct buf encrypt = BUF_INIT(PEM_FILE_MAX);
	struct service_keys_new n = { .now = in->now };
	const char *name = cli_option(in->cli, "name");
	int r;

	if (cli_flag(in->cli, "from-backup"))
		return restore_keys(in, d);
	if ((r = name_check("--name", bytes_of_text(name), d)) < 0)
		return ERR_USAGE;
	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	if ((r = read_option(in->cli, "signing-cert", PEM_FILE_MAX, &sign, d)) <
		0 ||
	    (r = read_option(in->cli, "encryption-cert", PEM_FILE_MAX, &encrypt,
		 d)) < 0)
		return r;
	n.name = bytes_of_text(in->name);
	n.sign = buf_bytes(&sign);
	n.encrypt = buf_bytes(&encrypt);
	return service_keys_make(&n, &in->keys, d);
}

static void
put_setting(struct buf *b, const struct cli *cli, const char *option,
    const char *key)
{
	const char *v = cli_option(cli, option);

	if (v != NULL)
		(void)buf_printf(b, "%s = %s\n", key, v);
}

/* hgs.conf, where there is none; one that says the same may stand. */
static int
write_conf(const struct init *in, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(8192), old = BUF_INIT(65536);
	const struct cli *cli = in->cli;
	char parent[PATH_TEXT_MAX];
	int r;

	(void)buf_put_text(&b, "# See hgs.conf(5).\n[service]\n");
	put_setting(&b, cli, "listen", "listen");
	put_setting(&b, cli, "url", "url");
	(void)buf_put_text(&b, "\n[keys]\n");
	put_setting(&b, cli, "passphrase-file", "passphrase_file");
	if ((r = buf_check(&b, in->conf, d)) < 0)
		return r;
	(void)snprintf(parent, sizeof(parent), "%.*s",
	    (int)(strrchr(in->conf, '/') - in->conf), in->conf);
	if ((r = dir_make_all(parent, 0755, d)) < 0)
		return r;
	r = file_create(AT_FDCWD, in->conf, 0644, buf_bytes(&b), d);
	if (r != ERR_EXISTS)
		return r;
	if ((r = file_read(AT_FDCWD, in->conf, 65536, &old, d)) < 0)
		return r;
	if (bytes_equal(buf_bytes(&old), buf_bytes(&b)))
		return ERR_OK;
	if (cli_flag(cli, "listen") || cli_flag(cli, "url") ||
	    cli_flag(cli, "passphrase-file"))
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s: is there and says something else; edit it, and leave "
		    "--listen, --url and --passphrase-file out",
		    in->conf);
	return ERR_OK;
}

static int
write_backup(const struct init *in, struct diag *d)
{
	const char *file = cli_option(in->cli, "backup");
	auto_buf struct buf b = BUF_INIT(BACKUP_MAX);
	struct backup what = { bytes_of_text(in->name), bytes_of_text("tpm"),
		in->now };
	int r;

	if (file == NULL)
		return ERR_OK;
	r = backup_write(&what, &in->keys, secret_bytes(&in->passphrase), &b,
	    d);
	if (r < 0)
		return r;
	return file_create(AT_FDCWD, file, 0600, buf_bytes(&b), d);
}

static void
report(const struct init *in)
{
	struct cli *cli = in->cli;
	const char *url = cli_option(cli, "url");
	char fingerprint[65], made[300];

	service_keys_fingerprint(&in->keys, fingerprint);
	if (url != NULL)
		(void)snprintf(made, sizeof(made), "%s", url);
	else
		(void)snprintf(made, sizeof(made), "http://%s", in->name);
	reply_line(cli, "name: %s", in->name);
	reply_line(cli, "url: %s", made);
	reply_line(cli, "guardian fingerprint: %s", fingerprint);
	reply_data_text(cli, "name", in->name);
	reply_data_text(cli, "url", made);
	reply_data_text(cli, "fingerprint", fingerprint);
	if (in->restored) {
		reply_line(cli,
		    "keys: restored; certificates issued before "
		    "now are refused");
		reply_line(cli,
		    "hosts, baselines and policies: none; add them "
		    "again");
	} else if (cli_flag(cli, "no-backup")) {
		reply_line(cli,
		    "backup: NONE EXISTS; losing this machine "
		    "loses the guardian's keys");
	} else {
		reply_line(cli,
		    "backup: %s, under the same passphrase; keep "
		    "both apart from this machine",
		    cli_option(cli, "backup"));
	}
	reply_changed(cli, "hgsctl clear --yes",
	    "HGS %s is initialised; "
	    "start hgsd",
	    in->name);
}

static int
init_all(struct init *in, struct diag *d)
{
	struct state_new s = { .dir = in->dir,
		.mode = bytes_of_text("tpm"),
		.now = in->now,
		.keys = &in->keys };
	struct cli *cli = in->cli;
	int r;

	if ((r = check_options(cli, d)) < 0 ||
	    (r = cli_path(cli, PATH_HGS_STATE, in->dir, sizeof(in->dir), d)) <
		0 ||
	    (r = cli_path(cli, PATH_HGS_CONF, in->conf, sizeof(in->conf), d)) <
		0 ||
	    (r = state_check_absent(in->dir, d)) < 0 ||
	    (r = get_passphrase(in, d)) < 0 || (r = get_keys(in, d)) < 0)
		return r;
	s.name = bytes_of_text(in->name);
	s.passphrase = secret_bytes(&in->passphrase);
	s.how = in->restored ? "from a backup" : "new";
	s.deny_before = in->restored ? in->now : 0;
	if ((r = state_build(&s, d)) < 0 || (r = write_conf(in, d)) < 0 ||
	    (r = write_backup(in, d)) < 0 ||
	    (r = state_publish(in->dir, d)) < 0)
		return r;
	report(in);
	return ERR_OK;
}

int
cmd_init(struct cli *cli, struct diag *d)
{
	struct init in = { .cli = cli, .now = (uint64_t)time(NULL) };
	int r = process_protect(d);

	if (r == ERR_OK)
		r = init_all(&in, d);
	service_keys_free(&in.keys);
	secret_free(&in.passphrase);
	return r;
}
