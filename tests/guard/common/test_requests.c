/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of sensitive requests: every line is a record or told as none.
 */
#include "guard/common/requests.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "t.h"

#define GOOD                                                                 \
	"{\"time\": 1700000000, \"vm\": \"web1\", \"level\": \"shielded\", " \
	"\"uid\": 0, \"what\": \"console display\", "                        \
	"\"outcome\": \"PolicyLowered\", \"detail\": \"blocked\"}\n"

struct seen {
	size_t records, bad, cut;
	size_t last_bad; /* its line */
	char detail[64];
};

static int
on_record(const struct request_record *r, void *arg)
{
	struct seen *s = arg;

	s->records++;
	(void)snprintf(s->detail, sizeof(s->detail), "%.*s", (int)r->detail.len,
	    (const char *)r->detail.p);
	return ERR_OK;
}

static int
on_unreadable(size_t line, bool is_cut, struct bytes text, const char *why,
    void *arg)
{
	struct seen *s = arg;

	(void)text;
	if (why[0] == '\0')
		t_bail("line %zu: no reason", line);
	s->last_bad = line;
	if (is_cut)
		s->cut++;
	else
		s->bad++;
	return ERR_OK;
}

static struct seen
read_bytes(struct bytes b)
{
	struct seen s = { 0 };
	const struct requests_reader to = { on_record, on_unreadable, &s };
	struct diag d = { 0 };

	if (requests_read(b, &to, &d) < 0)
		t_bail("%s", d.text);
	return s;
}

static struct seen
read_text(const char *text)
{
	return read_bytes(bytes_of_text(text));
}

static void
test_good(void)
{
	struct seen s = read_text("");

	CHECK(s.records == 0 && s.bad == 0 && s.cut == 0, "an empty record");
	s = read_text(GOOD GOOD);
	CHECK(s.records == 2 && s.bad == 0 && s.cut == 0 &&
		strcmp(s.detail, "blocked") == 0,
	    "two lines are two records");
	s = read_text("{\"time\":1,\"vm\":\"a\",\"level\":\"regular\","
		      "\"uid\":4294967295,\"what\":\"x\",\"outcome\":\"ok\","
		      "\"detail\":\"\\u001b[2J\\n\",\"later\":true}\n");
	CHECK(s.records == 1 && strcmp(s.detail, "\x1b[2J\n") == 0,
	    "T98 escapes arrive as they are, to be escaped when shown; a later "
	    "release's words do not matter");
}

static void
test_bad(void)
{
	static const char *const lines[] = { "\n", "{}\n", "[]\n", "null\n",
		"\"x\"\n", "x\n", "{\"time\":1}\n",
		"{\"time\":-1,\"vm\":\"a\",\"level\":\"\",\"uid\":0,"
		"\"what\":\"\",\"outcome\":\"\",\"detail\":\"\"}\n",
		"{\"time\":253402300800,\"vm\":\"a\",\"level\":\"\",\"uid\":0,"
		"\"what\":\"\",\"outcome\":\"\",\"detail\":\"\"}\n",
		"{\"time\":1,\"vm\":1,\"level\":\"\",\"uid\":0,"
		"\"what\":\"\",\"outcome\":\"\",\"detail\":\"\"}\n",
		"{\"time\":1,\"vm\":\"a\",\"vm\":\"b\",\"level\":\"\","
		"\"uid\":0,\"what\":\"\",\"outcome\":\"\",\"detail\":\"\"}\n",
		"{\"time\":1,\"vm\":\"a\",\"level\":\"\",\"uid\":4294967296,"
		"\"what\":\"\",\"outcome\":\"\",\"detail\":\"\"}\n",
		"\x1b[2J\n", "\xff\xfe\n" };
	char text[1024];
	struct seen s;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		(void)snprintf(text, sizeof(text), GOOD "%s" GOOD, lines[i]);
		s = read_text(text);
		CHECK(s.records == 2 && s.bad == 1 && s.cut == 0 &&
			s.last_bad == 2,
		    "line %zu that is none is told, and the others read", i);
	}
	s = read_bytes(bytes_of("\0\n\0", 3));
	CHECK(s.records == 0 && s.bad == 1 && s.cut == 1, "zero bytes");
}

