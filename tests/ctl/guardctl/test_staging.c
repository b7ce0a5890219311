/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New folders are there whole or not at all; removed ones leave nothing.
 */
#include "ctl/guardctl/staging.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "t.h"

static char dir[] = "/tmp/shieldwall.staging.XXXXXX";
static int dir_fd;

static bool
there(const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
put(int at, const char *name)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1)
		t_bail("%s: %s", name, strerror(errno));
	(void)close(fd);
}

static void
test_commit(void)
{
	struct staging s = STAGING_NONE, other = STAGING_NONE;
	struct diag d = { 0 };
	struct stat st;

	if (staging_begin(dir, "vm1", &s, &d) < 0)
		t_bail("%s", d.text);
	CHECK(fstat(s.fd, &st) == 0 && (st.st_mode & 07777) == 0700,
	    "the new folder is its owner's alone");
	CHECK(!there("vm1") && there(".vm1.new"), "it is hidden meanwhile");
	CHECK(staging_begin(dir, "vm1", &other, &d) == ERR_REFUSED &&
		d.reason == REASON_InUse && other.fd < 0,
	    "two at a time: refused (%s)", d.text);
	put(s.fd, "file");
	CHECK(staging_commit(&s, &d) == ERR_OK && there("vm1/file") &&
		!there(".vm1.new"),
	    "committed, it has its name %s", d.text);
	staging_free(&s);
	CHECK(there("vm1/file"), "and keeps it");
	CHECK(staging_begin(dir, "vm1", &s, &d) == ERR_REFUSED &&
		d.reason == REASON_VmExists,
	    "a name that is taken: refused (%s)", d.text);
}

static void
test_failure(void)
{
	struct staging s = STAGING_NONE;
	struct diag d = { 0 };

	if (staging_begin(dir, "vm2", &s, &d) < 0)
		t_bail("%s", d.text);
	put(s.fd, "file");
	if (mkdirat(s.fd, "vtpm", 0700) != 0)
		t_bail("mkdir");
	staging_free(&s);
	CHECK(!there("vm2") && !there(".vm2.new"),
	    "what is not committed leaves nothing");
	/* As a crash leaves it. */
	if (mkdirat(dir_fd, ".vm2.new", 0700) != 0 ||
	    mkdirat(dir_fd, ".vm2.new/vtpm", 0700) != 0)
		t_bail("mkdir");
	put(dir_fd, ".vm2.new/vtpm/state");
	CHECK(staging_begin(dir, "vm2", &s, &d) == ERR_OK &&
		!there(".vm2.new/vtpm"),
	    "the rest of a crash is cleared away %s", d.text);
	CHECK(mkdirat(dir_fd, "vm2", 0700) == 0 &&
		staging_commit(&s, &d) == ERR_REFUSED &&
		d.reason == REASON_VmExists,
	    "a name that was taken meanwhile: refused (%s)", d.text);
	staging_free(&s);
	CHECK(!there(".vm2.new"), "and again nothing is left");
}

static void
test_names(void)
{
	static const char *const names[] = { "", ".", "..", "../x", "a/b", ".x",
		"a\n" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct staging s = STAGING_NONE;
		struct diag d = { 0 };

		CHECK(staging_begin(dir, names[i], &s, &d) < 0 && s.fd < 0,
		    "T60 name %zu: refused (%s)", i, d.text);
	}
}

static void
test_remove(void)
{
	struct diag d = { 0 };
	char outside[64];
	int fd;

	(void)snprintf(outside, sizeof(outside), "%s/outside", dir);
	put(dir_fd, "outside");
	fd = openat(dir_fd, "vm1", O_RDONLY | O_DIRECTORY);
	CHECK(symlinkat(outside, fd, "link") == 0 &&
		symlinkat(dir, fd, "folder") == 0 &&
		folder_remove(dir_fd, "vm1", &d) == ERR_OK && !there("vm1") &&
		!there(".vm1.removed"),
	    "a folder is removed %s", d.text);
	CHECK(there("outside"), "T60 links in it are not followed");
	CHECK(symlinkat("vm2", dir_fd, "vm3") == 0 &&
		folder_remove(dir_fd, "vm3", &d) == ERR_IO && there("vm2"),
	    "T60 a link in a VM's place is not followed (%s)", d.text);
	CHECK(folder_remove(dir_fd, "none", &d) == ERR_IO,
	    "one that is not there: an error (%s)", d.text);
	(void)close(fd);
}

int
main(void)
{
	struct diag d;
	char *slash;

	if (mkdtemp(dir) == NULL ||
	    (dir_fd = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		t_bail("%s", strerror(errno));
	test_commit();
	test_failure();
	test_names();
	test_remove();
	(void)close(dir_fd);
	dir_fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	slash = strrchr(dir, '/');
	CHECK(folder_remove(dir_fd, slash + 1, &d) == ERR_OK,
	    "the test's folder goes the same way");
	return t_done();
}
