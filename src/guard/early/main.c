/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-early [--root DIR]: exits 0 when the host key stands in PCR 15 and
 * guard-tpm serves; otherwise says in one line why the host is not guarded.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "conf/paths.h"
#include "guard/early/early.h"

/*
 * guard-tpm inherits these: it may lock what it needs, writes no core, and is
 * the last that the kernel ends when memory runs out.
 */
static void
memory_limits(void)
{
	const struct rlimit none = { 0, 0 },
			    all = { RLIM_INFINITY, RLIM_INFINITY };
	int fd;

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    setrlimit(RLIMIT_MEMLOCK, &all) != 0)
		log_warning("cannot set memory limits");
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "-1000", 5) != 5)
		log_warning("cannot set oom_score_adj");
	close_p(&fd);
}

/* The records, for guardd's evidence and for people. Nothing secret. */
static int
publish(const char *root, struct bytes pcr15, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	int rc;

	rc = path_under(root, PATH_RUN "/pcr15", path, sizeof(path), d);
	if (rc < 0)
		return rc;
	return file_write_atomic(AT_FDCWD, path, 0644, pcr15, d);
}

static int
make_run_folder(const char *root, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	int rc;

	if ((rc = path_under(root, PATH_RUN, path, sizeof(path), d)) < 0)
		return rc;
	return dir_make_all(path, 0755, d);
}

static int
guard(const char *root, struct diag *d)
{
	auto_buf struct buf pcr15 = BUF_INIT(8192);
	struct started started;
	struct guard_conf conf;
	uint8_t lock[32];
	char line[400];
	int rc;

	if ((rc = guard_conf_load(root, &conf, d)) < 0 ||
	    (rc = make_run_folder(root, d)) < 0)
		return rc;
	lock_state(lock, line, sizeof(line));
	log_notice("%s", line);
	memory_limits();
	if ((rc = guard_tpm_start(root, &conf, &started, d)) < 0)
		return rc;
	if ((rc = guard_tpm_record(&started, lock, &pcr15, d)) < 0 ||
	    (rc = publish(root, buf_bytes(&pcr15), d)) < 0) {
		guard_tpm_end(&started);
		return rc;
	}
	log_notice("the host key is recorded; guard-tpm is process %d",
	    (int)started.pid);
	return ERR_OK;
}

int
main(int argc, char **argv)
{
	struct diag d = { 0 };
	const char *root = "";

	log_open("guard-early", LOG_LEVEL_INFO, true);
	if (argc == 3 && strcmp(argv[1], "--root") == 0) {
		root = argv[2];
	} else if (argc != 1) {
		(void)fprintf(stderr, "usage: guard-early [--root DIR]\n");
		return 2;
	}
	(void)umask(022);
	if (guard(root, &d) < 0) {
		log_error("the host is not guarded: %s", d.text);
		return 1;
	}
	return 0;
}
