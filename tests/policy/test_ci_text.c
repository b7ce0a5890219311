/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ci_text.h"

#include "ci_made.h"
#include "example.h"

#define ONES                                                                    \
	"sha256:11111111111111111111111111111111111111111111111111111111111111" \
	"11"
#define TWOS                                                                    \
	"sha256:22222222222222222222222222222222222222222222222222222222222222" \
	"22"
#define KEY                                                                  \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEInxy+uZkfCLFsYroXRWmLQqEgU0VDX" \
	"8+y3RQ+5si0LfLLHPdgKhHIdlLdh4ipYaDHUMrPEGyQlFuQQPHUdzK8A=="

static bool
taken(const char *text, struct diag *d)
{
	struct buf b = BUF_INIT(CI_MAX);
	bool good = t_ci_compile(bytes_of_text(text), &b, d) == ERR_OK;

	buf_free(&b);
	return good;
}

static void
check_good(void)
{
	static const char *const good[] = {
		CI_HEAD,
		"# first\n\n" CI_HEAD "# last",
		"shieldwall-ci 1\nmode audit\nname a\n",
		CI_HEAD "  allow\thash " ONES "   /a/b  # why\n",
		CI_HEAD "allow hash " ONES "\nallow hash " ONES "\n",
		CI_HEAD "allow hash " ONES " /a\nallow hash " ONES " /b\n"
			"allow hash " TWOS " /a\nallow hash " ONES "\n",
		CI_HEAD "allow hash " ONES " /usr/bin/[\n",
		CI_HEAD "allow path /a reason\nallow violation /a reason\n",
		CI_HEAD "allow path /* reason\n",
		CI_HEAD "allow event .ima\nallow event .ima " ONES "\n",
		CI_HEAD "signer s keyid:00000001 " KEY "\n",
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct diag d = { 0 };

		if (taken(good[i], &d))
			n++;
		else
			printf("# %zu refused: %s\n", i, d.text);
	}
	CHECK(n == ARRAY_LEN(good), "%zu texts are taken", n);
}

static void
check_bad(void)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "", "needed" },
		{ "name a\nmode audit\n", "first line" },
		{ "shieldwall-ci 2\n", "first line" },
		{ "shieldwall-ci 1\nname a\n", "needed" },
		{ "shieldwall-ci 1\nmode audit\n", "needed" },
		{ "shieldwall-ci 1\nmode Audit\nname a\n", "line 2" },
		{ CI_HEAD "mode audit\n", "line 4: a second mode" },
		{ CI_HEAD "name b\n", "line 4: a second name" },
		{ CI_HEAD "name a b\n", "line 4" },
		{ CI_HEAD "Allow hash " ONES "\n", "line 4: an unknown word" },
		{ CI_HEAD "deny hash " ONES "\n", "line 4: an unknown word" },
		{ CI_HEAD "allow file /a\n", "line 4" },
		{ CI_HEAD "allow\n", "line 4" },
		{ CI_HEAD "allow hash " ONES "\r\n", "line 4" },
		{ CI_HEAD "allow hash " ONES "11\n", "line 4" },
		{ CI_HEAD "allow hash sha256:\n", "line 4" },
		{ CI_HEAD "allow hash sha1:"
			  "1111111111111111111111111111111111111111\n",
		    "line 4: a digest is" },
		{ CI_HEAD "allow hash md5:11111111111111111111111111111111\n",
		    "line 4: a digest is" },
		{ CI_HEAD "allow hash sha256:0000000000000000000000000000000000"
			  "000000000000000000000000000000\n",
		    "line 4" },
		{ CI_HEAD "allow hash " ONES " /a /b\n", "line 4: more" },
		{ CI_HEAD "allow hash " ONES " a\n", "line 4: a path" },
		{ CI_HEAD "allow hash " ONES " /a/*\n", "line 4: a '*'" },
		{ CI_HEAD "allow hash " ONES " /a/\n", "line 4: a path" },
		{ CI_HEAD "allow path /a\n", "line 4: a reason" },
		{ CI_HEAD "allow path /a # no reason\n", "line 4: a reason" },
		{ CI_HEAD "allow path a/b r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a/../b r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a/./b r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a//b r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a/.. r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a/..\\x2f* r\n", "line 4: a '*'" },
		{ CI_HEAD "allow path /../* r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a\\x00b r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a\\x0ab r\n", "line 4: a path" },
		{ CI_HEAD "allow path /a\\b r\n", "line 4: a \\" },
		{ CI_HEAD "allow path /a\\x2 r\n", "line 4: a \\" },
		{ CI_HEAD "allow path /a*/b r\n", "line 4: a '*'" },
		{ CI_HEAD "allow path /a* r\n", "line 4: a '*'" },
		{ CI_HEAD "allow path /*/* r\n", "line 4: a '*'" },
		{ CI_HEAD "allow path /**\n", "line 4: a '*'" },
		{ CI_HEAD "allow path /a r\nallow path /a s\n", "two rules" },
		{ CI_HEAD "allow event a/b\n", "line 4: an event" },
		{ CI_HEAD "allow event\n", "line 4: an event" },
		{ CI_HEAD "allow event a b\n", "line 4: a digest" },
		{ CI_HEAD "signer s " KEY "\n", "keyid" },
		{ CI_HEAD "signer s keyid:01 " KEY "\n", "line 4: keyid" },
		{ CI_HEAD "signer s keyid:00000001 AAAA\n", "line 4" },
		{ CI_HEAD "signer s keyid:00000001 ===\n", "line 4: a signer" },
		{ CI_HEAD "signer ../s keyid:00000001 " KEY "\n", "line 4" },
		{ CI_HEAD "signer s keyid:00000001 " KEY
			  "\nsigner s keyid:00000001 " KEY "\n",
		    "two signers" },
		{ CI_HEAD "allow signer s\n", "line 4: no signer" },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct diag d = { 0 };

		if (!taken(bad[i].text, &d) &&
		    strstr(d.text, bad[i].why) != NULL)
			n++;
		else
			printf("# %zu (%s): %s\n", i, bad[i].why, d.text);
	}
	CHECK(n == ARRAY_LEN(bad),
	    "T45 %zu texts that are none are refused, with their line", n);
}

