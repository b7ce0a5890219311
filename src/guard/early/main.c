/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-early [--root DIR]: exits 0 when the host key stands in PCR 15 and
 * guard-tpm serves; otherwise says in one line why the host is not guarded, and
 * exits 1 when PCR 15 says so too. Any other end is one after which the machine
 * must not start: its PCR 15 would be root's to fill.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "conf/paths.h"
#include "guard/early/early.h"

#define EXIT_UNMARKED 3

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

/*
 * On a machine with a sealed image: the lock first, so that nothing looks into
 * what is started next. QEMU and its libraries from the machine's own root
 * would be root's to replace, so without the image no lock is recorded.
 */
static int
seal(struct held_lock *lock, int *ret_host_ns_fd, struct early_record *record,
    struct diag *d)
{
	int rc;

	if ((rc = lock_take(lock, d)) < 0 ||
	    (rc = sealed_enter(ret_host_ns_fd, d)) < 0)
		return rc;
	memcpy(record->lock_digest, lock->digest, sizeof(record->lock_digest));
	memory_overwrite_request();
	return ima_policy_load(record->ima_policy, d);
}

static int
guard(const char *root, struct diag *d)
{
	auto_buf struct buf pcr15 = BUF_INIT(8192);
	struct held_lock lock = HELD_LOCK_NONE;
	struct early_record record = { 0 };
	struct started started;
	struct guard_conf conf;
	int host_ns_fd = -1, rc;

	memory_limits();
	if (root[0] == '\0')
		leave_control_group();
	if (root[0] != '\0')
		lock_renounce("below a --root nothing is sealed");
	else if (!sealed_image_exists())
		lock_renounce("there is no sealed image in this initramfs");
	else if ((rc = seal(&lock, &host_ns_fd, &record, d)) < 0)
		return rc;
	if ((rc = guard_conf_load(root, &conf, d)) < 0 ||
	    (rc = make_run_folder(root, d)) < 0 ||
	    (rc = guard_tpm_start(root, &conf, &lock, host_ns_fd, &started,
		 d)) < 0)
		return rc;
	if ((rc = guard_tpm_record(&started, &record, &pcr15, d)) < 0 ||
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
	if (guard(root, &d) == ERR_OK)
		return 0;
	log_error("the host is not guarded: %s", d.text);
	if (root[0] == '\0' && unguarded_mark(&d) < 0) {
		log_error("and PCR 15 cannot be made to say so: %s", d.text);
		return EXIT_UNMARKED;
	}
	return 1;
}
