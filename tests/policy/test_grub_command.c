/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_command.h"

#include "t.h"

static bool
none(void *ctx, struct bytes name, struct bytes *ret)
{
	(void)ctx;
	(void)name;
	(void)ret;
	return false;
}

/* Values by their names. */
static bool
known(void *ctx, struct bytes name, struct bytes *ret)
{
	static const char *const pairs[][2] = { { "x", "1" }, { "empty", "" },
		{ "two", "a b" }, { "?", "0" } };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (bytes_equal_text(name, pairs[i][0])) {
			*ret = bytes_of_text(pairs[i][1]);
			return true;
		}
	return false;
}

static bool
reads(const char *text)
{
	struct reader r = reader_of(bytes_of_text(text));
	struct grub_command c;

	return grub_command_read(&r, &c, NULL) == ERR_OK;
}

static const struct grub_words *
expand(const char *text)
{
	static uint8_t bytes[1024];
	static struct grub_words w;
	struct grub_memory m = { bytes, sizeof(bytes), 0 };
	struct reader r = reader_of(bytes_of_text(text));
	struct grub_command c;
	struct bytes missing;

	if (grub_command_read(&r, &c, NULL) < 0 ||
	    grub_command_expand(&c, known, NULL, &m, &w, &missing) < 0)
		return NULL;
	return &w;
}

static bool
comes_to(const char *text, const char *want)
{
	const struct grub_words *w = expand(text);

	return w != NULL && bytes_equal_text(w->text, want);
}

static unsigned
ways(const char *text, const char *made, struct grub_values *ret)
{
	struct reader r = reader_of(bytes_of_text(text));
	struct grub_command c;

	if (grub_command_read(&r, &c, NULL) < 0)
		t_bail("%s", text);
	return grub_command_match(&c, none, NULL, bytes_of_text(made), ret);
}

static int
holds(const char *text)
{
	struct reader r = reader_of(bytes_of_text(text));
	const struct grub_words *w = expand(text);
	struct grub_command c;

	if (w == NULL || grub_command_read(&r, &c, NULL) < 0)
		return -2;
	return grub_words_hold(w, grub_command_words(&c));
}

static void
test_words(void)
{
	char many[3 * GRUB_PARTS_MAX + 8] = "x";

	CHECK(comes_to("a  'b  c'\t\"d$x\"e ${x}f # g", "a b  c d1e 1f"),
	    "quotes are taken off, words have one space between them");
	CHECK(comes_to("a '' $empty \"$empty\" b", "a   b"),
	    "an empty word is one in quotes only");
	CHECK(comes_to("a '$x' \"\\$x\\\"\\n\" \\$x", "a $x $x\"\\n $x"),
	    "what is quoted is no variable");
	CHECK(comes_to("m \"t\" { a '}' # }\n\tb ${x} { c }\n} ",
		  "m t { a '}' # }\n\tb ${x} { c }\n}"),
	    "a block is one word as it stands");
	CHECK(expand("a $two") == NULL && comes_to("a \"$two\"", "a a b") &&
		expand("a $other") == NULL && comes_to("a $?", "a 0"),
	    "a value that is several words, or not known, is none");
	CHECK(!reads("") && !reads("{ a }") && !reads("a { b } c") &&
		!reads("a | b") && !reads("a *") && !reads("a{ b }") &&
		!reads("a `b`") && !reads("a & b") && !reads("a > b"),
	    "more than one simple command is refused");
	CHECK(!reads("a 'b") && !reads("a \"b") && !reads("a ${b") &&
		!reads("a $") && !reads("a ${}") && !reads("a {") &&
		!reads("a { '}") && !reads("a { ${}") && !reads("a \\"),
	    "T33 so is what is not closed, or no name");
	for (size_t i = 0; i < GRUB_PARTS_MAX; i++)
		memcpy(many + 3 * i, "$x ", 4);
	CHECK(reads(many), "as many parts as the limit");
	memcpy(many + 3 * GRUB_PARTS_MAX, "$x", 3);
	CHECK(!reads(many), "and one more");
}

static void
test_match(void)
{
	struct grub_values v = { 0 };

	CHECK(ways("linux ($root)/a q", "linux (hd0)/a q", &v) == 1 &&
		v.n == 1 && bytes_equal_text(v.values[0], "hd0"),
	    "a value is found in the text");
	CHECK(ways("a $x $x", "a 1 1", &v) == 1 &&
		ways("a $x $x", "a 1 2", &v) == 0,
	    "one variable has one value");
	CHECK(ways("a $x.$y", "a 1.2.3", &v) == 2 &&
		ways("a $x$y", "a 12", &v) == 2,
	    "values that could be others are told");
	CHECK(ways("a $x b", "a b", &v) == 1 && v.values[0].len == 0 &&
		ways("a \"$x\" b", "a  b", &v) == 1 &&
		ways("a \"$x\" b", "a b", &v) == 0,
	    "an empty one is a word only in quotes");
	CHECK(ways("a $x", "a 1 2", &v) == 0 &&
		ways("a \"$x\"", "a 1 2", &v) == 1,
	    "and has a space only in quotes");
	CHECK(ways("\"$a.$b.$c.$d.$e.$f.$g.$h!\"",
		  "..................................................",
		  &v) == 0,
	    "T34 a search that would take long ends");
}

int
main(void)
{
	test_words();
	test_match();
	CHECK(holds("[ $x = 1 ]") == 1 && holds("[ $x = 2 ]") == 0 &&
		holds("[ $x != 2 ]") == 1 && holds("[ \"$empty\" ]") == 0 &&
		holds("[ -n \"$x\" ]") == 1 && holds("[ -z \"$x\" ]") == 0 &&
		holds("[ ! -z \"$x\" ]") == 1 && holds("test $x = 1") == 1 &&
		holds("true") == 1 && holds("false") == 0,
	    "conditions on strings");
	CHECK(holds("[ -f a ]") == -1 && holds("[ a -o b ]") == -1 &&
		holds("[ $empty = 1 ]") == -1 &&
		holds("[ a = \"b\" -a c ]") == -1 &&
		holds("loadfont a") == -1 && holds("[ ]") == -1,
	    "others are not known");
	return t_done();
}
