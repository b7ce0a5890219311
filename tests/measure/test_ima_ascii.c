/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "ima_list.h"

/* "sha256:", NUL and 32 bytes 0x11 as text */
#define D         \
	"sha256:" \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define ONE "10 1111111111111111111111111111111111111111 "

static struct list_result
read_text(const char *text)
{
	return list_walk(IMA_ASCII, HASH_SHA1, bytes_of_text(text));
}

/* A line whose digest is right: whole lines with their own template. */
static struct list_result
read_line(const char *template, const struct list_buf *data, const char *fields)
{
	uint8_t digest[HASH_SIZE_MAX];
	char line[4096], hex[41];

	hash_bytes(HASH_SHA1, bytes_of(data->p, data->len), digest);
	hex_format(bytes_of(digest, 20), hex);
	(void)snprintf(line, sizeof(line), "10 %s %s %s\n", hex, template,
	    fields);
	return read_text(line);
}

static void
test_templates(void)
{
	struct list_buf data = { 0 };
	struct list_result r;

	list_put_digest(&data, "sha256:", 32);
	list_put_field(&data, "/bin/sh", 8);
	r = read_line("ima-ng", &data, D " /bin/sh");
	CHECK(r.err == ERR_NOT_FOUND && r.n == 1 && r.n_mismatches == 0,
	    "AST: ima-ng as text: %s", r.d.text);
	list_put_field(&data, "", 0);
	r = read_line("ima-sig", &data, D " /bin/sh ");
	CHECK(r.err == ERR_NOT_FOUND && r.n_mismatches == 0 && r.n == 1,
	    "AST: ima-sig without a signature: %s", r.d.text);
	r = read_line("ima-sig", &data, D " /bin/sh");
	CHECK(r.err == ERR_NOT_FOUND && r.n_mismatches == 0 && r.n == 1,
	    "AST: and without the space at its end: %s", r.d.text);
	list_put_field(&data, "", 0);
	LIST_PUT_TEXT(&data, "p7");
	r = read_line("ima-modsig", &data, D " /bin/sh   7037");
	CHECK(r.err == ERR_NOT_FOUND && r.n_mismatches == 0 && r.n == 1 &&
		bytes_equal_text(r.last.modsig, "p7"),
	    "AST: ima-modsig with two empty fields: %s", r.d.text);

	data.len = 0;
	list_put_digest(&data, "sha256:", 32);
	list_put_field(&data, "/bin/sh", 8);
	LIST_PUT_TEXT(&data, "ab");
	list_put_field(&data, "a|b", 4);
	list_put_field(&data, "\1\0\0\0\0\0\0\0", 8);
	LIST_PUT_TEXT(&data, "z");
	list_put_field(&data, "\x10\x27\0\0", 4);
	list_put_field(&data, "\xff\xff\xff\xff", 4);
	list_put_field(&data, "\xed\x81", 2);
	r = read_line("evm-sig", &data,
	    D " /bin/sh 6162 a|b 0100000000000000 7a 10000 4294967295 33261");
	CHECK(r.err == ERR_NOT_FOUND && r.n_mismatches == 0 && r.n == 1 &&
		r.last.uid == 10000 && r.last.gid == 0xffffffff &&
		r.last.mode == 0100755,
	    "AST: evm-sig with owner and mode as numbers: %s", r.d.text);

	data.len = 0;
	for (unsigned i = 0; i < 20; i++)
		list_put(&data, "\x11", 1);
	list_put(&data, "/init", 5);
	for (unsigned i = 5; i < 256; i++)
		list_put(&data, "", 1);
	r = read_line("ima", &data,
	    "1111111111111111111111111111111111111111 /init");
	CHECK(r.err == ERR_NOT_FOUND && r.n_mismatches == 0 && r.n == 1 &&
		bytes_equal_text(r.last.name, "/init"),
	    "AST: ima as text: %s", r.d.text);
}

