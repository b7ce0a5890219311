/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_line.h"

#include "t.h"

static bool
parses(const char *line)
{
	struct grub_line l;

	return grub_line_parse(bytes_of_text(line), &l, NULL) == ERR_OK;
}

/* `new` with the values that make `old` of `text`; "" when there are none. */
static const char *
carry(const char *old, const char *text, const char *new)
{
	static char shown[256];
	struct buf made = BUF_INIT(GRUB_LINE_MAX);
	struct grub_line a, b;
	struct grub_values v;

	shown[0] = '\0';
	if (grub_line_parse(bytes_of_text(old), &a, NULL) == ERR_OK &&
	    grub_line_parse(bytes_of_text(new), &b, NULL) == ERR_OK &&
	    grub_line_match(&a, bytes_of_text(text), &v) &&
	    grub_line_expand(&b, &v, &made, NULL) == ERR_OK)
		(void)snprintf(shown, sizeof(shown), "%.*s", (int)made.len,
		    (const char *)made.p);
	buf_free(&made);
	return shown;
}

static bool
carries(const char *old, const char *text, const char *new, const char *want)
{
	return strcmp(carry(old, text, new), want) == 0;
}

int
main(void)
{
	char many[3 * GRUB_PARTS_MAX + 8] = "x";

	CHECK(carries("linux ($root)/vmlinuz quiet",
		  "linux (hd0,gpt1)/vmlinuz quiet",
		  "linux ($root)/vmlinuz-2 quiet  debug",
		  "linux (hd0,gpt1)/vmlinuz-2 quiet debug"),
	    "a variable keeps its value, words have one space between them");
	CHECK(carries("echo 'a  b' \"$x\"", "echo a  b c", "echo \"${x}\"' '",
		  "echo c "),
	    "quotes are taken off, and what is in them stays");
	CHECK(carries("a $x $x", "a 1 1", "b $x", "b 1") &&
		carries("a $x $x", "a 1 2", "b $x", ""),
	    "one variable has one value");
	CHECK(!parses("a $x$y") && parses("a $x.$y"),
	    "two that touch could have any values: refused");
	CHECK(carries("a $x", "a 1 2", "b", "") &&
		carries("a $x", "a ", "b", ""),
	    "a value is one word");
	CHECK(carries("a $x", "a 1", "b $y", ""),
	    "the value of another variable is not known");
	CHECK(carries("a '$x'", "a $x", "b", "b"),
	    "within single quotes nothing is a variable");
	CHECK(parses("a b") && !parses("") && !parses("   "),
	    "a line has a word");
	CHECK(!parses("a; b") && !parses("a | b") && !parses("a \\ b") &&
		!parses("menuentry x {") && !parses("}") && !parses("a # b") &&
		!parses("a `b`") && !parses("a *") && !parses("a\nb"),
	    "more than one simple command is refused");
	CHECK(!parses("a 'b") && !parses("a \"b") && !parses("a ${b") &&
		!parses("a $") && !parses("a ${}") && !parses("a $?"),
	    "so is what is not closed, or no name");
	for (size_t i = 0; i < GRUB_PARTS_MAX; i++)
		memcpy(many + 3 * i, "$x ", 4);
	CHECK(!parses(many), "so are more parts than the limit");
	CHECK(carries("$a.$b.$c.$d.$e.$f.$g.$h!",
		  "..................................................", "x",
		  ""),
	    "T34 a search that would take long ends");
	return t_done();
}
