/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: bounded reads, whole writes, no followed links.
 */
#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../t.h"

static char top[] = "/tmp/test_file.XXXXXX";
static int dir = -1;

static void
put(const char *name, const char *text)
{
	struct diag d = { 0 };

	if (file_create(dir, name, 0600, bytes_of_text(text), &d) < 0)
		t_bail("%s", d.text);
}

static bool
is(const char *name, const char *text)
{
	auto_buf struct buf b = BUF_INIT(4096);

	return file_read(dir, name, 4096, &b, NULL) == ERR_OK &&
	    bytes_equal_text(buf_bytes(&b), text);
}

static void
test_read(void)
{
	auto_buf struct buf b = BUF_INIT(4096), small = BUF_INIT(2);
	struct diag d = { 0 };

	put("five", "12345");
	put("empty", "");
	CHECK(file_read(dir, "five", 5, &b, &d) == ERR_OK && b.len == 5,
	    "a file of the largest size is read");
	buf_reset(&b);
	CHECK(file_read(dir, "five", 4, &b, &d) == ERR_LIMIT && b.len == 0,
	    "one byte more is refused, and nothing is left behind");
	CHECK(file_read(dir, "empty", 0, &b, &d) == ERR_OK && b.len == 0,
	    "an empty file is a file");
	CHECK(file_read(dir, "five", 100, &small, &d) == ERR_LIMIT,
	    "the buffer's maximum counts too");
	CHECK(file_read(dir, "none", 9, &b, &d) == ERR_NOT_FOUND,
	    "a file that is not there");
	if (symlinkat("five", dir, "link") != 0 ||
	    mkfifoat(dir, "fifo", 0600) != 0 || mkdirat(dir, "sub", 0700) != 0)
		t_bail("cannot make files");
	CHECK(file_read(dir, "link", 9, &b, &d) == ERR_IO,
	    "T60 a symbolic link is not followed");
	CHECK(file_read(dir, "fifo", 9, &b, &d) == ERR_FORMAT &&
		file_read(dir, "sub", 9, &b, &d) == ERR_FORMAT &&
		file_read(AT_FDCWD, "/dev/null", 9, &b, &d) == ERR_FORMAT,
	    "what is no regular file is refused, without waiting");
}

static int
read_pipe(const char *text, size_t n, struct secret *ret)
{
	struct diag d = { 0 };
	int fds[2], r;

	if (pipe(fds) != 0 || write(fds[1], text, n) != (ssize_t)n)
		t_bail("pipe");
	(void)close(fds[1]);
	r = file_read_passphrase(fds[0], "passphrase", ret, &d);
	(void)close(fds[0]);
	return r;
}

static void
test_passphrase(void)
{
	struct secret s = SECRET_NONE;
	char text[1100];

	CHECK(read_pipe("word\nmore", 9, &s) == ERR_OK &&
		bytes_equal_text(secret_bytes(&s), "word"),
	    "a passphrase is the first line");
	secret_free(&s);
	CHECK(read_pipe("two words\r\n", 11, &s) == ERR_OK &&
		bytes_equal_text(secret_bytes(&s), "two words"),
	    "without its end");
	secret_free(&s);
	CHECK(read_pipe("word", 4, &s) == ERR_OK && s.len == 4,
	    "which it need not have");
	secret_free(&s);
	CHECK(read_pipe("", 0, &s) == ERR_FORMAT &&
		read_pipe("\nword", 5, &s) == ERR_FORMAT && s.p == NULL,
	    "an empty one is refused");
	memset(text, 'p', sizeof(text));
	CHECK(read_pipe(text, 1024, &s) == ERR_OK && s.len == 1024,
	    "1024 bytes are a passphrase");
	secret_free(&s);
	CHECK(read_pipe(text, 1025, &s) < 0 && read_pipe(text, 1100, &s) < 0 &&
		s.p == NULL,
	    "1025 are not");
}

