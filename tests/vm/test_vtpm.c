/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T73: the digest of a vTPM's state tells every other state from it.
 */
#include "t.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "vm/vtpm.h"

static char dir[] = "/tmp/shieldwall.vtpm.XXXXXX";
static int dir_fd;

static void
put(const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n)
		t_bail("%s: %s", name, strerror(errno));
	(void)close(fd);
}

static bool
same(const uint8_t *digest)
{
	uint8_t now[32];
	struct diag d = { 0 };

	return vtpm_digest(dir_fd, now, &d) == ERR_OK &&
	    memcmp(now, digest, sizeof(now)) == 0;
}

static void
refuses(const char *what)
{
	uint8_t digest[32] = { 1 };
	struct diag d = { 0 };

	CHECK(vtpm_digest(dir_fd, digest, &d) == ERR_REFUSED &&
		d.reason == REASON_FileInvalid && digest[0] == 1,
	    "%s: refused (%s)", what, d.text);
}

static void
test_digest(void)
{
	uint8_t digest[32];
	struct diag d = { 0 };

	put("tpm2-00.permall", "state one");
	CHECK(vtpm_digest(dir_fd, digest, &d) == ERR_OK && same(digest),
	    "a state has one digest");
	put(".lock", "anything");
	CHECK(same(digest), "the lock is no part of it");
	put("tpm2-00.permall", "state two");
	CHECK(!same(digest), "T73 another state has another");
	put("tpm2-00.permall", "state one");
	CHECK(same(digest), "the old state has the old one");
	put("tpm2-00.volatilestate", "");
	CHECK(!same(digest), "T73 a file more is seen");
	(void)unlinkat(dir_fd, "tpm2-00.volatilestate", 0);
	put("tpm2-00.permal", "lstate one");
	(void)unlinkat(dir_fd, "tpm2-00.permall", 0);
	CHECK(!same(digest), "a name that ends elsewhere is seen");
	(void)unlinkat(dir_fd, "tpm2-00.permal", 0);
	refuses("T73 no state");
}

static void
test_refused(void)
{
	char name[16];

	if (mkdirat(dir_fd, "sub", 0700) != 0)
		t_bail("mkdir: %s", strerror(errno));
	refuses("a folder in it");
	(void)unlinkat(dir_fd, "sub", AT_REMOVEDIR);
	if (symlinkat("/etc/passwd", dir_fd, "link") != 0)
		t_bail("symlink: %s", strerror(errno));
	refuses("a link in it");
	(void)unlinkat(dir_fd, "link", 0);
	put("a name", "x");
	refuses("a strange name");
	(void)unlinkat(dir_fd, "a name", 0);
	for (int i = 0; i < 9; i++) {
		(void)snprintf(name, sizeof(name), "f%d", i);
		put(name, "x");
	}
	refuses("more files than swtpm has");
	for (int i = 0; i < 9; i++) {
		(void)snprintf(name, sizeof(name), "f%d", i);
		(void)unlinkat(dir_fd, name, 0);
	}
}

int
main(void)
{
	if (mkdtemp(dir) == NULL ||
	    (dir_fd = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		t_bail("%s: %s", dir, strerror(errno));
	test_digest();
	test_refused();
	(void)unlinkat(dir_fd, ".lock", 0);
	(void)rmdir(dir);
	return t_done();
}
