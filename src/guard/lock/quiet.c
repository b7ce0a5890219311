/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/lock/quiet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/base.h"

#define RCU         "/sys/module/rcupdate/parameters"
#define PANIC_PRINT "/sys/module/kernel/parameters/panic_print"
#define POWER       "/sys/power"
#define CONSOLE     "/dev/tty0"

/* Those of them that this kernel has. */
static int
sleep_files(uint64_t ret[static LOCK_REPORTS_MAX], size_t n, struct diag *d)
{
	static const char *const files[] = { POWER "/state", POWER "/mem_sleep",
		POWER "/autosleep", POWER "/disk", POWER "/pm_test" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (stat(files[i], &st) != 0) {
			if (errno == ENOENT)
				continue;
			return diag_errno(d, "kernel lock: %s", files[i]);
		}
		if (n == LOCK_REPORTS_MAX)
			return diag_fail(d, ERR_LIMIT,
			    "kernel lock: no room for %s", files[i]);
		ret[n++] = st.st_ino;
	}
	return ERR_OK;
}

int
lock_reports(uint64_t ret[static LOCK_REPORTS_MAX], struct diag *d)
{
	const struct dirent *entry;
	struct stat st;
	size_t n = 0;
	DIR *dir;

	if (stat(PANIC_PRINT, &st) != 0)
		return diag_errno(d, "kernel lock: %s", PANIC_PRINT);
	ret[n++] = st.st_ino;
	dir = opendir(RCU);
	if (dir == NULL)
		return diag_errno(d, "kernel lock: %s", RCU);
	while ((entry = readdir(dir)) != NULL && n < LOCK_REPORTS_MAX &&
	    fstatat(dirfd(dir), entry->d_name, &st, 0) == 0)
		if (S_ISREG(st.st_mode) && (st.st_mode & S_IWUSR) != 0)
			ret[n++] = st.st_ino;
	(void)closedir(dir);
	if (entry != NULL)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "kernel lock: %s: more files than it knows, or one that "
		    "it cannot see",
		    RCU);
	return sleep_files(ret, n, d);
}

/* The command line may have set some of them, and nobody can once armed. */
static int
settle(struct diag *d)
{
#define SETTING(name, value) { "/proc/sys/" name, value },
	static const struct {
		const char *path, *value;
	} settings[] = { LOCK_SETTINGS(SETTING) };
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++) {
		const char *path = settings[i].path, *value = settings[i].value;
		auto_close int fd = -1;

		if (value == NULL)
			continue;
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue; /* not in this kernel */
		if (fd < 0 ||
		    write(fd, value, strlen(value)) != (ssize_t)strlen(value))
			return diag_errno(d, "kernel lock: %s", path);
	}
	return ERR_OK;
}

/* --- the console's keys --------------------------------------------------- */

static bool
prints(unsigned short value)
{
	return value == K_SH_REGS || value == K_SH_MEM || value == K_SH_STAT;
}

static int
clear_keys(int fd, unsigned char table)
{
	struct kbentry key = { .kb_table = table };
	int i;

	for (i = 0; i < NR_KEYS; i++) {
		key.kb_index = (unsigned char)i;
		if (ioctl(fd, KDGKBENT, &key) != 0)
			return -1;
		if (key.kb_value == K_NOSUCHMAP)
			return 0;
		if (!prints(key.kb_value))
			continue;
		key.kb_value = K_HOLE;
		if (ioctl(fd, KDSKBENT, &key) != 0)
			return -1;
	}
	return 0;
}

int
lock_quiet(struct diag *d)
{
	auto_close int fd = open(CONSOLE, O_RDWR | O_NOCTTY | O_CLOEXEC);
	int i, rc;

	if ((rc = settle(d)) < 0)
		return rc;
	if (fd < 0)
		return diag_errno(d, "kernel lock: %s", CONSOLE);
	for (i = 0; i < MAX_NR_KEYMAPS; i++)
		if (clear_keys(fd, (unsigned char)i) != 0)
			return diag_errno(d, "kernel lock: the keymap");
	return ERR_OK;
}
