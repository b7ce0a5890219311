/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield vm protect DISK: makes the folder of a shielded VM. The image is only
 * read.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/common/reply.h"
#include "ctl/common/secureboot.h"
#include "ctl/common/size.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/make_vm.h"
#include "disk/image.h"

#define FIRMWARE            "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
#define MEMORY              "512M"
#define GUARDIANS_SEPARATOR ','

/* The guardians' files own what the order points to. */
struct wanted {
	struct vm_order order;
	struct own_guardian owner;
	struct guardian_file guardians[GRANT_GUARDIANS_MAX];
	int image_fd;
};

static void
wanted_free(struct wanted *w)
{
	own_guardian_free(&w->owner);
	for (size_t i = 0; i < ARRAY_LEN(w->guardians); i++)
		guardian_file_free(&w->guardians[i]);
	close_p(&w->image_fd);
}

static int
read_level(const char *text, uint8_t *ret, struct diag *d)
{
	if (text == NULL || strcmp(text, "shielded") == 0)
		*ret = VM_LEVEL_SHIELDED;
	else if (strcmp(text, "encrypted") == 0)
		*ret = VM_LEVEL_ENCRYPTION_SUPPORTED;
	else
		return diag_fail(d, ERR_USAGE,
		    "--policy: neither shielded nor encrypted");
	return ERR_OK;
}

static int
read_unknown(const char *text, uint8_t *ret, struct diag *d)
{
	if (text == NULL || strcmp(text, "refuse") == 0)
		*ret = GRANT_UNKNOWN_VM_REFUSE;
	else if (strcmp(text, "allow") == 0)
		*ret = GRANT_UNKNOWN_VM_ALLOW;
	else
		return diag_fail(d, ERR_USAGE,
		    "--unknown-hgs: neither allow nor refuse");
	return ERR_OK;
}

/* --name, or the folder's last name. */
static int
read_name(const struct cli *cli, const char *dir,
    char ret[static NAME_MAX_LEN + 1], struct diag *d)
{
	const char *name = cli_option(cli, "name");
	size_t n;
	int r;

	if (name == NULL) {
		n = strlen(dir);
		while (n > 1 && dir[n - 1] == '/')
			n--;
		name = dir + n;
		while (name > dir && name[-1] != '/')
			name--;
		n -= (size_t)(name - dir);
	} else {
		n = strlen(name);
	}
	if ((r = name_check("the VM's name (--name)", bytes_of(name, n), d)) <
	    0)
		return ERR_USAGE;
	memcpy(ret, name, n);
	ret[n] = '\0';
	return ERR_OK;
}

static int
read_settings(const struct cli *cli, const char *dir, struct vm_order *ret,
    struct diag *d)
{
	const char *cpus = cli_option(cli, "cpus");
	const char *memory = cli_option(cli, "memory");
	const char *firmware = cli_option(cli, "firmware");
	const char *secure_boot = cli_option(cli, "secure-boot");
	uint64_t n = 1;
	int r;

	if (cpus != NULL &&
	    number_parse("--cpus", bytes_of_text(cpus), 1, VM_CPUS_MAX, &n, d) <
		0)
		return ERR_USAGE;
	ret->config.cpus = (uint16_t)n;
	ret->clean_stop = cli_flag(cli, "clean-stop");
	ret->quorum_restore = cli_flag(cli, "administrators-restore");
	ret->console = cli_flag(cli, "console");
	ret->any_keys = cli_flag(cli, "secure-boot-configurable");
	ret->firmware = firmware != NULL ? firmware : FIRMWARE;
	ret->secure_boot =
	    secure_boot != NULL ? secure_boot : SECURE_BOOT_MICROSOFT;
	if ((r = size_memory("--memory", memory != NULL ? memory : MEMORY,
		 &ret->config.memory, d)) < 0 ||
	    (r = read_level(cli_option(cli, "policy"), &ret->config.level, d)) <
		0 ||
	    (r = read_unknown(cli_option(cli, "unknown-hgs"), &ret->unknown_vm,
		 d)) < 0)
		return r;
	if (ret->any_keys && ret->config.level == VM_LEVEL_SHIELDED)
		return diag_fail(d, ERR_USAGE,
		    "--secure-boot-configurable: a shielded VM's keys are "
		    "enforced");
	ret->config.features = vm_features_default(ret->config.level,
	    ret->console ? VM_FEATURE_BIT(VM_FEATURE_CONSOLE) : 0);
	return read_name(cli, dir, ret->config.name, d);
}

