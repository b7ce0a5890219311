/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cmdline_diff.h"

#include "t.h"

/* What is said of these two, one after the other. */
static const char *
said(const char *template, const char *text)
{
	static char all[8192];
	static struct cmdline_diff diff;
	char one[192];
	size_t n = 0;

	all[0] = '\0';
	cmdline_diff(bytes_of_text(template), bytes_of_text(text), &diff);
	for (size_t i = 0; i < diff.n; i++) {
		cmdline_difference_say(&diff.list[i], one, sizeof(one));
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
		    i == 0 ? "" : "; ", one);
	}
	if (diff.cut)
		(void)snprintf(all + n, sizeof(all) - n, "...");
	return all;
}

static void
check_said(const char *template, const char *text, const char *want)
{
	const char *got = said(template, text);

	CHECK(strcmp(got, want) == 0, "'%s' for '%s' is told: %s", text,
	    template, got);
}

static void
test_limits(void)
{
	char many[4 * (CMDLINE_ARGUMENTS_MAX + 1) + 1] = "";
	char long_one[301];
	const char *got;

	for (size_t i = 0; i <= CMDLINE_ARGUMENTS_MAX; i++)
		(void)snprintf(many + strlen(many), 5, "%03zu ", i);
	CHECK(strcmp(said(many, "000"), "...") == 0,
	    "more arguments than there is room for are not taken apart");
	many[4 * (CMDLINE_ARGUMENTS_MAX - 1)] = '\0';
	got = said("000", many);
	CHECK(strncmp(got, "command line: 001 was added", 27) == 0 &&
		strcmp(got + strlen(got) - 3, "...") == 0,
	    "more differences than there is room for are said to be more");
	memset(long_one, 'x', 300);
	long_one[300] = '\0';
	CHECK(strlen(said("a", long_one)) < 192,
	    "a long argument is cut to what can be shown");
	CHECK(strcmp(said("a", "\"a b"), "...") == 0,
	    "a quote that is not closed is not taken apart");
}

int
main(void)
{
	check_said("a b=1 c", "a b=1 c quiet", "command line: quiet was added");
	check_said("a b=1 c", "a c", "command line: b=1 is missing");
	check_said("a iommu.strict=1", "a iommu.strict=0",
	    "command line: iommu.strict=0, not iommu.strict=1");
	check_said("a b c", "b a c",
	    "command line: the order changed: b stands where a should");
	check_said("a b", "a b b", "command line: b was added");
	check_said("a b b", "a b", "command line: b is missing");
	check_said("a=1 a=2", "a=2 a=3", "command line: a=3, not a=1");
	check_said("host=* a", "host=one b",
	    "command line: a is missing; command line: b was added");
	check_said("host=*", "host=$x", "command line: host=$x, not host=*");
	check_said("x=\"a b\" c", "x=\"a d\" c",
	    "command line: x=\"a d\", not x=\"a b\"");
	check_said("a b", "a b", "");
	test_limits();
	return t_done();
}
