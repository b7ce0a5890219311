/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardctl setup: guard.conf and the folders; and what a machine still needs
 * before it is a guarded host.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/checks.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/conf_edit.h"
#include "ctl/guardctl/places.h"
#include "http/url.h"

#define URL_MAX 180 /* with its key it fits a line of guard.conf */

static int
check_url(const char *option, const char *url, bool *ret_tls, struct diag *d)
{
	struct http_url u;

	if (strlen(url) > URL_MAX)
		return diag_fail(d, ERR_USAGE, "%s: longer than %d bytes",
		    option, URL_MAX);
	if (http_url_parse(bytes_of_text(url), &u, d) < 0) {
		diag_prefix(d, "%s", option);
		return ERR_USAGE;
	}
	*ret_tls = *ret_tls || u.tls;
	return ERR_OK;
}

/* The options as lines of guard.conf. */
static int
read_options(const struct cli *cli, struct conf_edit *ret, size_t *ret_n,
    struct diag *d)
{
	static const struct {
		const char *option, *section, *key;
	} words[] = { { "hgs", "hgs", "url" },
		{ "fallback", "hgs", "fallback" }, { "pin", "hgs", "pin" },
		{ "name", "host", "name" } };
	const char *pin = cli_option(cli, "pin"),
		   *name = cli_option(cli, "name");
	const char *url = cli_option(cli, "hgs"),
		   *fallback = cli_option(cli, "fallback");
	uint8_t digest[32];
	bool tls = false;
	int r;

	if (url == NULL)
		return diag_fail(d, ERR_USAGE, "--hgs URL is needed");
	if ((r = check_url("--hgs", url, &tls, d)) < 0 ||
	    (fallback != NULL &&
		(r = check_url("--fallback", fallback, &tls, d)) < 0))
		return r;
	if (pin != NULL &&
	    hex_decode_fixed(bytes_of_text(pin), digest, sizeof(digest), d) < 0)
		return diag_fail(d, ERR_USAGE,
		    "--pin: not the 64 hex digits of a SHA-256");
	/* Nothing would ever be compared with it. */
	if (pin != NULL && !tls)
		return diag_fail(d, ERR_USAGE,
		    "--pin: is of a TLS certificate, but no address is https");
	if (name != NULL && name_check("--name", bytes_of_text(name), d) < 0)
		return ERR_USAGE;
	*ret_n = 0;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *v = cli_option(cli, words[i].option);

		if (v != NULL)
			ret[(*ret_n)++] = (struct conf_edit){ words[i].section,
				words[i].key, v };
	}
	return ERR_OK;
}

static int
read_old(const char *path, struct buf *ret, struct diag *d)
{
	int r = file_read(AT_FDCWD, path, CONF_FILE_MAX, ret, d);

	return r == ERR_NOT_FOUND ? ERR_OK : r;
}

/* The old file, if there was one, stays beside it. */
static int
write_conf(struct cli *cli, const char *path, struct diag *d)
{
	auto_buf struct buf old = BUF_INIT(CONF_FILE_MAX);
	auto_buf struct buf new = BUF_INIT(CONF_FILE_MAX);
	struct conf_edit edits[CONF_EDITS_MAX];
	char kept[PATH_TEXT_MAX + 8], undo[3 * PATH_TEXT_MAX];
	struct guard_conf conf;
	size_t n;
	int r;

	if ((r = read_options(cli, edits, &n, d)) < 0 ||
	    (r = read_old(path, &old, d)) < 0 ||
	    (r = guard_conf_parse(path, buf_bytes(&old), &conf, d)) < 0 ||
	    (r = conf_edit(buf_bytes(&old), edits, n, &new, d)) < 0 ||
	    (r = guard_conf_parse(path, buf_bytes(&new), &conf, d)) < 0)
		return r;
	(void)snprintf(kept, sizeof(kept), "%s.old", path);
	(void)snprintf(undo, sizeof(undo), "rm %s", path);
	if (old.len != 0) {
		if ((r = file_write_atomic(AT_FDCWD, kept, 0644,
			 buf_bytes(&old), d)) < 0)
			return r;
		(void)snprintf(undo, sizeof(undo), "mv %s %s", kept, path);
	}
	r = file_write_atomic(AT_FDCWD, path, 0644, buf_bytes(&new), d);
	if (r == ERR_OK)
		reply_changed(cli, undo,
		    "%s written; next: systemctl restart guardd", path);
	return r;
}

/* What only a boot, a package or another administrator can bring. */
static void
check_needs(const struct host *h, struct report *r)
{
	users_check(h, r);
	places_check(h, r);
	check_programs(h, r);
	check_early(h, r);
}

static int
check_only(struct cli *cli, struct diag *d)
{
	struct report r = { .cli = cli };
	struct host h;

	if (check_config(cli, &r, &h))
		check_needs(&h, &r);
	return report_end(&r, d);
}

int
cmd_setup(struct cli *cli, struct diag *d)
{
	struct report report = { .cli = cli };
	char path[PATH_TEXT_MAX];
	struct diag missing;
	struct host h;
	int r;

	if ((r = host_need_root(cli, d)) < 0)
		return r;
	if (cli_flag(cli, "check"))
		return check_only(cli, d);
	/* The places first: guard.conf's own folder is one of them. */
	if ((r = host_load(cli, &h, d)) < 0 || (r = places_make(&h, d)) < 0 ||
	    (r = cli_path(cli, PATH_GUARD_CONF, path, sizeof(path), d)) < 0 ||
	    (r = write_conf(cli, path, d)) < 0)
		return r;
	if (check_config(cli, &report, &h))
		check_needs(&h, &report);
	/* What is missing is said; what was asked for is done. */
	if (report_end(&report, &missing) < 0)
		reply_line(cli,
		    "still needed: see above; then 'guardctl setup "
		    "--check'");
	return ERR_OK;
}
