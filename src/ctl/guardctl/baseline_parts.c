/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/baseline_parts.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

/* ERR_NOT_FOUND: this old file is not what was started. */
typedef int (*apply_fn)(struct prediction *j, struct bytes old,
    struct bytes new, struct diag *d);
typedef int (*program_fn)(struct predict *p, const struct pe *old,
    const struct pe *new, struct diag *d);

static int
apply_program(struct prediction *j, struct bytes old, struct bytes new,
    program_fn fn, struct diag *d)
{
	struct pe a, b;
	int r;

	if ((r = pe_parse(new, &b, d)) < 0) {
		diag_prefix(d, "the new file");
		return r;
	}
	if (pe_parse(old, &a, d) < 0)
		return ERR_NOT_FOUND;
	return fn(j->p, &a, &b, d);
}

static int
apply_loader(struct prediction *j, struct bytes old, struct bytes new,
    struct diag *d)
{
	return apply_program(j, old, new, predict_program, d);
}

static int
apply_shim(struct prediction *j, struct bytes old, struct bytes new,
    struct diag *d)
{
	return apply_program(j, old, new, predict_shim, d);
}

static int
apply_kernel(struct prediction *j, struct bytes old, struct bytes new,
    struct diag *d)
{
	return apply_program(j, old, new, predict_kernel, d);
}

static int
apply_uki(struct prediction *j, struct bytes old, struct bytes new,
    struct diag *d)
{
	struct uki a, b;
	int r;

	if ((r = uki_parse(new, &b, d)) < 0) {
		diag_prefix(d, "the new file");
		/* Whatever it lacks, it is not that an old one was missing. */
		return r == ERR_NOT_FOUND ? ERR_FORMAT : r;
	}
	if (uki_parse(old, &a, d) < 0)
		return ERR_NOT_FOUND;
	return predict_uki(j->p, &a, &b, d);
}

static int
apply_initrd(struct prediction *j, struct bytes old, struct bytes new,
    struct diag *d)
{
	return predict_file(j->p, old, new, d);
}

static int
apply_grub_cfg(struct prediction *j, struct bytes old, struct bytes new,
    struct diag *d)
{
	struct bytes log =
	    j->boot != NULL ? buf_bytes(&j->boot->boot_log) : BYTES_NONE;
	int r;

	j->commands = calloc(1, sizeof(*j->commands));
	if (j->commands == NULL)
		return diag_nomem(d);
	if ((r = grub_commands_find(j->p, log, &j->texts[0], j->commands, d)) ==
	    ERR_OK)
		r = predict_grub(j->p, j->commands, old, new, &j->texts[1], d);
	free(TAKE_PTR(&j->commands));
	return r;
}

/* A file of efivarfs has four bytes of attributes before the contents. */
static struct bytes
without_attributes(struct bytes in)
{
	static const uint8_t attributes[] = { 0x27, 0, 0, 0 };

	if (in.len < sizeof(attributes) ||
	    !bytes_equal(bytes_of(in.p, sizeof(attributes)),
		BYTES_OF_ARRAY(attributes)))
		return in;
	return bytes_of(in.p + sizeof(attributes), in.len - sizeof(attributes));
}

static int
apply_dbx(struct prediction *j, struct bytes old, struct bytes new,
    struct diag *d)
{
	return predict_dbx(j->p, without_attributes(old),
	    without_attributes(new), d);
}

/* Where the old file is looked for when nobody names it. */
static const struct part {
	const char *option;
	const char *old_option;
	size_t max;
	apply_fn apply;
	const char *places[5];
} parts[] = {
	{ "uki", "old-uki", PE_FILE_MAX, apply_uki,
	    { "/boot/efi/EFI/Linux/*.efi", "/efi/EFI/Linux/*.efi",
		"/boot/EFI/Linux/*.efi", "/boot/efi/EFI/BOOT/BOOTX64.EFI",
		"/efi/EFI/BOOT/BOOTX64.EFI" } },
	{ "kernel", "old-kernel", PE_FILE_MAX, apply_kernel,
	    { "/boot/vmlinuz-*", "/boot/vmlinuz", "/boot/efi/vmlinuz*",
		"/efi/vmlinuz*", "/boot/efi/*/*/linux" } },
	{ "initrd", "old-initrd", PE_FILE_MAX, apply_initrd,
	    { "/boot/initrd.img-*", "/boot/initrd.img", "/boot/efi/initrd.img*",
		"/efi/initrd.img*", "/boot/efi/*/*/initrd*" } },
	{ "boot-loader", "old-boot-loader", PE_FILE_MAX, apply_loader,
	    { "/boot/efi/EFI/*/grubx64.efi", "/efi/EFI/*/grubx64.efi",
		"/boot/efi/EFI/systemd/*.efi", "/efi/EFI/systemd/*.efi",
		"/boot/efi/EFI/BOOT/BOOTX64.EFI" } },
	{ "shim", "old-shim", PE_FILE_MAX, apply_shim,
	    { "/boot/efi/EFI/*/shimx64.efi", "/efi/EFI/*/shimx64.efi",
		"/boot/efi/EFI/BOOT/BOOTX64.EFI",
		"/efi/EFI/BOOT/BOOTX64.EFI" } },
	{ "grub-cfg", "old-grub-cfg", GRUB_CFG_MAX, apply_grub_cfg,
	    { "/boot/grub/grub.cfg", "/boot/efi/EFI/*/grub.cfg",
		"/efi/EFI/*/grub.cfg" } },
	{ "dbx", "old-dbx", TCGLOG_DATA_MAX, apply_dbx,
	    { "/sys/firmware/efi/efivars/"
	      "dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f" } },
};

