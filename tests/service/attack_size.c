/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that sends as much as it can: what is over the limit is refused before
 * it is read, what is within it is read within the clock and in bounded memory,
 * and the next host is answered. On a live service; see run.sh.
 */
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "ima.h"

#define POLICY                                                              \
	"shieldwall-ci 1\nname ours\nmode enforced\n"                       \
	"allow hash "                                                       \
	"sha256:"                                                           \
	"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb " \
	"/usr/bin/a\n"
#define OVER      "104857600" /* 100 MB */
#define ANSWER_MS 20000
/* For parts beside the list, and the bundle's own. */
#define BESIDE ((size_t)256 << 10)

static struct ima_list list, list_of_two;

/* --- over the limit -------------------------------------------------------- */

static int
connection(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	struct http_url u;
	struct diag d = { 0 };
	int fd;

	need(http_url_parse(bytes_of_text(g.url), &u, &d), &d, "URL");
	if (getaddrinfo(u.host, u.port, &hints, &found) != 0)
		t_bail("%s: no address", u.host);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0)
		t_bail("cannot connect");
	freeaddrinfo(found);
	return fd;
}

/* Up to where the service ends the connection. */
static bool
read_answer(int fd, char *ret, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;
	ssize_t got = -1;

	while (n < size - 1 && poll(&p, 1, ANSWER_MS) == 1 &&
	    (got = read(fd, ret + n, size - 1 - n)) > 0)
		n += (size_t)got;
	ret[n] = '\0';
	return got == 0;
}

static void
test_over(void)
{
	static const char head[] = "POST /Attestation/v1/attest HTTP/1.1\r\n"
				   "Host: hgs.test\r\n"
				   "Content-Type: " EVIDENCE_MEDIA_TYPE "\r\n"
				   "Content-Length: " OVER "\r\n\r\n";
	char answer[2048];
	int fd = connection();
	bool ended;

	/* Not one byte of the body is sent. */
	if (write(fd, head, sizeof(head) - 1) != (ssize_t)sizeof(head) - 1)
		t_bail("cannot write");
	ended = read_answer(fd, answer, sizeof(answer));
	CHECK(ended && strncmp(answer, "HTTP/1.1 413 ", 13) == 0,
	    "T49 a body of 100 MB is refused before it is read: %.12s", answer);
	(void)close(fd);
}

/* --- within it ------------------------------------------------------------- */

/* The shortest entries that there are: most work for a byte. */
static size_t
put_many(struct buf *to)
{
	struct buf data = BUF_INIT(64), entry = BUF_INIT(128);
	size_t n = 0;

	ima_put_field(&data, bytes_of("md5:\0-a-short-digest-", 5 + 16));
	ima_put_field(&data, bytes_of("x", 2));
	ima_put_entry(&entry, "ima-ng", buf_bytes(&data), false);
	for (; to->len + entry.len <= EVIDENCE_MAX - BESIDE; n++)
		if (!buf_put(to, buf_bytes(&entry)))
			t_bail("out of memory");
	buf_free(&data);
	buf_free(&entry);
	return n;
}

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
test_many(void)
{
	auto_attempt a = { 0 };
	struct buf many = BUF_INIT(EVIDENCE_MAX);
	double start;
	size_t n;

	begin(one, &a);
	(void)buf_put(&many, buf_bytes(&list.b));
	n = put_many(&many);
	buf_free(&a.s.ima);
	buf_move(&many, &a.s.ima);
	shown_sign(one, &a.c, &a.s);
	hgs_mark(&g);
	start = seconds();
	hgs_attest(&g, one, &a.s);
	printf("# %zu entries, %zu bytes, %.1f s\n", n, a.s.ima.len,
	    seconds() - start);
	JUDGED(&g, REASON_ImaLogVerification,
	    "T49 %zu entries more than were quoted are read within the clock: "
	    "ImaLogVerification",
	    n);
}

static void
test_next(void)
{
	auto_attempt a = { 0 }, b = { 0 };

	ima_attest(two, &list_of_two, &a);
	CHECK(passed() && audited(&g, "attest", "Passed"),
	    "T49 ... and the service answers the next host: Passed");
	ima_attest(one, &list, &b);
	CHECK(passed() && audited(&g, "attest", "Passed"),
	    "... and that one, with its own list: Passed");
}

int
main(void)
{
	static uint8_t ima_policy[32];
	struct party signer;
	char said[1024];

	ima_policy_shipped(ima_policy);
	t_party(&signer, "ci", T_P256, T_P256);
	hgs_open(&g, env("HGS_URL"), env("HGS_ROOT"));
	one = ima_host("kvm1", ima_policy);
	two = ima_host("kvm2", ima_policy);
	hgs_enrol(&g, one, true);
	hgs_enrol(&g, two, false);
	must(hgsctl(&g, said, sizeof(said), "policy enable CiPolicy"), said);
	ima_policy_add(&signer, "ours", POLICY);
	ima_boot(one, &list);
	ima_run(one, &list, "/usr/bin/a", "a");
	ima_boot(two, &list_of_two);
	ima_run(two, &list_of_two, "/usr/bin/a", "a");
	test_over();
	test_many();
	test_next();
	attempt_end();
	t_party_free(&signer);
	buf_free(&list.b);
	buf_free(&list_of_two.b);
	return t_done();
}
