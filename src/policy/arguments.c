/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the command line along the tables of argument_rules.h. A later
 * argument of the same name would win in the kernel, so one that no rule
 * allows refuses wherever it stands, and one that must be there stands once.
 */
#include "policy/arguments.h"

#include <stdio.h>
#include <string.h>

#include "measure/cmdline.h"
#include "policy/argument_rules.h"
#include "policy/module_list.h"

#define SHOWN 80 /* characters of an argument in a reason */
/* x86 cuts off what is behind: COMMAND_LINE_SIZE with its NUL. */
#define KERNEL_READS 2047

struct walk {
	const struct argument_policy *policy;
	uint32_t seen; /* rules met, by their place */
	bool for_init; /* behind "--" */
};

/* As the kernel: '-' is '_', and in the name of a sysctl '/' is '.'. */
static bool
name_covers(const char *pattern, struct bytes name)
{
	size_t len = strlen(pattern);
	bool prefix = len > 0 && pattern[len - 1] == '*';

	len -= prefix;
	if (name.len < len || (!prefix && name.len != len))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = (char)name.p[i];

		c = c == '-' ? '_' : c == '/' ? '.' : c;
		if (c != pattern[i])
			return false;
	}
	return true;
}

/* No sign that a shell of the initramfs could take for more than a letter. */
static bool
is_plain(struct bytes value)
{
	return cmdline_is_plain(value, "._:/,+-=@%");
}

/* GRUB's name of a file on a disk: (hd0,gpt1)/vmlinuz. */
static bool
is_grub_file(struct bytes value)
{
	const uint8_t *end =
	    value.len != 0 ? memchr(value.p, ')', value.len) : NULL;
	size_t n;

	if (end == NULL || value.p[0] != '(')
		return false;
	n = (size_t)(end - value.p);
	return is_plain(bytes_of(value.p + 1, n - 1)) &&
	    is_plain(bytes_of(end + 1, value.len - n - 1));
}

static bool
is_hex(struct bytes value, size_t digits)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return value.len == digits;
}

static bool
value_fits(const char *want, struct bytes value)
{
	size_t len;

	if (want == NULL || value.p == NULL)
		return want == NULL && value.p == NULL;
	if (strcmp(want, "#64") == 0)
		return is_hex(value, 64);
	if (strcmp(want, "#modules") == 0)
		return module_list_serves(value, NULL);
	if (strcmp(want, "()*") == 0)
		return is_grub_file(value);
	len = strlen(want);
	if (len == 0 || want[len - 1] != '*')
		return bytes_equal_text(value, want);
	return value.len >= len - 1 && is_plain(value) &&
	    bytes_equal(bytes_of(value.p, len - 1), bytes_of(want, len - 1));
}

/* n when no rule allows this argument. */
static size_t
find_rule(const struct argument_rule *rules, size_t n, struct bytes name,
    struct bytes value)
{
	size_t i = 0;

	while (i < n &&
	    !(bytes_equal_text(name, rules[i].name) &&
		value_fits(rules[i].value, value)))
		i++;
	return i;
}

static const char *
why_refused(const struct argument_refusal *list, struct bytes name)
{
	for (; list->name != NULL; list++)
		if (name_covers(list->name, name))
			return list->why;
	return NULL;
}

static int
refuse(struct bytes arg, const char *why, struct diag *d)
{
	return diag_fail(d, ERR_REFUSED, "the command line has %.*s: %s",
	    (int)(arg.len < SHOWN ? arg.len : SHOWN), (const char *)arg.p, why);
}

/* What the policy's own rules do not allow. */
static int
judge_other(const struct walk *w, struct bytes arg, struct bytes name,
    struct bytes value, struct diag *d)
{
	const char *why = why_refused(w->policy->refusals, name);

