/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that give a machine its command line, and what setup adds to each.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/common/reply.h"
#include "ctl/guardctl/grub_conf.h"
#include "ctl/guardctl/setup_boot.h"
#include "measure/cmdline.h"

#define FILE_MAX ((size_t)64 << 10)
#define GRUB_DIR "/etc/default/grub.d"
#define DROPIN_HEAD                                                           \
	"# Written by 'guardctl setup': the words of a guarded host, all of " \
	"them measured\n"                                                     \
	"# at boot. 'guardctl setup --undo' removes this file.\n"

/* Says every word that contradicts; ERR_REFUSED if there is one. */
static int
refuse_conflicts(const struct boot *b, struct cli *cli, const char *where,
    struct bytes text, struct diag *d)
{
	struct bytes word;
	const char *why;
	unsigned n = 0;

	while (boot_words_conflict(&text, b->cpu, &word, &why)) {
		int len = (int)(word.len < 100 ? word.len : 100);

		reply_line(cli, "refused %s: %.*s: %s", where, len,
		    (const char *)word.p, why);
		if (n++ == 0)
			(void)diag_fail(d, ERR_REFUSED, "%s: %.*s: %s", where,
			    len, (const char *)word.p, why);
	}
	return n == 0 ? ERR_OK : ERR_REFUSED;
}

/* --- GRUB --- */

/* Every file that grub-mkconfig reads, in its order. */
static int
grub_files(const struct boot *b, struct names *ret, struct diag *d)
{
	auto_names struct names dropins = { 0 };
	char **list;
	int r;

	if ((r = tree_names(b->root, GRUB_DIR, ".cfg", &dropins, d)) < 0)
		return r;
	if ((list = calloc(dropins.n + 1, sizeof(*list))) == NULL)
		return diag_nomem(d);
	ret->list = list;
	if ((list[ret->n++] = strdup("/etc/default/grub")) == NULL)
		return diag_nomem(d);
	for (size_t i = 0; i < dropins.n; i++)
		if (asprintf(&list[ret->n], GRUB_DIR "/%s", dropins.list[i]) <
		    0)
			return diag_nomem(d);
		else
			ret->n++;
	return ERR_OK;
}

/* With our drop-in as it would be ("": without it). */
static int
grub_evaluate(const struct boot *b, const struct names *files,
    struct bytes ours, struct grub_conf *g, struct diag *d)
{
	bool done = false;
	int r;

	for (size_t i = 0; i < files->n; i++) {
		auto_buf struct buf text = BUF_INIT(FILE_MAX);
		const char *file = files->list[i];

		/* Its place is by its name, whether it is there or not. */
		if (!done && strcmp(file, PATH_GRUB_DROPIN) >= 0 && i > 0) {
			done = true;
			if ((r = grub_conf_read(g, PATH_GRUB_DROPIN, ours, d)) <
			    0)
				return r;
		}
		if (strcmp(file, PATH_GRUB_DROPIN) == 0)
			continue;
		r = tree_read(b->root, file, &text, d);
		if (r == ERR_NOT_FOUND)
			continue;
		if (r < 0 ||
		    (r = grub_conf_read(g, file, buf_bytes(&text), d)) < 0)
			return r;
	}
	return done ? ERR_OK : grub_conf_read(g, PATH_GRUB_DROPIN, ours, d);
}

static int
grub_words(const struct boot *b, const struct names *files, struct bytes ours,
    struct buf *ret, struct diag *d)
{
	auto_grub_conf struct grub_conf g = GRUB_CONF_INIT;
	int r;

	if ((r = grub_evaluate(b, files, ours, &g, d)) < 0)
		return r;
	return grub_conf_words(&g, ret, d);
}

