/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image into an encrypted disk and back: luks_fill() and luks_extract(),
 * whole and with what may go wrong on the way.
 */
#include "t.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "crypto/random.h"
#include "disk/identity.h"
#include "disk/luks.h"

#define MIB ((size_t)1 << 20)

static char dir[] = "/tmp/shieldwall.payload.XXXXXX";
static uint8_t key[LUKS_KEY_SIZE] = { 1, 2, 3 };

/* Open, and nameless. */
static int
make_file(void)
{
	char path[200];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		t_bail("%s: %s", path, strerror(errno));
	(void)unlink(path);
	return fd;
}

static void
put(int fd, const void *p, size_t n, off_t at)
{
	if (pwrite(fd, p, n, at) != (ssize_t)n)
		t_bail("pwrite: %s", strerror(errno));
}

static uint8_t *
whole(int fd, size_t n, off_t at)
{
	uint8_t *p = malloc(n);

	if (p == NULL || pread(fd, p, n, at) != (ssize_t)n)
		t_bail("cannot read a file back");
	return p;
}

static bool
same(int a, off_t at_a, int b, off_t at_b, size_t n)
{
	uint8_t *p = whole(a, n, at_a), *q = whole(b, n, at_b);
	bool r = memcmp(p, q, n) == 0;

	free(p);
	free(q);
	return r;
}

/* Holes, written zeros and noise, in pieces that no chunk or block fits. */
static int
make_image(size_t size)
{
	static uint8_t noise[100000];
	int fd = make_file();

	random_bytes(noise, sizeof(noise));
	if (ftruncate(fd, (off_t)size) != 0)
		t_bail("ftruncate: %s", strerror(errno));
	for (size_t at = 0; at + 512 <= size; at += 700 * 1024) {
		size_t n =
		    size - at < sizeof(noise) ? size - at : sizeof(noise);

		put(fd, noise, n, (off_t)at);
	}
	/* The last byte counts. */
	put(fd, "x", 1, (off_t)size - 1);
	return fd;
}

static int
make_disk(size_t size)
{
	struct diag d = { 0 };
	int fd = make_file();

	if (luks_format(fd, size, key, &d) < 0)
		t_bail("luks_format: %s", d.text);
	return fd;
}

static blkcnt_t
blocks(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		t_bail("fstat: %s", strerror(errno));
	return st.st_blocks;
}

static void
test_round_trip(void)
{
	static const size_t sizes[] = { 512, 1024, 4096, 4608, MIB - 512, MIB,
		MIB + 512, 5 * MIB + 3584, 33 * MIB };
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t size = sizes[i];
		int plain = make_image(size), back = make_file();
		int disk = make_disk(size);
		struct luks_copy in = { plain, disk, key, false };
		struct luks_copy out = { back, disk, key, false };
		struct stat st;

		CHECK(luks_fill(&in, &d) == ERR_OK &&
			luks_extract(&out, size, &d) == ERR_OK &&
			fstat(back, &st) == 0 && (size_t)st.st_size == size &&
			same(plain, 0, back, 0, size),
		    "%zu bytes into a disk and back (%s)", size, d.text);
		if (size == 33 * MIB)
			CHECK(blocks(back) <= blocks(plain) + 16,
			    "what is zero is a hole again: %lld and %lld",
			    (long long)blocks(plain), (long long)blocks(back));
		(void)close(plain);
		(void)close(disk);
		(void)close(back);
	}
}

/* A hole of the image is not one of the disk, and not to be told from noise. */
static void
test_hole(void)
{
	int plain = make_file(), disk = make_disk(8 * MIB);
	struct luks_copy in = { plain, disk, key, false };
	struct disk_facts f;
	struct diag d = { 0 };
	uint8_t *p;
	size_t zeros = 0;

	if (ftruncate(plain, 8 * MIB) != 0)
		t_bail("ftruncate: %s", strerror(errno));
	CHECK(luks_fill(&in, &d) == ERR_OK &&
		disk_read_facts(disk, "disk", &f, &d) == ERR_OK,
	    "an image that is all hole (%s)", d.text);
	CHECK((size_t)blocks(disk) * 512 >= 8 * MIB, "fills all of the disk");
	p = whole(disk, 8 * MIB, f.payload);
	for (size_t at = 0; at < 8 * MIB; at += 16)
		zeros += bytes_all_zero(bytes_of(p + at, 16));
	CHECK(zeros == 0, "no part of which says that it is empty");
	CHECK(memcmp(p, p + 512, 512) != 0,
	    "nor that two sectors hold the same");
	free(p);
	(void)close(plain);
	(void)close(disk);
}

