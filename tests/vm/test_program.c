/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's private copy: made once, made anew when the program is another,
 * and never where others may write.
 */
#include "vm/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "base/file.h"
#include "t.h"

static char dir[128], copies[160], program[160];

static void
put(const char *text)
{
	struct diag d = { 0 };

	if (file_write_atomic(AT_FDCWD, program, 0755, bytes_of_text(text),
		&d) < 0)
		t_bail("%s", d.text);
}

static unsigned
count(void)
{
	DIR *list = opendir(copies);
	const struct dirent *e;
	unsigned n = 0;

	while (list != NULL && (e = readdir(list)) != NULL)
		n += e->d_name[0] != '.';
	if (list != NULL)
		(void)closedir(list);
	return n;
}

static bool
holds(const char *path, const char *text)
{
	size_t len;
	uint8_t *p = t_read_file(path, &len);
	bool r = bytes_equal_text(bytes_of(p, len), text);

	free(p);
	return r;
}

static void
test_keep(void)
{
	char first[400], again[400], other[400];
	struct diag d = { 0 };
	struct stat st, now;

	put("one");
	CHECK(program_keep(copies, program, first, sizeof(first), &d) ==
		    ERR_OK &&
		holds(first, "one"),
	    "a copy is made");
	CHECK(stat(first, &st) == 0 && program_is_private(&st) &&
		(st.st_mode & 07777) == 0711,
	    "T76 nobody but root may read it");
	CHECK(program_keep(copies, program, again, sizeof(again), &d) ==
		    ERR_OK &&
		strcmp(first, again) == 0 && stat(again, &now) == 0 &&
		now.st_ino == st.st_ino,
	    "once");
	put("two, of another length");
	CHECK(program_keep(copies, program, other, sizeof(other), &d) ==
		    ERR_OK &&
		strcmp(first, other) != 0 &&
		holds(other, "two, of another length"),
	    "T97 another program is another copy");
	CHECK(count() == 1, "and the old one is gone");
	if (truncate(other, 3) != 0)
		t_bail("truncate");
	CHECK(program_keep(copies, program, again, sizeof(again), &d) ==
		    ERR_OK &&
		holds(again, "two, of another length"),
	    "one that a crash left short is made again");
	if (chmod(other, 0755) != 0)
		t_bail("chmod");
	CHECK(program_keep(copies, program, again, sizeof(again), &d) ==
		    ERR_OK &&
		stat(again, &st) == 0 && program_is_private(&st),
	    "T76 and so is one that others may read");
}

static void
test_refused(void)
{
	char ret[400] = "as it was", small[8];
	struct diag d = { 0 };

	CHECK(program_keep(copies, "/no/such/program", ret, sizeof(ret), &d) <
		0,
	    "a program that is not there");
	CHECK(program_keep(copies, program, small, sizeof(small), &d) ==
		ERR_LIMIT,
	    "a path too long for its room");
	if (chmod(copies, 0777) != 0)
		t_bail("chmod");
	CHECK(program_keep(copies, program, ret, sizeof(ret), &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_FileInvalid,
	    "T97 a folder that others may write: refused");
}

int
main(void)
{
	pid_t pid;

	if (geteuid() != 0) {
		printf("1..0 # SKIP only root's copies are private\n");
		return 0;
	}
	(void)snprintf(dir, sizeof(dir), "/tmp/shieldwall-program.XXXXXX");
	if (mkdtemp(dir) == NULL)
		t_bail("mkdtemp");
	(void)snprintf(copies, sizeof(copies), "%s/copies", dir);
	(void)snprintf(program, sizeof(program), "%s/program", dir);
	test_keep();
	test_refused();
	if ((pid = fork()) == 0) {
		(void)execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	(void)waitpid(pid, NULL, 0);
	return t_done();
}