/* The old file that the user named. */
static int
try_file(struct prediction *j, const struct part *part, const char *path,
    struct bytes new, struct diag *d)
{
	auto_buf struct buf old = BUF_INIT(part->max);
	int r;

	if ((r = file_read(AT_FDCWD, path, part->max, &old, d)) < 0)
		return r;
	if ((r = part->apply(j, buf_bytes(&old), new, d)) == ERR_NOT_FOUND) {
		diag_prefix(d, "%s", path);
		return ERR_REFUSED;
	}
	return r;
}

/* ERR_NOT_FOUND: none that fits this pattern was started. */
static int
try_pattern(struct prediction *j, const struct part *part, const char *pattern,
    struct bytes new, struct diag *d)
{
	glob_t found = { 0 };
	int r = ERR_NOT_FOUND;

	if (glob(pattern, 0, NULL, &found) != 0)
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < found.gl_pathc && r == ERR_NOT_FOUND; i++) {
		auto_buf struct buf old = BUF_INIT(part->max);

		/* A link or a folder is none that was started. */
		if (file_read(AT_FDCWD, found.gl_pathv[i], part->max, &old,
			NULL) == ERR_OK)
			r = part->apply(j, buf_bytes(&old), new, d);
	}
	globfree(&found);
	return r;
}

static int
try_places(struct cli *cli, struct prediction *j, const struct part *part,
    struct bytes new, struct diag *d)
{
	char pattern[PATH_TEXT_MAX];
	int r = ERR_NOT_FOUND;

	for (size_t i = 0;
	     i < ARRAY_LEN(part->places) && part->places[i] != NULL; i++) {
		if ((r = cli_path(cli, part->places[i], pattern,
			 sizeof(pattern), d)) < 0)
			return r;
		r = try_pattern(j, part, pattern, new, d);
		if (r != ERR_NOT_FOUND)
			return r;
	}
	return diag_fail(d, ERR_REFUSED,
	    "--%s: what the boot started is none of %s and other usual "
	    "places: name the file with --%s",
	    part->option, part->places[0], part->old_option);
}

static int
predict_part(struct cli *cli, struct prediction *j, size_t i, struct diag *d)
{
	const struct part *part = &parts[i];
	const char *file = cli_option(cli, part->option);
	const char *old = cli_option(cli, part->old_option);
	size_t len = strlen(j->source);
	int r;

	if (file == NULL && old != NULL)
		return diag_fail(d, ERR_USAGE, "--%s without --%s",
		    part->old_option, part->option);
	if (file == NULL)
		return ERR_OK;
	j->new[i] = (struct buf)BUF_INIT(part->max);
	if ((r = cli_read_input(cli, file, part->max, &j->new[i], d)) < 0)
		return r;
	if (old != NULL)
		r = try_file(j, part, old, buf_bytes(&j->new[i]), d);
	else
		r = try_places(cli, j, part, buf_bytes(&j->new[i]), d);
	if (r < 0)
		return r;
	(void)snprintf(j->source + len, sizeof(j->source) - len, " %s",
	    part->option);
	return ERR_OK;
}

static int
predict_text(struct cli *cli, struct prediction *j, struct diag *d)
{
	const char *file = cli_option(cli, "cmdline");
	struct buf *text = &j->new[ARRAY_LEN(parts)];
	size_t len = strlen(j->source);
	int r;

	if (file == NULL)
		return ERR_OK;
	*text = (struct buf)BUF_INIT(CMDLINE_MAX + 1);
	if ((r = cli_read_input(cli, file, CMDLINE_MAX + 1, text, d)) < 0 ||
	    (r = predict_cmdline(j->p, buf_bytes(text), d)) < 0)
		return r;
	(void)snprintf(j->source + len, sizeof(j->source) - len, " cmdline");
	return ERR_OK;
}

int
baseline_parts_predict(struct cli *cli, struct prediction *j, struct diag *d)
{
	int r;

	_Static_assert(ARRAY_LEN(parts) + 1 == BASELINE_PARTS, "parts");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if ((r = predict_part(cli, j, i, d)) < 0)
			return r;
	return predict_text(cli, j, d);
}