/* Text, bytes, text, bytes: the same. */
static void
check_back(void)
{
	struct buf a = BUF_INIT(CI_MAX), b = BUF_INIT(CI_MAX);
	struct buf text = BUF_INIT(CI_TEXT_MAX), again = BUF_INIT(CI_TEXT_MAX);
	struct ci_policy p;

	t_example("FORMAT.ci-policy", &a);
	CHECK(ci_open(buf_bytes(&a), &p, NULL) == ERR_OK &&
		ci_text_write(&p, &text, NULL) == ERR_OK &&
		t_ci_compile(buf_bytes(&text), &b, NULL) == ERR_OK &&
		bytes_equal(buf_bytes(&a), buf_bytes(&b)),
	    "a compiled policy is the same after its text");
	CHECK(ci_open(buf_bytes(&b), &p, NULL) == ERR_OK &&
		ci_text_write(&p, &again, NULL) == ERR_OK &&
		bytes_equal(buf_bytes(&text), buf_bytes(&again)),
	    "... and so is its text");
	buf_free(&a);
	buf_free(&b);
	buf_free(&text);
	buf_free(&again);
}

static void
check_paths(void)
{
	static const char path[] = "/a b/\\#*\xff\t/c";
	struct buf text = BUF_INIT(8192), b = BUF_INIT(CI_MAX);
	struct ci_policy p;
	struct ci_path row;

	(void)buf_put_text(&text, CI_HEAD "allow hash " ONES " ");
	(void)ci_text_put_path(&text, bytes_of_text(path));
	(void)buf_put_u8(&text, '\n');
	CHECK(t_ci_compile(buf_bytes(&text), &b, NULL) == ERR_OK &&
		ci_open(buf_bytes(&b), &p, NULL) == ERR_OK &&
		ci_path_at(&p, 0, &row) && bytes_equal_text(row.path, path),
	    "a path with any byte is the same after the text");
	buf_free(&text);
	buf_free(&b);
}

static void
check_limits(void)
{
	struct buf text = BUF_INIT(CI_TEXT_MAX), b = BUF_INIT(CI_MAX);
	struct diag d = { 0 };

	(void)buf_put_text(&text, CI_HEAD);
	for (unsigned i = 1; i <= CI_ROWS_MAX; i++)
		(void)buf_printf(&text, "allow hash sha256:%064x\n", i);
	CHECK(t_ci_compile(buf_bytes(&text), &b, &d) == ERR_OK,
	    "%d digests are taken (%zu bytes) %s", CI_ROWS_MAX, b.len, d.text);
	(void)buf_printf(&text, "allow hash sha256:%064x\n", CI_ROWS_MAX + 1);
	CHECK(t_ci_compile(buf_bytes(&text), &b, &d) < 0,
	    "one more is refused: %s", d.text);
	buf_free(&text);
	text = (struct buf)BUF_INIT(CI_TEXT_MAX);
	(void)buf_put_text(&text, CI_HEAD "allow path /");
	for (unsigned i = 0; i < CI_PATH_MAX; i++)
		(void)buf_put_u8(&text, 'a');
	(void)buf_put_text(&text, " r\n");
	CHECK(t_ci_compile(buf_bytes(&text), &b, &d) < 0,
	    "T45 a path of %d bytes is refused: %s", CI_PATH_MAX + 1, d.text);
	buf_reset(&text);
	(void)buf_put_text(&text, CI_HEAD "#");
	for (size_t i = 0; i < CI_LINE_MAX; i++)
		(void)buf_put_u8(&text, 'a');
	CHECK(t_ci_compile(buf_bytes(&text), &b, &d) < 0,
	    "a line that is too long is refused: %s", d.text);
	buf_free(&text);
	buf_free(&b);
}

int
main(void)
{
	check_good();
	check_bad();
	check_back();
	check_paths();
	check_limits();
	return t_done();
}
