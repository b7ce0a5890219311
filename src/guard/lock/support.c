/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/lock/support.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/text.h"

#define CMDLINE_MAX 4096
#define LSM_MAX     1024

/* Skips the word, if it stands here. */
static bool
take(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

/* Skips digits: at least one. */
static bool
take_number(const char **p)
{
	const char *start = *p;

	while (isdigit((unsigned char)**p))
		(*p)++;
	return *p != start;
}

/*
 * "6.1.0-57-cloud-amd64", "6.12.117+deb12-amd64": the kernels that the
 * programs were tried on. Not "-rt-": those preempt anywhere.
 */
static bool
release_known(const char *p)
{
	if (take(&p, "6.1.0-")) {
		if (!take_number(&p))
			return false;
	} else if (!take(&p, "6.12.") || !take_number(&p) ||
	    (!take(&p, "+deb12") && !take(&p, "+bpo"))) {
		return false;
	}
	(void)take(&p, "-cloud");
	return strcmp(p, "-amd64") == 0;
}

/* The next word between these separators; false at the end. */
static bool
next_word(struct bytes *rest, const char *separators, struct bytes *ret)
{
	size_t start = 0, end;

	while (start < rest->len && strchr(separators, rest->p[start]) != NULL)
		start++;
	if (start == rest->len)
		return false;
	end = start;
	while (end < rest->len && strchr(separators, rest->p[end]) == NULL)
		end++;
	*ret = bytes_of(rest->p + start, end - start);
	*rest = bytes_of(rest->p + end, rest->len - end);
	return true;
}

static bool
starts_with(struct bytes word, const char *start)
{
	size_t n = strlen(start);

	return word.len >= n && bytes_equal_text(bytes_of(word.p, n), start);
}

/*
 * lsm= and security= choose other LSMs; with preemption a program is skipped
 * when it is preempted; without ftrace no program runs; SysRq that cannot be
 * switched off prints registers for who has a keyboard. Quotes count for
 * nothing, as in the kernel.
 */
static int
cmdline_check(struct bytes rest, struct diag *d)
{
	static const char *const no[] = { "lsm=", "security=",
		"sysctl.kernel.ftrace_enabled", "sysctl/kernel/ftrace_enabled",
		"sysctl.kernel/ftrace_enabled", "sysctl/kernel.ftrace_enabled",
		"preempt=", "sysrq_always_enabled" };
	struct bytes word;
	char text[64];
	size_t i;

	while (next_word(&rest, " \t\n\"", &word)) {
		if (bytes_equal_text(word, "preempt=none") ||
		    bytes_equal_text(word, "preempt=voluntary"))
			continue;
		for (i = 0; i < ARRAY_LEN(no); i++) {
			if (!starts_with(word, no[i]))
				continue;
			text_escape(word, text, sizeof(text));
			return diag_fail(d, ERR_UNSUPPORTED,
			    "no kernel lock: %s on the kernel's command line",
			    text);
		}
	}
	return ERR_OK;
}

static int
lsm_check(struct bytes list, struct diag *d)
{
	struct bytes rest = list, word;
	char text[200];

	while (next_word(&rest, ",\n", &word))
		if (bytes_equal_text(word, "bpf"))
			return ERR_OK;
	text_escape(list, text, sizeof(text));
	return diag_fail(d, ERR_UNSUPPORTED,
	    "no kernel lock: no bpf among the kernel's LSMs (%s)", text);
}

int
lock_supports(const char *release, struct bytes lsm, struct bytes cmdline,
    struct diag *d)
{
	char text[80];
	int rc;

	if (!release_known(release)) {
		text_escape(bytes_of_text(release), text, sizeof(text));
		return diag_fail(d, ERR_UNSUPPORTED,
		    "no kernel lock: it is known to hold in Debian 12's 6.1.0 "
		    "and 6.12 kernels, not in %s",
		    text);
	}
	if ((rc = lsm_check(lsm, d)) < 0)
		return rc;
	return cmdline_check(cmdline, d);
}

int
lock_mount_detached(const char *type, const char *mode, int *ret_fd,
    struct diag *d)
{
	auto_close int fs = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return diag_errno(d, "no file system %s", type);
	if ((mode != NULL &&
		fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) != 0) ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return diag_errno(d, "cannot make a file system %s", type);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (fd < 0)
		return diag_errno(d, "cannot mount a file system %s", type);
	*ret_fd = fd;
	return ERR_OK;
}

static int
read_at(int dir, const char *path, size_t max, struct buf *ret, struct diag *d)
{
	auto_close int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return diag_errno(d, "%s", path);
	return file_read_fd(fd, path, max, ret, d);
}

int
lock_supported(struct diag *d)
{
	auto_buf struct buf lsm = BUF_INIT(LSM_MAX);
	auto_buf struct buf cmdline = BUF_INIT(CMDLINE_MAX);
	auto_close int dir = -1;
	struct utsname name;
	int rc;

	if (uname(&name) != 0)
		return diag_errno(d, "uname");
	/* In an initramfs it is not mounted yet. */
	if ((rc = lock_mount_detached("securityfs", NULL, &dir, d)) < 0 ||
	    (rc = read_at(dir, "lsm", LSM_MAX, &lsm, d)) < 0 ||
	    (rc = read_at(AT_FDCWD, "/proc/cmdline", CMDLINE_MAX, &cmdline,
		 d)) < 0)
		return rc;
	return lock_supports(name.release, buf_bytes(&lsm), buf_bytes(&cmdline),
	    d);
}