static void
test_refusals(void)
{
	int plain = make_image(3 * MIB), disk = make_disk(3 * MIB);
	int back = make_file();
	struct luks_copy c = { plain, disk, key, false };
	uint8_t wrong[LUKS_KEY_SIZE] = { 1, 2, 4 };
	struct diag d = { 0 };

	c.key = wrong;
	CHECK(luks_fill(&c, &d) == ERR_REFUSED &&
		d.reason == REASON_FileInvalid,
	    "T65 another key fills no disk (%s)", d.text);
	c.plain_fd = back;
	CHECK(luks_extract(&c, 3 * MIB, &d) == ERR_REFUSED &&
		d.reason == REASON_FileInvalid && blocks(back) == 0,
	    "T65 and reads none (%s)", d.text);
	c.key = key;
	CHECK(luks_extract(&c, 3 * MIB + 512, &d) == ERR_REFUSED &&
		strstr(d.text, "ends at byte") != NULL,
	    "more than the disk has is not made up (%s)", d.text);
	c.plain_fd = plain;
	if (ftruncate(plain, 3 * MIB - 512) != 0)
		t_bail("ftruncate: %s", strerror(errno));
	CHECK(luks_fill(&c, &d) == ERR_REFUSED &&
		d.reason == REASON_FileInvalid,
	    "an image shorter than the disk (%s)", d.text);
	if (ftruncate(plain, 3 * MIB + 512) != 0)
		t_bail("ftruncate: %s", strerror(errno));
	CHECK(luks_fill(&c, &d) == ERR_REFUSED, "or longer is refused (%s)",
	    d.text);
	if (ftruncate(plain, 3 * MIB) != 0)
		t_bail("ftruncate: %s", strerror(errno));
	CHECK(luks_fill(&c, &d) == ERR_OK, "the right length is not");
	put(disk, "LUKS\xba\xbe\0\2", 8, 0);
	CHECK(luks_fill(&c, &d) == ERR_REFUSED &&
		luks_extract(&c, 3 * MIB, &d) == ERR_REFUSED &&
		same(plain, 0, plain, 0, 3 * MIB),
	    "T70 a header of another form is refused (%s)", d.text);
	(void)close(plain);
	(void)close(disk);
	(void)close(back);
}

/* --- while it runs --- */

/*
 * One worker, and a standard error that takes no progress until `change` was
 * made to the image: that is after the first chunk and before the second.
 */
struct meanwhile {
	int plain, disk;
	off_t new_size;
};

static void
take_one_processor(cpu_set_t *ret_before)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(*ret_before), ret_before) != 0)
		t_bail("sched_getaffinity: %s", strerror(errno));
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, ret_before)) {
			CPU_SET(i, &one);
			break;
		}
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		t_bail("sched_setaffinity: %s", strerror(errno));
}

/* In a child: waits for the first chunk, changes the image, reads the pipe. */
static void
change(const struct meanwhile *m, off_t start, int pipe_fd)
{
	uint8_t first[16] = { 0 };
	static char said[MIB];
	size_t len = 0;
	ssize_t n;

	while (bytes_all_zero(BYTES_OF_ARRAY(first)))
		if (pread(m->disk, first, sizeof(first), start) !=
		    (ssize_t)sizeof(first))
			_exit(1);
	if (m->new_size >= 0 && ftruncate(m->plain, m->new_size) != 0)
		_exit(1);
	while (len < sizeof(said) &&
	    (n = read(pipe_fd, said + len, sizeof(said) - len)) > 0)
		len += (size_t)n;
	if (memmem(said, len, "(100/100%)", 10) != NULL)
		_exit(2);
	_exit(0);
}

static void
fill_pipe(int fd)
{
	static const char junk[4096];

	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		t_bail("fcntl: %s", strerror(errno));
	while (write(fd, junk, sizeof(junk)) > 0)
		;
	if (fcntl(fd, F_SETFL, 0) != 0)
		t_bail("fcntl: %s", strerror(errno));
}

