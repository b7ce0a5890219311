/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The modules that a host loads at each boot: once it is attested no module
 * can be loaded any more, and a VM that starts later needs them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "ctl/guardctl/setup_boot.h"

#define MODULES_DIR "/usr/lib/modules"
#define LIST_MAX    ((size_t)16 << 20)
#define TEXT_MAX    4096

static const char head[] =
    "# Written by 'guardctl setup'; 'guardctl setup --undo' removes it.\n"
    "# At its first attestation a guarded host closes module loading until the "
    "next\n"
    "# boot. What VMs need later is therefore loaded at boot. Name your own "
    "in\n"
    "# another file of this folder: file systems, dm_crypt, network drivers "
    "of\n"
    "# devices that are plugged in later.\n";

/* "/kvm-intel.ko" for kvm_intel. */
static bool
list_names(struct bytes list, const char *module)
{
	char want[2][64];

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		(void)snprintf(want[i], sizeof(want[i]), "/%s.ko", module);
		for (char *c = want[i]; i == 1 && *c != '\0'; c++)
			if (*c == '_')
				*c = '-';
		if (list.len > 0 &&
		    memmem(list.p, list.len, want[i], strlen(want[i])) != NULL)
			return true;
	}
	return false;
}

/* The lists of one kernel, or of all that are installed. */
static int
read_lists(const char *root, struct buf *ret, struct diag *d)
{
	static const char *const files[] = { "modules.dep", "modules.builtin" };
	auto_names struct names kernels = { 0 };
	char path[PATH_TEXT_MAX];
	struct utsname u;
	bool running;
	int r;

	if ((r = tree_names(root, MODULES_DIR, "", &kernels, d)) < 0)
		return r;
	if (uname(&u) != 0)
		return diag_errno(d, "cannot ask the kernel's version");
	(void)snprintf(path, sizeof(path), MODULES_DIR "/%s", u.release);
	running = root[0] == '\0' && tree_has(root, path);
	for (size_t i = 0; i < kernels.n; i++) {
		if (running && strcmp(kernels.list[i], u.release) != 0)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(files); k++) {
			(void)snprintf(path, sizeof(path), MODULES_DIR "/%s/%s",
			    kernels.list[i], files[k]);
			r = tree_read(root, path, ret, d);
			if (r < 0 && r != ERR_NOT_FOUND)
				return r;
		}
	}
	return ERR_OK;
}

int
boot_plan_modules(const struct boot *b, struct plan *p, struct diag *d)
{
	const char *const modules[] = { b->cpu == BOOT_CPU_AMD ? "kvm_amd"
							       : "kvm_intel",
		"tun", "vhost_net", "bridge" };
	auto_buf struct buf list = BUF_INIT(LIST_MAX);
	auto_buf struct buf text = BUF_INIT(TEXT_MAX);
	int r;

	if ((r = read_lists(b->root, &list, d)) < 0)
		return r;
	(void)buf_put_text(&text, head);
	/* A name without a module would make systemd-modules-load fail. */
	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (list_names(buf_bytes(&list), modules[i]) ||
		    (list.len == 0 && strcmp(modules[i], "vhost_net") != 0))
			(void)buf_printf(&text, "%s\n", modules[i]);
	if ((r = buf_check(&text, PATH_MODULES_LOAD, d)) < 0)
		return r;
	return plan_file(p, PATH_MODULES_LOAD,
	    "modules to load before loading closes", buf_bytes(&text), d);
}
