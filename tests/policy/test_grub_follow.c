/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stock Debian before and after an update of its kernel, both recorded (tests/
 * data/grub): what is predicted of the first is the second. Then small scripts.
 */
#include "policy/grub_follow.h"

#include "host.h"
#include "policy/compare.h"
#include "policy/predict_grub.h"

/* Events of PCR 9 (files) and 4 (programs) that are the kernel's and initrd's. */
#define KERNEL_FILE    4
#define INITRD_FILE    5
#define KERNEL_PROGRAM 4

static struct host *
load(const char *name)
{
	struct host *h = keep(sizeof(*h));

	h->boot = boot_load(name);
	h->parts.boot_log = h->boot.log;
	h->parts.command_line = h->boot.cmdline;
	host_measure(h);
	return h;
}

static void
replace_event(struct predict *p, const struct host *a, const struct host *b,
    unsigned pcr, unsigned nth)
{
	struct tcg_event old = event_of(a->boot.log, pcr, nth);
	struct tcg_event new = event_of(b->boot.log, pcr, nth);

	if (predict_replace(p, pcr, tcg_event_digest(&old, TPM_ALG_SHA256).p,
		tcg_event_digest(&new, TPM_ALG_SHA256).p) == 0)
		t_bail("PCR %u: event %u was replaced before", pcr, nth);
}

static bool
equal(const struct baseline *b, const struct host *h)
{
	static struct comparison c;

	baseline_compare(b, &h->f, &c);
	for (size_t i = 0; i < c.n; i++)
		printf("# %s\n", c.list[i].text);
	return c.n == 0 && !c.cut;
}

static int
foresee(struct predict *p, struct bytes log, struct bytes old, struct bytes new,
    struct diag *d)
{
	struct grub_follow *f = keep(sizeof(*f));
	struct buf *texts = keep(2 * sizeof(*texts));
	int e;

	texts[0] = texts[1] = (struct buf)BUF_INIT(2 * CMDLINE_MAX);
	if ((e = grub_commands_find(p, log, &texts[0], f, d)) < 0)
		return e;
	return predict_grub(p, f, old, new, &texts[1], d);
}

/* Two folders of tests/data/grub. */
static void
test_recorded(const char *before, const char *after, bool with_log)
{
	struct host *old = load(before), *new = load(after);
	struct baseline from = baseline_of(old, BASELINE_TEST), b;
	struct baseline_source source = { .name = bytes_of_text("p"),
		.purpose = BASELINE_TEST };
	struct predict *p = keep(sizeof(*p));
	struct buf *store = keep(sizeof(*store));
	struct diag d = { 0 };

	*store = (struct buf)BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	if (predict_start(&from, p, &d) < 0)
		t_bail("%s", d.text);
	replace_event(p, old, new, 9, KERNEL_FILE);
	replace_event(p, old, new, 9, INITRD_FILE);
	replace_event(p, old, new, 4, KERNEL_PROGRAM);
	CHECK(foresee(p, with_log ? old->boot.log : BYTES_NONE,
		  boot_file(before, "grub.cfg"), boot_file(after, "grub.cfg"),
		  &d) == ERR_OK &&
		predict_finish(p, &source, store, &b, &d) == ERR_OK &&
		equal(&b, new),
	    "Debian with another kernel is as predicted from its %s (%s): %s",
	    with_log ? "log" : "baseline", after, d.text);
	CHECK(bytes_equal(p->b.cmdline, new->boot.cmdline),
	    "and so is its command line");
}

/* Lines, each a command's text; nothing is known of the last `hidden`. */
static struct grub_follow *
events(const char *texts, size_t hidden)
{
	struct grub_follow *f = keep(sizeof(*f));
	struct bytes rest = bytes_of_text(texts), line;

	while (text_next_line(&rest, &line)) {
		sha256(line, f->events[f->n_events].digest);
		f->events[f->n_events++].text = line;
	}
	for (size_t i = 0; i < hidden; i++)
		f->events[f->n_events - 1 - i].text = BYTES_NONE;
	return f;
}

/* Whether the new file executes these texts behind the first ones. */
static bool
comes_to(const char *old, const char *texts, const char *new, const char *want,
    struct diag *d)
{
	struct grub_follow *f = events(texts, 0);
	struct grub_follow *w = events(want, 0);
	const struct grub_outcome *o = &f->outcome;

	if (grub_follow(f, bytes_of_text(old), bytes_of_text(new), d) < 0 ||
	    o->n != w->n_events)
		return false;
	for (size_t i = 0; i < o->n; i++)
		if (memcmp(o->events[i].digest, w->events[i].digest,
			SHA256_SIZE) != 0)
			return false;
	return true;
}

static bool
refused(const char *old, const char *texts, const char *new, struct diag *d)
{
	struct grub_follow *f = events(texts, 0);

	*d = (struct diag){ 0 };
	return grub_follow(f, bytes_of_text(old), bytes_of_text(new), d) ==
	    ERR_REFUSED;
}

