/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardctl setup: makes a machine a guarded host. guard.conf, the folders, the
 * kernel's command line, modules, units and the initramfs.
 */
#include "ctl/guardctl/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/file.h"
#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/conf_edit.h"
#include "http/url.h"
#include "measure/cmdline.h"

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

	if ((url != NULL && (r = check_url("--hgs", url, &tls, d)) < 0) ||
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

int
setup_plan_conf(struct cli *cli, struct plan *p, struct diag *d)
{
	auto_buf struct buf old = BUF_INIT(CONF_FILE_MAX);
	auto_buf struct buf new = BUF_INIT(CONF_FILE_MAX);
	struct conf_edit edits[CONF_EDITS_MAX];
	char path[PATH_TEXT_MAX];
	struct guard_conf conf;
	size_t n;
	int r;

	if ((r = cli_path(cli, PATH_GUARD_CONF, path, sizeof(path), d)) < 0 ||
	    (r = read_options(cli, edits, &n, d)) < 0 ||
	    (r = read_old(path, &old, d)) < 0 ||
	    (r = guard_conf_parse(path, buf_bytes(&old), &conf, d)) < 0)
		return r;
	/* A second run need not say again what the file has. */
	if (cli_option(cli, "hgs") == NULL && conf.url[0] == '\0')
		return diag_fail(d, ERR_USAGE, "--hgs URL is needed");
	if ((r = conf_edit(buf_bytes(&old), edits, n, &new, d)) < 0 ||
	    (r = guard_conf_parse(path, buf_bytes(&new), &conf, d)) < 0)
		return r;
	return plan_file(p, PATH_GUARD_CONF, "configuration", buf_bytes(&new),
	    d);
}

int
setup_plan_boot(const struct boot *b, struct cli *cli, struct plan *p,
    struct diag *d)
{
	struct diag no_unit = { 0 };
	int r;

	if ((r = boot_plan_cmdline(b, cli, p, d)) < 0 ||
	    (r = boot_plan_modules(b, p, d)) < 0 ||
	    (r = boot_plan_initramfs(b, p, d)) < 0)
		return r;
	r = boot_plan_units(b, p, &no_unit);
	if (r == ERR_NOT_FOUND) {
		reply_line(cli, "needed  %s", no_unit.text);
		return ERR_OK;
	}
	if (r < 0 && d != NULL)
		*d = no_unit;
	return r;
}

int
setup_lock(const char *root, int *ret_fd, struct diag *d)
{
	char home[PATH_TEXT_MAX];
	auto_close int fd = -1;
	int r;

	if ((r = path_under(root, PATH_STATE, home, sizeof(home), d)) < 0)
		return r;
	fd = open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return ERR_OK;
	if (fd < 0)
		return diag_errno(d, "%s", home);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return diag_errno(d, "%s: another setup runs", home);
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

/* One line for each change, with the way back. */
static void
say_changes(struct cli *cli, const struct plan *p, bool only_say)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct change *c = &p->list[i];
		json_t *o = json_object();

		(void)json_object_set_new(o, "path", json_string(c->path));
		(void)json_object_set_new(o, "what", json_string(c->what));
		(void)json_object_set_new(o, "made", json_boolean(!c->had_old));
		(void)json_array_append_new(list, o);
		reply_line(cli, "%s %s%s: %s",
		    only_say         ? "would write"
			: c->had_old ? "changed"
				     : "wrote  ",
		    p->root, c->path, c->what);
		if (c->had_old)
			reply_line(cli,
			    "        undo: 'guardctl setup --undo' restores it");
		else
			reply_line(cli, "        undo: rm %s%s", p->root,
			    c->path);
	}
	reply_data(cli, "changes", list);
}

/* What the kernel that runs lacks only a boot can bring. */
static void
say_reboot(struct cli *cli, const struct boot *b, const struct plan *p)
{
	auto_buf struct buf text = BUF_INIT(2 * CMDLINE_MAX);
	auto_buf struct buf missing = BUF_INIT(CMDLINE_MAX);
	bool early = tree_has(cli->root, PATH_RUN "/pcr15");

	if (tree_read(cli->root, "/proc/cmdline", &text, NULL) < 0)
		(void)buf_put_u8(&text, ' ');
	if (boot_words_missing(buf_bytes(&text), b->cpu, &missing, NULL) < 0)
		buf_reset(&missing);
	if (missing.len > 0)
		reply_line(cli, "reboot  for the command line: %.*s",
		    (int)missing.len, (const char *)missing.p);
	if (!early)
		reply_line(cli,
		    "reboot  for guard-early, the kernel lock and guard-tpm");
	else if (plan_changes(p, PATH_GUARD_CONF))
		reply_line(cli,
		    "reboot  for guard-tpm, which read guard.conf at boot");
	reply_data(cli, "reboot",
	    json_boolean(missing.len > 0 || !early || p->n > 0));
}

