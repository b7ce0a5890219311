/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IMA policy of the sealed root. Where the kernel takes one policy only,
 * root could load another later on: so it is loaded here, before the end mark,
 * or the host is not guarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "guard/early/early.h"

#define POLICY     "/etc/shieldwall/ima-policy"
#define POLICY_MAX ((size_t)64 << 10)
#define SECURITY   "/sys/kernel/security"
#define KERNEL_IMA SECURITY "/ima/policy"

int
ima_policy_load(uint8_t ret_digest[static 32], struct diag *d)
{
	auto_buf struct buf text = BUF_INIT(POLICY_MAX);
	static const uint8_t none[SHA256_SIZE];
	auto_close int fd = -1;
	int r = file_read(AT_FDCWD, POLICY, POLICY_MAX, &text, d);

	if (r == ERR_NOT_FOUND) {
		memcpy(ret_digest, none, SHA256_SIZE);
		log_notice("no IMA policy in the sealed image: none is loaded");
		return ERR_OK;
	}
	if (r < 0)
		return r;
	if (mount("securityfs", SECURITY, "securityfs",
		MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		return diag_errno(d, SECURITY ": cannot mount");
	fd = open(KERNEL_IMA, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d,
		    KERNEL_IMA ": no IMA policy can be loaded, or another was");
	/* It takes a line at a time. */
	if ((r = file_write_all(fd, buf_bytes(&text), d)) < 0) {
		diag_prefix(d, KERNEL_IMA ": the kernel does not take " POLICY);
		return r;
	}
	/*
	 * All lines were taken, so they hold when the file is closed: before
	 * the record says so. What is loaded later is appended, and the first
	 * line that fits decides.
	 */
	close_p(&fd);
	sha256(buf_bytes(&text), ret_digest);
	log_notice("the IMA policy is loaded");
	return ERR_OK;
}