/* The result, and not only our file, must have each word once. */
static int
grub_verify(const struct boot *b, const struct names *files, struct bytes ours,
    struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(2 * GRUB_VALUE_MAX + 1);
	const char *words[BOOT_WORDS_MAX];
	size_t n = boot_words_wanted(b->cpu, words);
	int r;

	if ((r = grub_words(b, files, ours, &text, d)) < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (boot_words_count(buf_bytes(&text), words[i]) == 0)
			return diag_fail(d, ERR_REFUSED,
			    "a file in " GRUB_DIR
			    " that comes after 50-shieldwall.cfg sets "
			    "GRUB_CMDLINE_LINUX anew: let it say "
			    "\"$GRUB_CMDLINE_LINUX ...\"");
	if ((r = boot_words_judge(buf_bytes(&text), d)) < 0)
		diag_prefix(d, "/etc/default/grub");
	return r;
}

static int
plan_grub(const struct boot *b, struct cli *cli, struct plan *p, struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(2 * GRUB_VALUE_MAX + 1);
	auto_buf struct buf missing = BUF_INIT(GRUB_VALUE_MAX);
	auto_buf struct buf ours = BUF_INIT(2 * GRUB_VALUE_MAX);
	auto_names struct names files = { 0 };
	int r;

	if ((r = grub_files(b, &files, d)) < 0 ||
	    (r = grub_words(b, &files, BYTES_NONE, &text, d)) < 0 ||
	    (r = refuse_conflicts(b, cli, "/etc/default/grub or " GRUB_DIR,
		 buf_bytes(&text), d)) < 0 ||
	    (r = boot_words_missing(buf_bytes(&text), b->cpu, &missing, d)) < 0)
		return r;
	(void)buf_put_text(&ours, DROPIN_HEAD);
	(void)buf_printf(&ours,
	    "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX %.*s\"\n",
	    (int)missing.len, missing.len == 0 ? "" : (const char *)missing.p);
	if ((r = buf_check(&ours, PATH_GRUB_DROPIN, d)) < 0 ||
	    (r = grub_verify(b, &files, buf_bytes(&ours), d)) < 0)
		return r;
	/* All of it stands there by the administrator's own hand. */
	if (missing.len == 0 && !tree_has(b->root, PATH_GRUB_DROPIN))
		return ERR_OK;
	return plan_file(p, PATH_GRUB_DROPIN, "kernel command line, for GRUB",
	    buf_bytes(&ours), d);
}

/* --- kernel-install and unified kernel images --- */

/* Lines of words, as they stand; newlines become spaces. */
static void
put_flat(struct buf *out, struct bytes text)
{
	if (out->len > 0)
		(void)buf_put_u8(out, ' ');
	while (text.len > 0 &&
	    (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == ' '))
		text.len--;
	for (size_t i = 0; i < text.len; i++)
		(void)buf_put_u8(out, text.p[i] == '\n' ? ' ' : text.p[i]);
}

/* kernel-install leaves these out when it falls back to /proc/cmdline. */
static void
put_running(struct buf *out, struct bytes text)
{
	struct bytes arg, name, value;
	bool bad;

	while (cmdline_next(&text, &arg, &bad)) {
		cmdline_split(arg, &name, &value);
		if (!bytes_equal_text(name, "BOOT_IMAGE") &&
		    !bytes_equal_text(name, "initrd"))
			put_flat(out, arg);
	}
}

/* What kernel-install would take, in its order. */
static int
read_kernel_cmdline(const struct boot *b, struct buf *ret, struct diag *d)
{
	static const char *const files[] = { PATH_KERNEL_CMDLINE,
		"/usr/lib/kernel/cmdline", "/proc/cmdline" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_buf struct buf text = BUF_INIT(CMDLINE_MAX);
		int r = tree_read(b->root, files[i], &text, d);

		if (r == ERR_NOT_FOUND)
			continue;
		if (r < 0)
			return r;
		if (i == 2)
			put_running(ret, buf_bytes(&text));
		else
			put_flat(ret, buf_bytes(&text));
		return buf_check(ret, files[i], d);
	}
	return diag_fail(d, ERR_REFUSED,
	    "there is no " PATH_KERNEL_CMDLINE
	    ": write root= and what else this system needs into it first");
}

static int
plan_kernel_cmdline(const struct boot *b, struct cli *cli, struct plan *p,
    struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(2 * CMDLINE_MAX);
	auto_buf struct buf missing = BUF_INIT(CMDLINE_MAX);
	int r;

	if ((r = read_kernel_cmdline(b, &text, d)) < 0 ||
	    (r = refuse_conflicts(b, cli, PATH_KERNEL_CMDLINE, buf_bytes(&text),
		 d)) < 0 ||
	    (r = boot_words_missing(buf_bytes(&text), b->cpu, &missing, d)) < 0)
		return r;
	if (missing.len == 0 && tree_has(b->root, PATH_KERNEL_CMDLINE))
		return ERR_OK;
	put_flat(&text, buf_bytes(&missing));
	if ((r = buf_check(&text, PATH_KERNEL_CMDLINE, d)) < 0 ||
	    (r = boot_words_judge(buf_bytes(&text), d)) < 0) {
		diag_prefix(d, PATH_KERNEL_CMDLINE);
		return r;
	}
	(void)buf_put_u8(&text, '\n');
	return plan_file(p, PATH_KERNEL_CMDLINE,
	    "kernel command line, for kernel-install and unified images",
	    buf_bytes(&text), d);
}

/* All drop-ins but ours. */
static int
read_folder(const struct boot *b, struct buf *ret, struct diag *d)
{
	auto_names struct names files = { 0 };
	char path[PATH_TEXT_MAX];
	int r;

	if ((r = tree_names(b->root, b->cmdline_folder, ".conf", &files, d)) <
	    0)
		return r;
	for (size_t i = 0; i < files.n; i++) {
		auto_buf struct buf text = BUF_INIT(CMDLINE_MAX);

		if (strcmp(files.list[i], CMDLINE_DROPIN) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", b->cmdline_folder,
		    files.list[i]);
		if ((r = tree_read(b->root, path, &text, d)) < 0)
			return r;
		put_flat(ret, buf_bytes(&text));
	}
	return buf_check(ret, b->cmdline_folder, d);
}

static int
plan_folder(const struct boot *b, struct cli *cli, struct plan *p,
    struct diag *d)
{
	const char *ours = strcmp(b->cmdline_folder, "/etc/cmdline.d") == 0
	    ? "/etc/cmdline.d/" CMDLINE_DROPIN
	    : "/etc/kernel/cmdline.d/" CMDLINE_DROPIN;
	auto_buf struct buf text = BUF_INIT(2 * CMDLINE_MAX);
	auto_buf struct buf missing = BUF_INIT(CMDLINE_MAX);
	int r;

	if ((r = read_folder(b, &text, d)) < 0 ||
	    (r = refuse_conflicts(b, cli, b->cmdline_folder, buf_bytes(&text),
		 d)) < 0 ||
	    (r = boot_words_missing(buf_bytes(&text), b->cpu, &missing, d)) < 0)
		return r;
	if (missing.len == 0)
		return ERR_OK;
	put_flat(&text, buf_bytes(&missing));
	if ((r = boot_words_judge(buf_bytes(&text), d)) < 0) {
		diag_prefix(d, "%s", b->cmdline_folder);
		return r;
	}
	(void)buf_put_u8(&missing, '\n');
	return plan_file(p, ours, "kernel command line, for unified images",
	    buf_bytes(&missing), d);
}

int
boot_plan_cmdline(const struct boot *b, struct cli *cli, struct plan *p,
    struct diag *d)
{
	int r;

	if (b->grub && (r = plan_grub(b, cli, p, d)) < 0)
		return r;
	if (!b->kernel_install)
		return ERR_OK;
	/* The file counts before the folder, where both are there. */
	if (b->cmdline_folder != NULL &&
	    !tree_has(b->root, PATH_KERNEL_CMDLINE))
		return plan_folder(b, cli, p, d);
	return plan_kernel_cmdline(b, cli, p, d);
}