static void
test_cut(void)
{
	size_t whole = strlen(GOOD);
	auto_buf struct buf b = BUF_INIT(1 << 20);
	bool right = true;
	struct seen s;

	(void)buf_put_text(&b, GOOD GOOD);
	for (size_t n = 1; n < whole - 1; n++) {
		s = read_bytes(bytes_of(b.p, whole + n));
		right = right && s.records == 1 && s.bad == 0 && s.cut == 1;
	}
	CHECK(right, "a last line that a crash cut is told as such");
	s = read_bytes(bytes_of(b.p, 2 * whole - 1));
	CHECK(s.records == 2 && s.cut == 0,
	    "one that lacks only its end is read");
	buf_reset(&b);
	(void)buf_put_text(&b, GOOD);
	for (size_t i = 0; i <= REQUESTS_LINE_MAX; i++)
		(void)buf_put_u8(&b, '{');
	(void)buf_put_text(&b, "\n" GOOD);
	s = read_bytes(buf_bytes(&b));
	CHECK(s.records == 2 && s.bad == 1 && s.last_bad == 2,
	    "a huge line is told, and what follows it read");
}

static void
put(int dir_fd, const char *text)
{
	struct diag d = { 0 };

	if (file_write_atomic(dir_fd, REQUESTS_FILE, 0600, bytes_of_text(text),
		&d) < 0)
		t_bail("%s", d.text);
}

static struct seen
read_file(int dir_fd)
{
	auto_buf struct buf b = BUF_INIT(REQUESTS_MAX);
	struct diag d = { 0 };

	if (file_read(dir_fd, REQUESTS_FILE, REQUESTS_MAX, &b, &d) < 0)
		t_bail("%s", d.text);
	return read_bytes(buf_bytes(&b));
}

static void
test_append(int dir_fd)
{
	const struct request_record r = { .time = 1700000000,
		.vm = bytes_of_text("web1"),
		.level = bytes_of_text("shielded"),
		.uid = 1000,
		.what = bytes_of_text("set \n\"x"),
		.outcome = bytes_of_text("PolicyLowered"),
		.detail = bytes_of_text("\x1b[2J\n\xff") };
	struct diag d = { 0 };
	struct stat st;
	struct seen s;

	CHECK(requests_append(dir_fd, &r, &d) == ERR_OK &&
		requests_append(dir_fd, &r, &d) == ERR_OK,
	    "two records are written %s", d.text);
	s = read_file(dir_fd);
	CHECK(s.records == 2 && s.bad == 0 && s.cut == 0 &&
		strncmp(s.detail, "\x1b[2J\n", 5) == 0,
	    "T98 whatever is in them, each is one line");
	CHECK(fstatat(dir_fd, REQUESTS_FILE, &st, 0) == 0 &&
		(st.st_mode & 07777) == 0600,
	    "and root's alone");
	put(dir_fd, GOOD "{\"time\":1700");
	CHECK(requests_append(dir_fd, &r, &d) == ERR_OK, "%s", d.text);
	s = read_file(dir_fd);
	CHECK(s.records == 2 && s.bad == 1 && s.last_bad == 2,
	    "behind a line that a crash cut, none is lost");
	if (unlinkat(dir_fd, REQUESTS_FILE, 0) != 0 ||
	    symlinkat("elsewhere", dir_fd, REQUESTS_FILE) != 0)
		t_bail("link");
	CHECK(requests_append(dir_fd, &r, &d) == ERR_IO &&
		faccessat(dir_fd, "elsewhere", F_OK, 0) != 0,
	    "T60 a link is not followed (%s)", d.text);
	(void)unlinkat(dir_fd, REQUESTS_FILE, 0);
}

int
main(void)
{
	char dir[] = "/tmp/shieldwall.audit.XXXXXX";
	int fd;

	if (mkdtemp(dir) == NULL ||
	    (fd = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		t_bail("%s", strerror(errno));
	test_good();
	test_bad();
	test_cut();
	test_append(fd);
	(void)close(fd);
	(void)rmdir(dir);
	return t_done();
}
