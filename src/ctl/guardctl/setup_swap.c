/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/setup_swap.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conf/paths.h"
#include "ctl/guardctl/tree.h"

#define TEXT_MAX ((size_t)64 << 10)
#define REMEDY_SWAP                                                      \
	"Switch it off ('swapoff -a', and its line out of /etc/fstab): " \
	"from the next boot on the kernel lock refuses swapon."
#define REMEDY_RESUME                                                     \
	"Remove RESUME= from /etc/initramfs-tools/conf.d/resume (or set " \
	"RESUME=none) and boot the machine."

size_t
fields_of_line(struct bytes line, struct bytes *ret, size_t max)
{
	size_t n = 0, i = 0;

	while (n < max) {
		size_t from;

		while (i < line.len && (line.p[i] == ' ' || line.p[i] == '\t'))
			i++;
		if (i == line.len)
			break;
		from = i;
		while (i < line.len && line.p[i] != ' ' && line.p[i] != '\t')
			i++;
		ret[n++] = bytes_of(line.p + from, i - from);
	}
	return n;
}

/* A device that dm-crypt made, or memory. */
static bool
is_safe(const char *root, struct bytes device)
{
	char name[128], path[PATH_TEXT_MAX], uuid[128];

	(void)snprintf(name, sizeof(name), "%.*s", (int)device.len,
	    (const char *)device.p);
	if (strncmp(name, "/dev/zram", strlen("/dev/zram")) == 0)
		return true;
	if (strncmp(name, "/dev/dm-", strlen("/dev/dm-")) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "/sys/class/block/%s/dm/uuid",
	    name + strlen("/dev/"));
	tree_line(root, path, uuid, sizeof(uuid));
	return strncmp(uuid, "CRYPT-", strlen("CRYPT-")) == 0;
}

static bool
check_running(const char *root, struct report *r)
{
	auto_buf struct buf text = BUF_INIT(TEXT_MAX);
	struct bytes rest, line, field[1];
	unsigned n = 0, n_bad = 0;

	if (tree_read(root, "/proc/swaps", &text, NULL) < 0)
		return true;
	rest = buf_bytes(&text);
	(void)text_next_line(&rest, &line); /* its heading */
	while (text_next_line(&rest, &line)) {
		if (fields_of_line(line, field, 1) == 0)
			continue;
		n++;
		if (is_safe(root, field[0]))
			continue;
		n_bad++;
		report_failed(r, "swap", REASON_NONE, REMEDY_SWAP,
		    "%.*s is in use and not encrypted",
		    (int)(field[0].len < 200 ? field[0].len : 200),
		    (const char *)field[0].p);
	}
	if (n_bad == 0)
		report_ok(r, "swap", "%s",
		    n == 0 ? "off" : "encrypted, or in memory");
	return n_bad == 0;
}

/* crypttab's swap is /dev/mapper/NAME; all else is plain. */
static void
check_fstab(const char *root, struct report *r)
{
	auto_buf struct buf text = BUF_INIT(TEXT_MAX);
	struct bytes rest, line, field[4];

	if (tree_read(root, "/etc/fstab", &text, NULL) < 0)
		return;
	rest = buf_bytes(&text);
	while (text_next_line(&rest, &line)) {
		char device[200];

		if (fields_of_line(line, field, 4) < 3 ||
		    field[0].p[0] == '#' || !bytes_equal_text(field[2], "swap"))
			continue;
		(void)snprintf(device, sizeof(device), "%.*s",
		    (int)field[0].len, (const char *)field[0].p);
		if (strncmp(device, "/dev/mapper/", strlen("/dev/mapper/")) ==
			0 ||
		    strncmp(device, "/dev/zram", strlen("/dev/zram")) == 0)
			report_note(r, "swap",
			    "/etc/fstab names %s: it is not switched on where "
			    "the kernel lock holds",
			    device);
		else
			report_failed(r, "swap", REASON_NONE, REMEDY_SWAP,
			    "/etc/fstab names %s, which is not encrypted",
			    device);
	}
}

static void
check_resume(const char *root, struct report *r)
{
	char now[64], conf[200];

	tree_line(root, "/sys/power/resume", now, sizeof(now));
	tree_line(root, "/etc/initramfs-tools/conf.d/resume", conf,
	    sizeof(conf));
	if (now[0] != '\0' && strcmp(now, "0:0") != 0)
		report_failed(r, "hibernation", REASON_NONE, REMEDY_RESUME,
		    "the kernel would resume from device %s", now);
	else if (strncmp(conf, "RESUME=", strlen("RESUME=")) == 0 &&
	    strcmp(conf, "RESUME=none") != 0)
		report_note(r, "hibernation",
		    "the initramfs is told to look for an image (%s); "
		    "nohibernate forbids it",
		    conf);
	else
		report_ok(r, "hibernation", "nothing to resume from");
}

void
swap_check(const char *root, struct report *r)
{
	/* What runs is the worse news; the next boot's is the same then. */
	if (check_running(root, r))
		check_fstab(root, r);
	check_resume(root, r);
}