/* What luks_fill() says; and whether its progress came to its end. */
static int
fill_while(struct meanwhile *m, bool *ret_shown, struct diag *d)
{
	struct luks_copy c = { m->plain, m->disk, key, true };
	struct disk_facts f;
	int fds[2], err = dup(STDERR_FILENO), status = 0, r;
	cpu_set_t before;
	pid_t pid;

	if (err < 0 || pipe(fds) != 0 ||
	    disk_read_facts(m->disk, "disk", &f, d) < 0)
		t_bail("pipe, disk: %s", strerror(errno));
	fill_pipe(fds[1]);
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		t_bail("fork: %s", strerror(errno));
	if (pid == 0) {
		(void)close(fds[1]);
		change(m, f.payload, fds[0]);
	}
	(void)close(fds[0]);
	(void)dup2(fds[1], STDERR_FILENO);
	(void)close(fds[1]);
	take_one_processor(&before);
	r = luks_fill(&c, d);
	(void)sched_setaffinity(0, sizeof(before), &before);
	(void)dup2(err, STDERR_FILENO);
	(void)close(err);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == 1)
		t_bail("the image was not changed");
	*ret_shown = WEXITSTATUS(status) == 2;
	return r;
}

static void
test_meanwhile(void)
{
	static const struct {
		const char *what;
		bool holes;
		off_t new_size;
		int result;
		const char *says;
	} cases[] = {
		{ "an image left alone", false, -1, ERR_OK, "" },
		{ "an image cut while it is read", false,
		    (off_t)5600 * 1024 + 100, ERR_REFUSED,
		    "ends at byte 5734500" },
		{ "an image cut where it is all hole", true, 5 * MIB,
		    ERR_REFUSED, "after it was read" },
		{ "an image that grows", false, 10 * MIB, ERR_REFUSED,
		    "after it was read" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct meanwhile m = { .disk = make_disk(9 * MIB),
			.new_size = cases[i].new_size };
		struct diag d = { 0 };
		bool shown = false;
		int r;

		m.plain = cases[i].holes ? make_file() : make_image(9 * MIB);
		if (ftruncate(m.plain, 9 * MIB) != 0)
			t_bail("ftruncate: %s", strerror(errno));
		r = fill_while(&m, &shown, &d);
		CHECK(r == cases[i].result &&
			strstr(d.text, cases[i].says) != NULL,
		    "%s: %s (%s)", cases[i].what,
		    cases[i].result == ERR_OK ? "taken" : "refused", d.text);
		if (r == ERR_OK)
			CHECK(shown, "progress is shown, to its end");
		else
			CHECK(d.reason == REASON_FileInvalid, "as FileInvalid");
		(void)close(m.plain);
		(void)close(m.disk);
	}
}

static void
test_no_room(void)
{
	int plain = make_image(9 * MIB), disk = make_disk(9 * MIB), back;
	struct luks_copy c = { plain, disk, key, false };
	struct rlimit before, limit;
	struct diag d = { 0 };

	if (luks_fill(&c, &d) < 0 || getrlimit(RLIMIT_FSIZE, &before) != 0)
		t_bail("no disk: %s", d.text);
	limit = before;
	limit.rlim_cur = 4 * MIB;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	CHECK(luks_fill(&c, &d) == ERR_IO &&
		strstr(d.text, "cannot write") != NULL,
	    "a disk that cannot be written to its end (%s)", d.text);
	(void)setrlimit(RLIMIT_FSIZE, &before);

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", dir, "tmpfs", 0, "size=512k") != 0) {
		t_skip("a full file system: only root can mount one");
	} else {
		back = make_file();
		c.plain_fd = back;
		CHECK(luks_extract(&c, 9 * MIB, &d) == ERR_IO &&
			strstr(d.text, "No space left") != NULL,
		    "no room for the image (%s)", d.text);
		(void)close(back);
		(void)umount(dir);
	}
	(void)close(plain);
	(void)close(disk);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		t_bail("%s: %s", dir, strerror(errno));
	test_round_trip();
	test_hole();
	test_refusals();
	test_meanwhile();
	test_no_room();
	(void)rmdir(dir);
	return t_done();
}
