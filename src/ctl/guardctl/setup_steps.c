/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/setup_steps.h"

#include <stdio.h>
#include <string.h>

#include "ctl/common/reply.h"
#include "ctl/guardctl/setup_run.h"

#define MODULES_DIR "/usr/lib/modules"

/* All kernels: whichever is chosen at the next boot is guarded. */
static const char *const update_grub[] = { "/usr/sbin/update-grub", NULL };
static const char *const update_initramfs[] = { "/usr/sbin/update-initramfs",
	"-u", "-k", "all", NULL };
static const char *const dracut[] = { "/usr/bin/dracut", "--force",
	"--regenerate-all", NULL };

static const char *const *
initramfs_command(const struct boot *b)
{
	return b->maker == INITRAMFS_DRACUT ? dracut : update_initramfs;
}

void
steps_look(const struct boot *b, const struct record *record, struct steps *ret)
{
	struct steps s = { 0 };

	boot_initramfs_digest(b, s.inputs[RECORD_INITRAMFS]);
	boot_kernel_digest(b, s.inputs[RECORD_KERNEL]);
	s.grub = b->grub && !boot_grub_written(b);
	s.initramfs = b->maker != INITRAMFS_NONE && b->missing_hook == NULL &&
	    !bytes_equal(BYTES_OF_ARRAY(record->steps[RECORD_INITRAMFS]),
		BYTES_OF_ARRAY(s.inputs[RECORD_INITRAMFS]));
	/* An image of kernel-install's has the initramfs in it. */
	s.kernel = b->kernel_install &&
	    (s.initramfs ||
		!bytes_equal(BYTES_OF_ARRAY(record->steps[RECORD_KERNEL]),
		    BYTES_OF_ARRAY(s.inputs[RECORD_KERNEL])));
	*ret = s;
}

bool
steps_any(const struct steps *s)
{
	return s->grub || s->initramfs || s->kernel;
}

static void
say(const struct boot *b, const char *const *argv, struct cli *cli)
{
	char line[512] = "";

	for (size_t i = 0; argv[i] != NULL; i++) {
		size_t n = strlen(line);

		(void)snprintf(line + n, sizeof(line) - n, " %s", argv[i]);
	}
	if (b->root[0] != '\0')
		reply_line(cli, "to do   chroot %s%s", b->root, line);
	else
		reply_line(cli, "to do  %s", line);
}

void
steps_say(const struct boot *b, const struct steps *s, struct cli *cli)
{
	static const char *const kernel[] = { "kernel-install", "add",
		"VERSION", "/boot/vmlinuz-VERSION", "/boot/initrd.img-VERSION",
		NULL };

	if (s->initramfs)
		say(b, initramfs_command(b), cli);
	if (s->grub)
		say(b, update_grub, cli);
	if (s->kernel)
		say(b, kernel, cli);
}

static int
run(const char *const *argv, struct cli *cli, struct diag *d)
{
	auto_buf struct buf said = BUF_INIT((size_t)64 << 10);
	struct diag why = { 0 };
	size_t from = 0;
	int r;

	reply_progress(cli, "running %s ...", argv[0]);
	if ((r = setup_run(argv, &said, &why)) == ERR_OK) {
		reply_line(cli, "ran     %s", argv[0]);
		return ERR_OK;
	}
	reply_line(cli, "failed  %s", why.text);
	for (size_t i = 0; i < said.len; i++) {
		if (said.p[i] != '\n')
			continue;
		reply_line(cli, "        %.*s", (int)(i - from),
		    (const char *)said.p + from);
		from = i + 1;
	}
	/* The first failure is the one to begin with. */
	if (d->text[0] == '\0')
		*d = why;
	return r;
}

/* Each kernel that has its image where Debian puts it. */
static int
run_kernel_install(struct cli *cli, struct diag *d)
{
	auto_names struct names kernels = { 0 };
	int r = tree_names("", MODULES_DIR, "", &kernels, d), rc;

	for (size_t i = 0; i < kernels.n; i++) {
		char image[PATH_TEXT_MAX], initrd[PATH_TEXT_MAX];
		const char *argv[] = { "/usr/bin/kernel-install", "add",
			kernels.list[i], image, initrd, NULL };

		(void)snprintf(image, sizeof(image), "/boot/vmlinuz-%s",
		    kernels.list[i]);
		(void)snprintf(initrd, sizeof(initrd), "/boot/initrd.img-%s",
		    kernels.list[i]);
		if (!tree_has("", image))
			continue;
		if (!tree_has("", initrd))
			argv[4] = NULL;
		if ((rc = run(argv, cli, d)) < 0 && r == ERR_OK)
			r = rc;
	}
	return r;
}

int
steps_run(const struct boot *b, const struct steps *s, struct cli *cli,
    struct record *record, struct diag *d)
{
	struct diag first = { 0 };
	int r = ERR_OK, rc;

	/* An image of kernel-install's holds the new initramfs. */
	if (s->initramfs) {
		if ((rc = run(initramfs_command(b), cli, &first)) == ERR_OK)
			memcpy(record->steps[RECORD_INITRAMFS],
			    s->inputs[RECORD_INITRAMFS], SHA256_SIZE);
		else
			r = rc;
	}
	if (s->grub && (rc = run(update_grub, cli, &first)) < 0 && r == ERR_OK)
		r = rc;
	if (s->kernel) {
		if ((rc = run_kernel_install(cli, &first)) == ERR_OK)
			memcpy(record->steps[RECORD_KERNEL],
			    s->inputs[RECORD_KERNEL], SHA256_SIZE);
		else if (r == ERR_OK)
			r = rc;
	}
	if (r < 0 && d != NULL)
		*d = first;
	return r;
}