static void
test_write(void)
{
	struct diag d = { 0 };
	struct stat st;

	CHECK(file_write_atomic(dir, "new", 0640, bytes_of_text("one"), &d) ==
		    ERR_OK &&
		is("new", "one"),
	    "a file is made");
	CHECK(fstatat(dir, "new", &st, 0) == 0 && (st.st_mode & 07777) == 0640,
	    "with its mode, whatever the umask");
	CHECK(file_write_atomic(dir, "new", 0600, bytes_of_text("two"), &d) ==
		    ERR_OK &&
		is("new", "two") && fstatat(dir, "new", &st, 0) == 0 &&
		(st.st_mode & 07777) == 0600,
	    "and replaced");
	CHECK(faccessat(dir, "new.new", F_OK, 0) != 0,
	    "no temporary file is left");
	put("new.new", "half");
	CHECK(file_write_atomic(dir, "new", 0600, bytes_of_text("three"), &d) ==
		    ERR_OK &&
		is("new", "three"),
	    "the rest of a crash is no hindrance");
	if (symlinkat("five", dir, "new.new") != 0)
		t_bail("symlink");
	CHECK(file_write_atomic(dir, "new", 0600, bytes_of_text("4"), &d) ==
		    ERR_OK &&
		is("five", "12345"),
	    "T60 a planted link is not written through");
	CHECK(file_create(dir, "new", 0600, bytes_of_text("x"), &d) ==
		    ERR_EXISTS &&
		is("new", "4"),
	    "what is there is not made again");
	CHECK(file_create(dir, "link", 0600, bytes_of_text("x"), &d) ==
		ERR_EXISTS,
	    "nor through a link");
	CHECK(file_write_atomic(dir, "no/file", 0600, bytes_of_text("x"), &d) ==
		    ERR_IO &&
		file_create(dir, "no/file", 0600, bytes_of_text("x"), &d) ==
		    ERR_IO,
	    "a folder that is not there");
	CHECK(file_create(dir, "sub/file", 0600, bytes_of_text("x"), &d) ==
		ERR_OK,
	    "one that is there");
}

static void
test_folders(void)
{
	struct diag d = { 0 };
	char path[5000];
	int n = snprintf(path, sizeof(path), "%s/a/b//c/", top);

	CHECK(n > 0 && dir_make_all(path, 0700, &d) == ERR_OK &&
		faccessat(dir, "a/b/c", F_OK, 0) == 0,
	    "missing folders are made");
	CHECK(dir_make_all(path, 0700, &d) == ERR_OK, "those there are kept");
	(void)snprintf(path, sizeof(path), "%s/five/x", top);
	CHECK(dir_make_all(path, 0700, &d) == ERR_IO, "a file is no folder");
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK(dir_make_all(path, 0700, &d) == ERR_LIMIT &&
		dir_make_all("", 0700, &d) == ERR_LIMIT,
	    "a path is neither empty nor too long");
}

static void
test_memfd(void)
{
	auto_buf struct buf b = BUF_INIT(64);
	auto_close int fd = -1;
	struct diag d = { 0 };

	CHECK(memfd_sealed("m", bytes_of_text("bulk"), &fd, &d) == ERR_OK,
	    "a memory file");
	CHECK(pwrite(fd, "x", 1, 0) < 0 && ftruncate(fd, 0) != 0 &&
		ftruncate(fd, 9) != 0,
	    "is sealed: not written, shrunk or grown");
	CHECK(mmap(NULL, 4, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED,
	    "nor mapped to be written");
	CHECK(lseek(fd, 0, SEEK_SET) == 0 &&
		file_read_fd(fd, "m", 64, &b, &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&b), "bulk"),
	    "and holds its bytes");
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC, "it is not inherited");
}

static void
test_places(void)
{
	uint8_t b[8] = { 0 };
	struct diag d = { 0 };
	int fd = openat(dir, "places", O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(file_write_at(fd, "places", 4, bytes_of_text("abcd"), &d) ==
		    ERR_OK &&
		file_read_at(fd, "places", 2, b, 6, &d) == ERR_OK &&
		memcmp(b, "\0\0abcd", 6) == 0,
	    "bytes are written and read at their place");
	CHECK(file_read_at(fd, "places", 4, b, 5, &d) == ERR_REFUSED &&
		d.reason == REASON_FileInvalid &&
		strstr(d.text, "byte 8") != NULL,
	    "a file that ends before them is refused, with the place");
	CHECK(file_read_at(fd, "places", 8, b, 0, &d) == ERR_OK,
	    "nothing can be read anywhere");
	(void)close(fd);
	CHECK(file_read_at(-1, "places", 0, b, 1, &d) == ERR_IO &&
		file_write_at(-1, "places", 0, bytes_of_text("a"), &d) ==
		    ERR_IO,
	    "a closed descriptor is an error");
}

int
main(void)
{
	struct diag d = { 0 };
	pid_t pid;

	if (mkdtemp(top) == NULL ||
	    (dir = open(top, O_RDONLY | O_DIRECTORY)) < 0)
		t_bail("no folder");
	(void)umask(027);
	test_read();
	test_passphrase();
	test_write();
	test_folders();
	test_memfd();
	test_places();
	CHECK(file_write_all(-1, bytes_of_text("x"), &d) == ERR_IO,
	    "a closed descriptor is an error");
	(void)close(dir);
	if ((pid = fork()) == 0) {
		(void)execlp("rm", "rm", "-rf", top, (char *)NULL);
		_exit(1);
	}
	(void)waitpid(pid, NULL, 0);
	return t_done();
}