	if (why == NULL)
		why = why_refused(argument_refusals_always, name);
	if (why != NULL)
		return refuse(arg, why, d);
	if (!w->policy->strict ||
	    find_rule(argument_harmless, argument_harmless_n, name, value) <
		argument_harmless_n)
		return ERR_OK;
	why = why_refused(argument_harmful, name);
	return refuse(arg,
	    why != NULL ? why
			: "this release does not know that it is harmless",
	    d);
}

static int
judge_argument(struct walk *w, struct bytes arg, struct diag *d)
{
	const struct argument_policy *c = w->policy;
	struct bytes name, value;
	size_t i;

	if (memchr(arg.p, '"', arg.len) != NULL)
		return refuse(arg, "quotes are not read by this policy", d);
	/*
	 * The kernel stops here, the initramfs and systemd do not: what is
	 * behind can do harm still, and no good.
	 */
	if (bytes_equal_text(arg, "--")) {
		if (c->strict)
			return refuse(arg, "it hides words from the kernel", d);
		w->for_init = true;
		return ERR_OK;
	}
	cmdline_split(arg, &name, &value);
	i = find_rule(c->rules, c->n_rules, name, value);
	if (i == c->n_rules || w->for_init)
		return judge_other(w, arg, name, value, d);
	if (c->rules[i].need != 0 && (w->seen >> i & 1) != 0)
		return refuse(arg, "it may stand there once only", d);
	w->seen |= 1u << i;
	return ERR_OK;
}

static const char *
value_text(const char *value)
{
	if (value == NULL)
		return "";
	if (strcmp(value, "#64") == 0)
		return "(64 hex digits)";
	return strcmp(value, "#modules") == 0
	    ? "(the list that 'guardctl setup' writes)"
	    : value;
}

/* "a=1 or b=2": the rules that meet this need. */
static void
need_text(const struct argument_policy *c, unsigned need, char *ret,
    size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < c->n_rules && at < size; i++) {
		const struct argument_rule *r = &c->rules[i];
		int n;

		if ((r->need & need) == 0)
			continue;
		n = snprintf(ret + at, size - at, "%s%s%s%s",
		    at == 0 ? "" : " or ", r->name, r->value == NULL ? "" : "=",
		    value_text(r->value));
		BUG_ON(n < 0);
		at += (size_t)n;
	}
}

static int
judge_needs(const struct walk *w, struct diag *d)
{
	const struct argument_policy *c = w->policy;
	unsigned needs = 0, met = 0;
	char text[128] = "";

	BUG_ON(c->n_rules > 32);
	for (size_t i = 0; i < c->n_rules; i++) {
		needs |= c->rules[i].need;
		if ((w->seen >> i & 1) != 0)
			met |= c->rules[i].need;
	}
	if (met == needs)
		return ERR_OK;
	needs &= ~met;
	need_text(c, needs & -needs, text, sizeof(text));
	return diag_fail(d, ERR_REFUSED, "the command line lacks %s", text);
}

bool
arguments_fixed(struct bytes name)
{
	for (size_t i = 0; argument_fixed[i] != NULL; i++)
		if (name_covers(argument_fixed[i], name))
			return true;
	return false;
}

bool
arguments_apply(enum policy p)
{
	return argument_policy(p) != NULL;
}

int
arguments_judge(enum policy p, struct bytes cmdline, struct diag *d)
{
	struct walk w = { .policy = argument_policy(p) };
	struct bytes arg;
	bool bad;
	int e;

	BUG_ON(w.policy == NULL);
	if (cmdline.len > KERNEL_READS)
		return diag_fail(d, ERR_REFUSED,
		    "the command line has %zu characters: the kernel reads %d",
		    cmdline.len, KERNEL_READS);
	while (cmdline_next(&cmdline, &arg, &bad))
		if ((e = judge_argument(&w, arg, d)) < 0)
			return e;
	if (bad)
		return diag_fail(d, ERR_REFUSED,
		    "the command line has an open quote");
	return judge_needs(&w, d);
}
