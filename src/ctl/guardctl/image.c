/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image: a guarded host's disk out of its root folder, by the script that the
 * product installs for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "conf/paths.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/host.h"
#include "disk/tool.h"

#define SCRIPT        "/usr/lib/shieldwall/host-image"
#define ARGS_MAX      60
#define HASH_FILE_MAX 80
#define HASH_LEN      64

struct line {
	const char *args[ARGS_MAX + 1];
	size_t n;
};

static int
add(struct line *l, const char *option, const char *value, struct diag *d)
{
	if (l->n + 2 > ARGS_MAX)
		return diag_fail(d, ERR_LIMIT, "image: too many options");
	l->args[l->n++] = option;
	if (value != NULL)
		l->args[l->n++] = value;
	return ERR_OK;
}

/* All values of an option; the script has the same. */
static int
pass_on(struct line *l, const struct cli *cli, const char *name,
    const char *option, struct diag *d)
{
	const char *value;
	int r = ERR_OK;

	for (size_t i = 0; r == ERR_OK; i++) {
		value = cli_option_at(cli, name, i);
		if (value == NULL)
			break;
		r = add(l, option, value, d);
	}
	return r;
}

static int
fill(struct line *l, const struct cli *cli, struct diag *d)
{
	int r;

	if ((r = add(l, SCRIPT, NULL, d)) < 0 ||
	    (r = add(l, cli_arg(cli, 0), cli_arg(cli, 1), d)) < 0 ||
	    (r = pass_on(l, cli, "keys", "--keys", d)) < 0 ||
	    (r = pass_on(l, cli, "word", "--word", d)) < 0 ||
	    (r = pass_on(l, cli, "no-word", "--no-word", d)) < 0 ||
	    (r = pass_on(l, cli, "var", "--var", d)) < 0)
		return r;
	return cli_flag(cli, "grub") ? add(l, "--grub", NULL, d) : ERR_OK;
}

static int
check(const struct cli *cli, struct diag *d)
{
	int r;

	if ((cli_option(cli, "keys") != NULL) == cli_flag(cli, "grub"))
		return diag_fail(d, ERR_USAGE,
		    "one of --keys and --grub is needed");
	for (size_t i = 0; i < 2; i++)
		if (cli_arg(cli, i)[0] == '-')
			return diag_fail(d, ERR_USAGE,
			    "%s: a path that begins with - is not taken",
			    cli_arg(cli, i));
	if ((r = host_need_root(cli, d)) < 0)
		return r;
	if (access(SCRIPT, X_OK) != 0)
		return diag_errno(d, SCRIPT);
	return ERR_OK;
}

int
cmd_image(struct cli *cli, struct diag *d)
{
	auto_buf struct buf hash = BUF_INIT(HASH_FILE_MAX);
	const char *out = cli_arg(cli, 1);
	struct line l = { 0 };
	struct tool tool = { .argv = l.args };
	char path[PATH_TEXT_MAX];
	int r;

	if ((r = check(cli, d)) < 0 || (r = fill(&l, cli, d)) < 0)
		return r;
	if ((size_t)snprintf(path, sizeof(path), "%s.roothash", out) >=
	    sizeof(path))
		return diag_fail(d, ERR_LIMIT, "%s: path too long", out);
	reply_progress(cli, "making %s: a minute", out);
	if ((r = tool_run(&tool, d)) < 0 ||
	    (r = file_read(AT_FDCWD, path, HASH_FILE_MAX, &hash, d)) < 0)
		return r;
	if (buf_bytes(&hash).len != HASH_LEN + 1)
		return diag_fail(d, ERR_FORMAT, "%s: no root hash", path);
	((char *)hash.p)[HASH_LEN] = '\0';
	reply_line(cli, "root hash %s", (const char *)hash.p);
	reply_data_text(cli, "roothash", (const char *)hash.p);
	reply_changed(cli, NULL, "%s made", out);
	return ERR_OK;
}
