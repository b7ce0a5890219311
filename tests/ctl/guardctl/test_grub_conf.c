/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GRUB's settings as a shell would read them, and grub.cfg.
 */
#include "ctl/guardctl/grub_conf.h"

#include "t.h"

struct example {
	const char *what;
	const char *files[3];
	const char *words; /* NULL: refused */
};

static const struct example examples[] = {
	{ "Debian's own file",
	    { "# If you change this file, run 'update-grub'\nGRUB_DEFAULT=0\n"
	      "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo "
	      "Debian`\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
	      "GRUB_CMDLINE_LINUX=\"\"\n#GRUB_TERMINAL=console\n" },
	    " quiet" },
	{ "a later file adds to an earlier one",
	    { "GRUB_CMDLINE_LINUX='a b'\n",
		"GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX c\"",
		"GRUB_CMDLINE_LINUX_DEFAULT+=d\n"
		"export GRUB_CMDLINE_LINUX=\"${GRUB_CMDLINE_LINUX} e\"\n" },
	    "a b c e d" },
	{ "a later file forgets the earlier ones",
	    { "GRUB_CMDLINE_LINUX=a\n", "GRUB_CMDLINE_LINUX=b" }, "b " },
	{ "continued lines, escapes, two on a line",
	    { "GRUB_CMDLINE_LINUX=\"a \\\n  b\\\"c\"; "
	      "GRUB_CMDLINE_LINUX_DEFAULT=x\\ y # z\n" },
	    "a   b\"c x y" },
	{ "in a condition it counts, too",
	    { "if true; then\n\tGRUB_CMDLINE_LINUX=a\nfi\n" }, "a " },
	{ "other names are other variables",
	    { "XGRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX_RECOVERY=b\n"
	      "GRUB_CMDLINE_LINUX =c\n" },
	    " " },
	{ "a quote of another variable hides nothing behind it",
	    { "X='\nGRUB_CMDLINE_LINUX=a\n'\nGRUB_CMDLINE_LINUX=b\n" }, "b " },
	{ "comments with quotes", { "# don't\nGRUB_CMDLINE_LINUX=b # isn't\n" },
	    "b " },
	{ "a program's output", { "GRUB_CMDLINE_LINUX=\"`cat /x`\"\n" }, NULL },
	{ "a program's output, newer", { "GRUB_CMDLINE_LINUX=$(cat /x)\n" },
	    NULL },
	{ "another variable", { "GRUB_CMDLINE_LINUX=\"$X\"\n" }, NULL },
	{ "a longer variable's name",
	    { "GRUB_CMDLINE_LINUX=$GRUB_CMDLINE_LINUXX\n" }, NULL },
	{ "an open quote", { "\nGRUB_CMDLINE_LINUX=\"a b\n" }, NULL },
	{ "an open brace", { "GRUB_CMDLINE_LINUX=${GRUB_CMDLINE_LINUX\n" },
	    NULL },
};

static void
check_example(const struct example *e)
{
	auto_grub_conf struct grub_conf g = GRUB_CONF_INIT;
	auto_buf struct buf out = BUF_INIT(8192);
	struct diag d = { 0 };
	int r = ERR_OK;

	for (size_t i = 0; i < ARRAY_LEN(e->files); i++)
		if (e->files[i] != NULL && r == ERR_OK)
			r = grub_conf_read(&g, "f", bytes_of_text(e->files[i]),
			    &d);
	if (r == ERR_OK)
		r = grub_conf_words(&g, &out, &d);
	CHECK(e->words != NULL
		? r == ERR_OK && bytes_equal_text(buf_bytes(&out), e->words)
		: r < 0 && d.text[0] == 'f',
	    "%s%s%s", e->what, r < 0 ? ": " : "", d.text);
	if (r == ERR_OK)
		printf("# '%.*s'\n", (int)out.len, (const char *)out.p);
}

static void
test_limits(void)
{
	auto_grub_conf struct grub_conf g = GRUB_CONF_INIT;
	static const char doubling[] =
	    "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX$GRUB_CMDLINE_LINUX\"\n";
	struct diag d = { 0 };
	int r = grub_conf_read(&g, "f",
	    bytes_of_text("GRUB_CMDLINE_LINUX=aaaaaaaa\n"), &d);

	for (int i = 0; i < 40 && r == ERR_OK; i++)
		r = grub_conf_read(&g, "f", bytes_of_text(doubling), &d);
	CHECK(r == ERR_LIMIT, "a line that doubles itself: %s", d.text);
	CHECK(grub_conf_read(&g, "f", bytes_of("a\0b", 3), &d) < 0,
	    "a NUL byte: %s", d.text);
}

static void
test_cfg(void)
{
	static const char *const words[] = { "nohibernate", "panic=5" };
	static const char good[] =
	    "menuentry 'memtest' {\n\tlinux\t/memtest\n}\n"
	    "menuentry 'Debian' {\n\techo linux\n"
	    "\tlinux\t/vmlinuz root=UUID=1 ro nohibernate panic=5 quiet\n"
	    "\tinitrd\t/initrd\n}\n";
	static const char bad[] =
	    "linux /vmlinuz root=UUID=1 ro panic=5\n"
	    "linux /vmlinuz root=UUID=1 nohibernate panic=5\n";

	CHECK(grub_cfg_has(bytes_of_text(good), words, 2),
	    "the first system has the words");
	CHECK(!grub_cfg_has(bytes_of_text(bad), words, 2),
	    "the first system lacks one");
	CHECK(!grub_cfg_has(bytes_of_text("linux x nohibernate panic=5"), words,
		  2),
	    "a memory tester is no system");
	CHECK(!grub_cfg_has(BYTES_NONE, words, 2), "an empty file has none");
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(examples); i++)
		check_example(&examples[i]);
	test_limits();
	test_cfg();
	return t_done();
}
