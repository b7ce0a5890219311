/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ci.h"

#include "ci_made.h"
#include "example.h"
#include "policy/ci_impl.h"

static struct buf good = BUF_INIT(CI_MAX);

static bool
opens(const uint8_t *p, size_t n, void *arg)
{
	struct ci_policy policy;

	(void)arg;
	return ci_open(bytes_of(p, n), &policy, NULL) == ERR_OK;
}

/* Reads all rows of a policy that was not checked, and one behind the last. */
static bool
walks(const uint8_t *p, size_t n, void *arg)
{
	struct ci_policy policy;
	struct ci_digest digest;
	struct ci_signer signer;
	struct ci_event event;
	struct ci_path path;
	struct ci_rule rule;

	(void)arg;
	if (ci_view(bytes_of(p, n), &policy, NULL) < 0)
		return false;
	for (size_t i = 0; i <= policy.signers.n; i++)
		(void)!ci_signer_at(&policy, i, &signer);
	for (size_t alg = 0; alg < CI_ALGS; alg++)
		for (size_t i = 0; i <= policy.digests[alg].n; i++)
			(void)!ci_digest_at(&policy.digests[alg], i, &digest);
	for (size_t i = 0; i <= policy.paths.n; i++)
		(void)!ci_path_at(&policy, i, &path);
	for (size_t i = 0; i <= policy.rules.n; i++)
		(void)!ci_rule_at(&policy, i, &rule);
	for (size_t i = 0; i <= policy.events.n; i++)
		(void)!ci_event_at(&policy, i, &event);
	return false;
}

static void
check_example(void)
{
	size_t len;
	char *text = (char *)t_load("../doc/FORMAT.ci-policy", &len);
	static const char begin[] = "-----BEGIN TEXT-----\n";
	static const char end[] = "-----END TEXT-----";
	struct buf doc = BUF_INIT(CI_MAX), plain = BUF_INIT(CI_TEXT_MAX);
	struct buf made = BUF_INIT(CI_MAX);
	struct bytes rest = bytes_of(text, len), line;
	bool inside = false;
	struct diag d = { 0 };

	/* The lines stand four blanks to the right. */
	while (text_next_line(&rest, &line)) {
		if (bytes_equal_text(line, end))
			break;
		if (inside && line.len > 4)
			(void)buf_put(&plain,
			    bytes_of(line.p + 4, line.len - 4));
		if (inside)
			(void)buf_put_u8(&plain, '\n');
		if (line.len == sizeof(begin) - 2 &&
		    bytes_equal(line, bytes_of(begin, sizeof(begin) - 2)))
			inside = true;
	}
	CHECK(t_ci_compile(buf_bytes(&plain), &made, &d) == ERR_OK,
	    "the document's text compiles: %s", d.text);
	if (getenv("PRINT_EXAMPLE") != NULL) {
		for (size_t i = 0; i < made.len; i++)
			printf("%s%02x", i % 32 == 0 ? "\n    " : "",
			    made.p[i]);
		printf("\n");
	}
	t_example("FORMAT.ci-policy", &doc);
	CHECK(bytes_equal(buf_bytes(&doc), buf_bytes(&made)),
	    "... to the document's bytes");
	(void)buf_put(&good, buf_bytes(&doc));
	buf_free(&doc);
	buf_free(&plain);
	buf_free(&made);
	free(text);
}

static void
check_bytes(void)
{
	struct ci_policy p;
	uint8_t one[32], two[32];
	struct diag d = { 0 };

	CHECK(ci_open(buf_bytes(&good), &p, &d) == ERR_OK &&
		p.mode == CI_ENFORCED && bytes_equal_text(p.name, "kvm-hosts"),
	    "the example opens");
	CHECK(t_truncations(good.p, good.len, opens, NULL) == 0,
	    "every truncated policy is refused");
	CHECK(!t_trailing(good.p, good.len, opens, NULL),
	    "a byte behind a policy is refused");
	CHECK(t_bitflips(good.p, good.len, walks, NULL) == 0,
	    "the rows of a policy that was not checked lie in bounds");
	ci_id(buf_bytes(&good), one);
	good.p[good.len - 1] ^= 1;
	ci_id(buf_bytes(&good), two);
	good.p[good.len - 1] ^= 1;
	CHECK(!bytes_equal(BYTES_OF_ARRAY(one), BYTES_OF_ARRAY(two)),
	    "its id is that of all its bytes");
	good.p[4] = 2;
	CHECK(ci_open(buf_bytes(&good), &p, NULL) == ERR_UNSUPPORTED,
	    "another version is refused");
	good.p[4] = 1;
}

/* Where a table's first row lies in the compiled bytes. */
static size_t
offset_of(const struct ci_table *t)
{
	return (size_t)(t->rows.p - good.p);
}

#define REFUSED(what, change)                                         \
	do {                                                          \
		uint8_t *b = malloc(good.len);                        \
		struct ci_policy bad;                                 \
		memcpy(b, good.p, good.len);                          \
		change;                                               \
		CHECK(ci_open(bytes_of(b, good.len), &bad, NULL) < 0, \
		    "refused: %s", what);                             \
		free(b);                                              \
	} while (0)

static void
swap_rows(uint8_t *b, const struct ci_table *t)
{
	uint8_t row[128];
	size_t at = offset_of(t);

	memcpy(row, b + at, t->row);
	memcpy(b + at, b + at + t->row, t->row);
	memcpy(b + at + t->row, row, t->row);
}

static void
check_order(void)
{
	struct ci_policy p;

	if (ci_open(buf_bytes(&good), &p, NULL) < 0)
		t_bail("the example does not open");
	REFUSED("digests out of order", swap_rows(b, &p.digests[0]));
	REFUSED("a digest twice",
	    memcpy(b + offset_of(&p.digests[0]) + 36,
		b + offset_of(&p.digests[0]), 36));
	REFUSED("a digest of zeros",
	    memset(b + offset_of(&p.digests[0]), 0, 32));
	REFUSED("a digest at a path that is not there",
	    memset(b + offset_of(&p.digests[0]) + 32, 0x7f, 4));
	REFUSED("paths out of order", swap_rows(b, &p.paths));
	REFUSED("a path that no digest has", b[offset_of(&p.paths) + 7] ^= 1);
	REFUSED("a path elsewhere in the texts",
	    b[offset_of(&p.paths) + 3] ^= 1);
	REFUSED("a path whose first digest is another",
	    memcpy(b + offset_of(&p.digests[0]) + 36 + 32,
		b + offset_of(&p.digests[0]) + 72 + 32, 4));
	REFUSED("rules out of order", swap_rows(b, &p.rules));
	REFUSED("a rule of another kind", b[offset_of(&p.rules)] = 3);
	REFUSED("events out of order", swap_rows(b, &p.events));
	REFUSED("an event of an unknown algorithm",
	    b[offset_of(&p.events) + 4] = CI_ALGS);
	REFUSED("an event that is not padded with zeros",
	    b[offset_of(&p.events) + 5] = 1);
	REFUSED("a signer that is half allowed",
	    b[offset_of(&p.signers) + 12] = 2);
	REFUSED("another mode", b[5] = 3);
	REFUSED("no name", memset(b + 6, 0, 64));
	REFUSED("a name with a tail", b[7 + 62] = 'x');
	REFUSED("T45 a path with ..",
	    memcpy(memmem(b, good.len, "/opt/a b/run", 12), "/opt/../run/",
		12));
}

int
main(void)
{
	check_example();
	check_bytes();
	check_order();
	buf_free(&good);
	return t_done();
}