static void
say_costs(struct cli *cli)
{
	reply_line(cli,
	    "note    once it is booted this host runs no containers, no "
	    "programs that use bpf() or perf, and no modules are loaded after "
	    "the first attestation: guardctl(1), What it costs a host");
}

/* Boot loader and initramfs: run, or said. */
static int
finish_boot(struct cli *cli, const struct boot *b, const struct plan *p,
    struct record *record, bool *ret_ran, struct diag *d)
{
	struct steps s, later = { 0 };
	int r, rc;

	steps_look(b, record, &s);
	if (cli->root[0] != '\0') {
		later = s;
		s = (struct steps){ 0 };
	} else if (cli_flag(cli, "no-initramfs")) {
		later.initramfs = s.initramfs;
		s.initramfs = false;
	}
	steps_say(b, &later, cli);
	*ret_ran = steps_any(&s);
	if (!*ret_ran)
		return ERR_OK;
	r = steps_run(b, &s, cli, record, d);
	rc = record_save(p->root, record, r < 0 ? NULL : d);
	if (r < 0)
		diag_prefix(d,
		    "the files are written; mend this and run setup again");
	return r < 0 ? r : rc;
}

static void
say_end(struct cli *cli, const struct host *h, const struct boot *b,
    const struct plan *p, bool ran)
{
	struct report report = { .cli = cli };
	struct diag missing;
	struct host now;

	if (check_config(cli, &report, &now)) {
		setup_check_needs(&now, &report);
		if (b == NULL)
			check_early(h, &report);
		else
			setup_check_system(b, &report);
	}
	if (b != NULL) {
		if (p->n > 0)
			say_costs(cli);
		say_reboot(cli, b, p);
	}
	/* What is missing is said; what was asked for is done. */
	if (report_end(&report, &missing) < 0)
		reply_line(cli,
		    "still needed: see above; then 'guardctl setup "
		    "--check'");
	if (p->n == 0 && !ran)
		reply_changed(cli, NULL, "nothing to change");
	else if (p->n == 0)
		reply_changed(cli, NULL,
		    "no file changed; what is made of them was made anew; "
		    "next: boot the machine");
	else
		reply_changed(cli, "guardctl setup --undo",
		    "%zu %s written; next: %s", p->n,
		    p->n == 1 ? "file" : "files",
		    b != NULL ? "boot the machine"
			      : "systemctl restart guardd");
}

static int
plan_all(struct cli *cli, struct boot *b, bool system, struct plan *p,
    struct diag *d)
{
	int r;

	if ((r = setup_plan_conf(cli, p, d)) < 0 || !system)
		return r;
	if ((r = boot_look(cli->root, cli_option(cli, "cpu"), b, d)) < 0)
		return r;
	return setup_plan_boot(b, cli, p, d);
}

static int
set_up(struct cli *cli, struct diag *d)
{
	auto_plan struct plan p = { .root = cli->root };
	auto_record struct record *record = NULL;
	bool system = tree_has_system(cli->root), ran = false;
	auto_close int lock = -1;
	struct boot b;
	struct host h;
	int r;

	if ((r = host_load(cli, &h, d)) < 0 ||
	    (r = setup_lock(cli->root, &lock, d)) < 0 ||
	    (r = record_load(cli->root, &record, d)) < 0 ||
	    (r = plan_all(cli, &b, system, &p, d)) < 0)
		return r;
	if (cli_flag(cli, "dry-run")) {
		say_changes(cli, &p, true);
		return ERR_OK;
	}
	if ((r = plan_apply(&p, &h, record, d)) < 0)
		return r;
	say_changes(cli, &p, false);
	if (system && (r = finish_boot(cli, &b, &p, record, &ran, d)) < 0)
		return r;
	say_end(cli, &h, system ? &b : NULL, &p, ran);
	return ERR_OK;
}

int
cmd_setup(struct cli *cli, struct diag *d)
{
	int r;

	if ((r = host_need_root(cli, d)) < 0)
		return r;
	if (cli_flag(cli, "check"))
		return setup_check(cli, d);
	if (cli_flag(cli, "undo"))
		return setup_undo(cli, cli_flag(cli, "dry-run"), d);
	return set_up(cli, d);
}