static void
test_form(void)
{
	static const struct {
		const char *what, *text;
		int err;
	} rows[] = {
		{ "template hash that is short", "10 1111 ima-ng " D " /x\n",
		    ERR_FORMAT },
		{ "template hash that is not hex",
		    "10 111111111111111111111111111111111111111g ima-ng " D
		    " /x\n",
		    ERR_FORMAT },
		{ "PCR that does not exist",
		    "24 1111111111111111111111111111111111111111 ima-ng " D
		    " /x\n",
		    ERR_FORMAT },
		{ "free text", "this is text not an ima entry\n", ERR_FORMAT },
		{ "empty line", "\n", ERR_FORMAT },
		{ "line of spaces", "     \n", ERR_FORMAT },
		{ "no fields", ONE "ima-ng\n", ERR_FORMAT },
		{ "no name", ONE "ima-ng " D "\n", ERR_FORMAT },
		{ "a field more", ONE "ima-ng " D " /x y\n", ERR_FORMAT },
		{ "a space more", ONE "ima-ng " D " /x \n", ERR_FORMAT },
		{ "two spaces", ONE "ima-ng  " D " /x\n", ERR_FORMAT },
		{ "bad mode", ONE "not-ima " D " /x\n", ERR_UNSUPPORTED },
		{ "bad digest: no algorithm",
		    ONE "ima-ng "
			"1111111111111111111111111111111111111111 /x\n",
		    ERR_FORMAT },
		{ "bad digest: too short", ONE "ima-ng sha256:1111 /x\n",
		    ERR_FORMAT },
		{ "bad digest: odd", ONE "ima-ng sha1:111 /x\n", ERR_FORMAT },
		{ "bad digest: unknown algorithm",
		    ONE "ima-ng sha0:1111111111111111111111111111111111111111 "
			"/x\n",
		    ERR_FORMAT },
		{ "signature that is not hex", ONE "ima-sig " D " /x 03020g\n",
		    ERR_FORMAT },
		{ "owner that is no number", ONE "iuid -1\n", ERR_FORMAT },
		{ "mode over 16 bits", ONE "imode 65536\n", ERR_FORMAT },
		{ "ima: name of 256 bytes", NULL, ERR_FORMAT },
		{ "ima: a field more",
		    ONE "ima 1111111111111111111111111111111111111111 /x y\n",
		    ERR_FORMAT },
	};
	char longest[512];

	(void)snprintf(longest, sizeof(longest),
	    ONE "ima 1111111111111111111111111111111111111111 %0256d\n", 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct list_result r =
		    read_text(rows[i].text != NULL ? rows[i].text : longest);

		CHECK(r.err == rows[i].err && r.n == 0,
		    "T45: AST: %s: refused: %s", rows[i].what, r.d.text);
	}
}

static void
test_lines(void)
{
	const char *text = ONE "ima-ng " D " /x\n" ONE "ima-ng " D " /y\n";
	size_t one = strlen(text) / 2, n_bad = 0;
	struct list_result r;
	uint8_t *line;

	for (size_t n = 0; n < 2 * one; n++) {
		r = list_walk(IMA_ASCII, HASH_SHA1, bytes_of(text, n));
		if (r.err != (n % one == 0 ? ERR_NOT_FOUND : ERR_SHORT) ||
		    r.off != (n < one ? 0 : one) || r.n != (n < one ? 0 : 1))
			n_bad++;
	}
	CHECK(n_bad == 0,
	    "T42: truncated list: a line without its end is none");
	r = read_text(
	    " 8 1111111111111111111111111111111111111111 ima-ng " D " /x\n");
	CHECK(r.err == ERR_NOT_FOUND && r.last.pcr == 8 && r.n_mismatches == 1,
	    "T43: PCR 8, and a template hash that is not of the data");
	r = read_text("10 0000000000000000000000000000000000000000 ima-ng "
		      "sha1:0000000000000000000000000000000000000000 /x\n");
	CHECK(r.err == ERR_NOT_FOUND && r.n_violations == 1,
	    "T43: zero template hash: a violation");
	if ((line = malloc(IMA_LINE_MAX + 2)) == NULL)
		t_bail("out of memory");
	memset(line, 'x', IMA_LINE_MAX + 2);
	r = list_walk(IMA_ASCII, HASH_SHA1, bytes_of(line, IMA_LINE_MAX));
	CHECK(r.err == ERR_SHORT, "more of a long line is waited for");
	r = list_walk(IMA_ASCII, HASH_SHA1, bytes_of(line, IMA_LINE_MAX + 1));
	CHECK(r.err == ERR_LIMIT, "T49: a line without end: refused: %s",
	    r.d.text);
	memset(line, '0', IMA_LINE_MAX);
	memcpy(line, ONE "buf ", strlen(ONE "buf "));
	line[strlen(ONE "buf ") + 2 * (IMA_TEMPLATE_DATA_MAX - 4)] = '\n';
	r = list_walk(IMA_ASCII, HASH_SHA1,
	    bytes_of(line,
		strlen(ONE "buf ") + 2 * (IMA_TEMPLATE_DATA_MAX - 4) + 1));
	CHECK(r.err == ERR_NOT_FOUND && r.n == 1,
	    "data of 1 MiB are put together: %s", r.d.text);
	line[strlen(ONE "buf ") + 2 * (IMA_TEMPLATE_DATA_MAX - 4)] = '0';
	line[strlen(ONE "buf ") + 2 * (IMA_TEMPLATE_DATA_MAX - 3)] = '\n';
	r = list_walk(IMA_ASCII, HASH_SHA1,
	    bytes_of(line,
		strlen(ONE "buf ") + 2 * (IMA_TEMPLATE_DATA_MAX - 3) + 1));
	CHECK(r.err == ERR_LIMIT, "T49: a byte more: refused: %s", r.d.text);
	free(line);
}

int
main(void)
{
	test_templates();
	test_form();
	test_lines();
	return t_done();
}
