/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grub_script.h"

#include "t.h"

#define MEMORY 4096

/* What a run executed, one text to a line; conditions hold by "yes". */
struct trace {
	struct grub_script script;
	struct grub_memory memory;
	uint8_t bytes[MEMORY];
	size_t len;
	char text[MEMORY];
	bool yes;
};

static bool
value(void *ctx, struct bytes name, struct bytes *ret)
{
	(void)ctx;
	*ret = name;
	return true;
}

static int
command(void *ctx, const struct grub_command *c, struct bytes given,
    struct grub_words *ret, bool *ret_end, struct diag *d)
{
	struct trace *t = ctx;
	struct bytes missing;

	if (c == NULL) {
		ret->n = 0;
		ret->text = given;
	} else if (grub_command_expand(c, value, t, &t->memory, ret, &missing) <
	    0) {
		return diag_fail(d, ERR_LIMIT, "too long");
	}
	if (ret->text.len + 2 > sizeof(t->text) - t->len)
		return diag_fail(d, ERR_LIMIT, "too long");
	memcpy(t->text + t->len, ret->text.p, ret->text.len);
	t->len += ret->text.len;
	t->text[t->len++] = '\n';
	t->text[t->len] = '\0';
	t->yes = bytes_equal_text(ret->text, "yes");
	*ret_end = bytes_equal_text(ret->text, "boot");
	return ERR_OK;
}

static int
condition(void *ctx, bool *ret, struct diag *d)
{
	const struct trace *t = ctx;

	(void)d;
	*ret = t->yes;
	return ERR_OK;
}

static void
enter(void *ctx, bool menu)
{
	(void)ctx;
	(void)menu;
}

static void
leave(void *ctx)
{
	(void)ctx;
}

static int
default_entry(void *ctx, struct bytes *ret, struct diag *d)
{
	(void)ctx;
	(void)d;
	*ret = bytes_of_text("S>two");
	return ERR_OK;
}

static const char *
run(const char *cfg, struct diag *d)
{
	static struct trace t;
	static const struct grub_script_ops ops = { command, condition, enter,
		leave, default_entry };

	t.memory = (struct grub_memory){ t.bytes, sizeof(t.bytes), 0 };
	t.len = 0;
	t.text[0] = '\0';
	t.script.ops = &ops;
	t.script.ctx = &t;
	t.script.cfg = bytes_of_text(cfg);
	t.script.memory = &t.memory;
	return grub_script_run(&t.script, d) == ERR_OK ? t.text : "refused";
}

static bool
runs(const char *cfg, const char *want)
{
	return strcmp(run(cfg, NULL), want) == 0;
}

int
main(void)
{
	static const char full[] = "if no; then a; elif yes\nthen b; else c; "
				   "fi\nfunction f { d \"$1\"; }\nf x\n";
	char deep[2048] = "";
	struct diag d = { 0 };

	CHECK(runs("# c\na b  c;d # e\n\n; f\\\n g", "a b c\nd\nf g\n"),
	    "commands, comments and joined lines");
	CHECK(runs(full, "no\nyes\nb\nf x\nd 1\n"), "conditions and functions");
	CHECK(runs("if yes; then if no; then a; else b; fi; fi; c",
		  "yes\nno\nb\nc\n"),
	    "conditions within each other");
	CHECK(runs("if no; then function f { a; }; fi\nf", "no\nf\na\n"),
	    "a function is one wherever it stands");
	CHECK(runs("menuentry x { a; }\nsubmenu S { menuentry one { b; }\n"
		   "menuentry --class q two --id 2 { c; } }\n",
		  "menuentry x { a; }\nsubmenu S { menuentry one { b; }\n"
		  "menuentry --class q two --id 2 { c; } }\n S\n"
		  "menuentry one { b; }\n"
		  "menuentry --class q two --id 2 { c; }\n two\nc\n"),
	    "the default entry of a submenu is executed");
	CHECK(runs("a\nboot\nb", "a\nboot\n"), "nothing is behind the end");
	CHECK(runs("menuentry x { a; }\n", "refused"),
	    "a menu without its default entry is refused");
	CHECK(strcmp(run("a\nb\nfor x in y; do z; done", &d), "refused") == 0 &&
		strstr(d.text, "line 3") != NULL,
	    "a refusal names the line: %s", d.text);
	for (size_t i = 0; i + 1 < sizeof(full); i++) {
		char cut[sizeof(full)];

		(void)snprintf(cut, sizeof(cut), "%.*s", (int)i, full);
		(void)run(cut, NULL);
	}
	CHECK(runs("if no; then a; ", "refused") && runs("if no", "refused") &&
		runs("fi", "refused") && runs("f {", "refused") &&
		runs("function f", "refused") && runs("}", "refused"),
	    "T33 what is cut is refused");
	CHECK(runs("function f { f; }\nf", "refused"),
	    "T34 a function that calls itself ends");
	for (size_t i = 0; i < 2 * GRUB_DEPTH_MAX; i++)
		memcpy(deep + 13 * i, "if yes; then ", 14);
	CHECK(runs(deep, "refused"), "T34 conditions have a depth");
	return t_done();
}