static void
test_known(void)
{
	struct diag d = { 0 };

	CHECK(comes_to("linux ($root)/a x\nboot\n",
		  "first\nlinux (hd0)/a x\n(hd0)/a x\nboot",
		  "linux ($root)/b x y\nboot\nhalt\n",
		  "linux (hd0)/b x y\n(hd0)/b x y\nboot", &d),
	    "a value that a text gave away goes into the new one: %s", d.text);
	CHECK(comes_to("if test -f a; then echo b; fi\necho c\n",
		  "test -f a\necho c",
		  "if test -f a; then echo q; echo r; fi\necho d\n",
		  "test -f a\necho d", &d),
	    "what was not executed may be anything: %s", d.text);
	CHECK(comes_to("set t=1\nif [ $t = 1 ]; then echo a; fi\n",
		  "set t=1\n[ 1 = 1 ]\necho a",
		  "set t=2\nif [ $t = 1 ]; then echo z; else echo b; fi\n",
		  "set t=2\n[ 2 = 1 ]\necho b", &d),
	    "a condition on strings is decided anew: %s", d.text);
	CHECK(comes_to("set default=1\nmenuentry A { echo a; }\n"
		       "menuentry B --id b { echo b; }\n",
		  "set default=1\nmenuentry A { echo a; }\n"
		  "menuentry B --id b { echo b; }\nsetparams B\necho b",
		  "set default=x\nmenuentry 'A b' --id x { echo c; }\n"
		  "menuentry B { echo b; }\n",
		  "set default=x\nmenuentry A b --id x { echo c; }\n"
		  "menuentry B { echo b; }\nsetparams A b\necho c",
		  &d),
	    "the default entry is found by number and by id: %s", d.text);
}

static void
test_refused(void)
{
	struct diag d;

	CHECK(refused("echo a\n", "echo b", "echo c\n", &d),
	    "T38 a boot that did not execute the old file: %s", d.text);
	CHECK(refused("menuentry A {  true; }\n",
		  "menuentry A { true; }\nsetparams A\ntrue",
		  "menuentry A { true; }\n", &d) &&
		!refused("menuentry A { true; }\n",
		    "menuentry A { true; }\nsetparams A\ntrue",
		    "menuentry A {  true; }\n", &d),
	    "or whose menu had another text, of one blank less: %s", d.text);
	CHECK(refused("echo a\n", "echo a", "echo a\necho b\n", &d),
	    "one command more: %s", d.text);
	CHECK(refused("echo a\necho b\n", "echo a\necho b", "echo a\n", &d),
	    "one command less: %s", d.text);
	CHECK(refused("echo a\n", "echo a", "echo $x\n", &d),
	    "a variable that nobody knows: %s", d.text);
	CHECK(refused("echo $x.$y\n", "echo 1.2.3", "echo $x\n", &d),
	    "one that may have had two values: %s", d.text);
	CHECK(refused("echo a\n", "echo a", "halt a\n", &d),
	    "another command: %s", d.text);
	CHECK(refused("search a\necho b\n", "search a\necho b",
		  "search c\necho b\n", &d),
	    "a change of what nothing is known of: %s", d.text);
	CHECK(refused("if test -f a; then echo b; fi\n", "test -f a\necho b",
		  "if test -f c; then echo b; fi\n", &d),
	    "a condition that changed: %s", d.text);
	CHECK(refused("echo a\nif test -f b; then true; fi\n",
		  "echo a\ntest -f b\ntrue",
		  "if echo a; then test -f b; true; fi\n", &d),
	    "a result that nothing depended on: %s", d.text);
	CHECK(refused("set root=a\necho b\n", "set root=a\necho b",
		  "set root=c\necho b\n", &d),
	    "another root, with other files under the names: %s", d.text);
	CHECK(refused("set x=1\nload_env\necho $x\n",
		  "set x=1\nload_env\necho 1", "set x=2\nload_env\necho $x\n",
		  &d),
	    "a value that may have been loaded anew: %s", d.text);
	CHECK(refused("set x=1\nload_env\necho a\n",
		  "set x=1\nload_env\necho a", "set x=1\nload_env\necho $x\n",
		  &d),
	    "and one that was old when it was wanted: %s", d.text);
	CHECK(refused("if test -f a; then set x=1; else set x=1; fi\n"
		      "echo b\n",
		  "test -f a\nset x=1\necho b",
		  "if test -f a; then set x=2; else set x=3; fi\n"
		  "echo b\n",
		  &d),
	    "two ways to read the boot that differ: %s", d.text);
	CHECK(refused("source a\necho b\n", "source a\necho b",
		  "source a\necho c\n", &d),
	    "commands from another file: %s", d.text);
	CHECK(refused("set default=0\nmenuentry A { true; }\n"
		      "menuentry B { echo b; }\n",
		  "set default=0\nmenuentry A { true; }\n"
		  "menuentry B { echo b; }\nsetparams B\necho b",
		  "echo b\n", &d),
	    "a boot of another entry than the default: %s", d.text);
	CHECK(refused("echo a\n", "echo a", "for x in a; do echo $x; done\n",
		  &d),
	    "a loop: %s", d.text);
	CHECK(refused("echo a\n", "echo a", "if echo a; then\n", &d) &&
		refused("echo a\n", "echo a", "if echo a; fi\n", &d) &&
		refused("echo a\n", "echo a", "echo 'a\n", &d) &&
		refused("echo a\n", "echo a", "menuentry a {\n", &d) &&
		refused("echo a\n", "echo a", "echo a }\n", &d) &&
		refused("echo a\n", "echo a", "fi\n", &d),
	    "what is no script: %s", d.text);
}

int
main(void)
{
	test_recorded("../grub/old", "../grub/new", true);
	test_recorded("../grub/old", "../grub/new", false);
	test_recorded("../grub/submenu-old", "../grub/submenu-new", true);
	test_recorded("../grub/submenu-old", "../grub/submenu-new", false);
	test_known();
	test_refused();
	return t_done();
}