static int
add_guardian(const struct cli *cli, struct bytes name, struct wanted *w,
    struct diag *d)
{
	char text[NAME_MAX_LEN + 1];
	size_t n = w->order.n_guardians;
	int r;

	if (name_check("--guardian", name, d) < 0)
		return ERR_USAGE;
	if (n == GRANT_GUARDIANS_MAX)
		return diag_fail(d, ERR_USAGE, "--guardian: more than %d",
		    GRANT_GUARDIANS_MAX);
	(void)snprintf(text, sizeof(text), "%.*s", (int)name.len,
	    (const char *)name.p);
	if ((r = guardians_load(cli, text, &w->guardians[n], NULL, d)) < 0)
		return r;
	w->order.guardians[n] = &w->guardians[n].g;
	w->order.n_guardians++;
	return ERR_OK;
}

/* "N" or "N,N", and the option may be given again. */
static int
read_guardians(const struct cli *cli, struct wanted *w, struct diag *d)
{
	const char *text;
	int r;

	for (size_t i = 0; (text = cli_option_at(cli, "guardian", i)) != NULL;
	     i++) {
		for (;;) {
			size_t n = strcspn(text, ",");

			if ((r = add_guardian(cli, bytes_of(text, n), w, d)) <
			    0)
				return r;
			if (text[n] == '\0')
				break;
			text += n + 1;
		}
	}
	if (w->order.n_guardians == 0)
		return diag_fail(d, ERR_USAGE, "--guardian is needed");
	return ERR_OK;
}

static void
tell(struct cli *cli, const struct vm_order *o, const char *dir,
    const struct vm_made *made)
{
	const struct {
		const char *key;
		struct bytes value;
	} digests[] = {
		{ "vm_id", BYTES_OF_ARRAY(made->vm_id) },
		{ "family", BYTES_OF_ARRAY(made->family) },
		{ "seal", BYTES_OF_ARRAY(made->seal_digest) },
		{ "secure_boot_keys", BYTES_OF_ARRAY(made->secure_boot_keys) },
		{ "firmware", BYTES_OF_ARRAY(made->firmware) },
	};
	char hex[65];

	for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
		hex_format(digests[i].value, hex);
		reply_line(cli, "%-17s %s", digests[i].key, hex);
		reply_data_text(cli, digests[i].key, hex);
	}
	reply_data_text(cli, "name", o->config.name);
	reply_data_text(cli, "level", vm_level_name(o->config.level));
	reply_data_text(cli, "folder", dir);
	reply_data_number(cli, "size", o->image_size);
	reply_changed(cli, NULL,
	    "%s made; the original image still holds the VM unprotected", dir);
}

static int
protect(struct cli *cli, const char *dir, struct wanted *w, struct diag *d)
{
	auto_staging struct staging s = STAGING_NONE;
	struct vm_made made;
	int r;

	w->order.owner = &w->owner;
	w->order.image_fd = w->image_fd;
	w->order.shows_progress =
	    !cli->quiet && !cli->json && isatty(STDERR_FILENO) == 1;
	if ((r = staging_begin(dir, &s, d)) < 0 ||
	    (r = make_vm(&w->order, &s, &made, d)) < 0 ||
	    (r = staging_commit(&s, d)) < 0)
		return r;
	tell(cli, &w->order, dir, &made);
	return ERR_OK;
}

int
cmd_vm_protect(struct cli *cli, struct diag *d)
{
	CLEANUP(wanted_free) struct wanted w = { .image_fd = -1 };
	const char *owner = cli_option(cli, "owner");
	const char *dir = cli_option(cli, "o");
	int r;

	if (owner == NULL || dir == NULL)
		return diag_fail(d, ERR_USAGE, "%s is needed",
		    owner == NULL ? "--owner" : "-o");
	if (name_check("--owner", bytes_of_text(owner), d) < 0)
		return ERR_USAGE;
	if ((r = read_settings(cli, dir, &w.order, d)) < 0 ||
	    (r = read_guardians(cli, &w, d)) < 0 ||
	    (r = image_open(cli_arg(cli, 0), &w.image_fd, &w.order.image_size,
		 d)) < 0 ||
	    (r = guardians_open(cli, owner, &w.owner, d)) < 0)
		return r;
	return protect(cli, dir, &w, d);
}
