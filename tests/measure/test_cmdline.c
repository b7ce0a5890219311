/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/cmdline.h"

#include "boot.h"

static struct boot good;

static struct cmdline_facts
facts_of(struct bytes log, struct bytes text)
{
	return measure_log_only(log, text).cmdline;
}

static void
test_text(void)
{
	char big[CMDLINE_MAX + 3];
	struct bytes t;

	memset(big, 'a', sizeof(big));
	CHECK(cmdline_text(bytes_of_text("a b\n"), &t, NULL) == ERR_OK &&
		bytes_equal_text(t, "a b"),
	    "one newline at the end is left out");
	CHECK(cmdline_text(bytes_of_text("\n"), &t, NULL) < 0 &&
		cmdline_text(bytes_of_text(""), &t, NULL) < 0,
	    "an empty command line is refused");
	CHECK(cmdline_text(bytes_of_text("a\nb"), &t, NULL) < 0 &&
		cmdline_text(bytes_of("a\0b", 3), &t, NULL) < 0 &&
		cmdline_text(bytes_of_text("a\033[2J"), &t, NULL) < 0 &&
		cmdline_text(bytes_of_text("a\303\244"), &t, NULL) < 0,
	    "T98 control characters, NUL and other alphabets are refused");
	CHECK(cmdline_text(bytes_of(big, CMDLINE_MAX), &t, NULL) == ERR_OK &&
		cmdline_text(bytes_of(big, CMDLINE_MAX + 1), &t, NULL) < 0,
	    "4096 characters are the most");
}

static void
test_bound(void)
{
	struct tcg_event content = event_of(good.log, 11, 5);
	struct tcg_event options = event_of(good.log, 9, 0);
	struct bytes log = copy_of(good.log, 0), text;
	struct cmdline_facts f = facts_of(good.log, good.cmdline);

	CHECK(f.bound && f.load_options.bound && f.load_options.nth == 0 &&
		f.uki_section.bound && f.uki_section.nth == 5 && !f.grub.bound,
	    "the recorded text is bound in PCR 9 and in PCR 11");
	text = copy_of(good.cmdline, 1);
	text.len++;
	*at_byte(text, text.len - 1) = '\n';
	CHECK(facts_of(good.log, text).bound,
	    "so it is with a newline at its end");
	text = copy_of(good.cmdline, 0);
	*at_byte(text, 3) ^= 1;
	CHECK(facts_of(good.log, text).present &&
		!facts_of(good.log, text).bound,
	    "T89 a text that does not hash to its event is not bound");
	CHECK(!facts_of(good.log, BYTES_NONE).present,
	    "T89 no text is not bound");
	/* The name before the content is what makes it the command line. */
	memcpy(at_byte(log, content.offset - 68 + AT_DIGEST),
	    tcg_event_digest(&options, 0x0b).p, 32);
	f = facts_of(log, good.cmdline);
	CHECK(f.load_options.bound && !f.uki_section.bound,
	    "T89 a section's content without its name is not bound");
	log = copy_of(good.log, 0);
	put_le32(log, options.offset, 10);
	put_le32(log, content.offset, 10);
	CHECK(!facts_of(log, good.cmdline).bound,
	    "T89 the right digest in another PCR is not bound");
}

static void
test_grub(void)
{
	static const char text[] = "BOOT_IMAGE=/vmlinuz root=/dev/vda2 quiet";
	struct bytes log = insert_event(good.log, good.log.len, 8, EV_IPL,
	    bytes_of_text("grub_cmd: linux"));
	struct cmdline_facts f;

	log = insert_event(log, log.len, 8, EV_IPL, bytes_of_text(text + 11));
	f = facts_of(log, bytes_of_text(text));
	CHECK(f.grub.bound && f.grub.nth == 1 && !f.load_options.bound,
	    "GRUB's text is bound in PCR 8, without BOOT_IMAGE=");
	f = facts_of(log, bytes_of_text(text + 11));
	CHECK(!f.bound, "T89 GRUB always says BOOT_IMAGE=");
}

static int
match(const char *template, const char *text)
{
	return cmdline_match(bytes_of_text(template), bytes_of_text(text),
	    NULL);
}

static void
test_match(void)
{
	CHECK(match("a b=1 \"c d\"", " a  b=1 \"c d\" ") == ERR_OK,
	    "equal arguments match, whatever the space between them");
	CHECK(match("a b=1", "a b=1 init=/bin/sh") < 0 &&
		match("a b=1", "lsm=landlock a b=1") < 0 &&
		match("a b=1", "a iommu=pt b=1") < 0,
	    "T90 an added argument: refused");
	CHECK(match("a b=1", "a b=1 b=1") < 0 && match("a a", "a") < 0,
	    "T90 a duplicated argument: refused");
	CHECK(match("a b=1", "b=1 a") < 0, "T90 another order: refused");
	CHECK(match("a b=1", "a") < 0 && match("a", "") < 0,
	    "T90 a missing argument: refused");
	CHECK(match("a b=1", "a b=2") < 0 && match("a", "A") < 0,
	    "T90 another value: refused");
	CHECK(match("root=* quiet", "root=UUID=1") < 0 &&
		match("root=* quiet", "root=LABEL:x-1 quiet") == ERR_OK,
	    "a value left open by the template takes a plain word");
	CHECK(match("root=*", "root=") < 0 &&
		match("root=*", "root=\"a b\"") < 0 &&
		match("root=*", "root=a=b") < 0,
	    "T90 and nothing that could hold another argument");
	CHECK(match("a \"b", "a \"b") == ERR_FORMAT,
	    "T90 a quote that is not closed: refused");
}

int
main(void)
{
	good = boot_load("host-good");
	test_text();
	test_bound();
	test_grub();
	test_match();
	return t_done();
}
