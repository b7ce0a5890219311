/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policies that read the command line ask of it, as tables.
 */
#ifndef POLICY_ARGUMENT_RULES_H
#define POLICY_ARGUMENT_RULES_H

#include "policy/builtin.h"

/*
 * An argument that may stand on the command line. The name is taken letter for
 * letter: some of the kernel's readers take '-' for '_', some do not, so only
 * the documented spelling is known to work. Value: NULL none, "*" any plain
 * word, "x*" a plain word that begins so, "#64" 64 hexadecimal digits,
 * "#modules" a list as of policy/module_list.h, else itself.
 */
struct argument_rule {
	const char *name;
	const char *value;
	unsigned need; /* bit: must be there, once; 0: is merely allowed */
};

/*
 * Names that nothing but the rules may use, and why; a '*' at the end stands
 * for any rest. '-' is taken for '_' and '/' for '.', as the kernel would.
 */
struct argument_refusal {
	const char *name;
	const char *why; /* "the command line has X: <why>" */
};

struct argument_policy {
	const struct argument_rule *rules;
	size_t n_rules;
	const struct argument_refusal *refusals; /* end with a NULL name */
	/*
	 * Unknown arguments are refused. There are thousands, every module
	 * brings its own, and what the kernel does not know it hands to the
	 * initramfs as a word or an environment variable: a list of the bad
	 * ones is never whole.
	 */
	bool strict;
};

/* NULL: the policy does not read the command line. */
const struct argument_policy *argument_policy(enum policy p);

/*
 * Names, as in a refusal, that a baseline's template may not leave open; ends
 * with NULL.
 */
extern const char *const argument_fixed[];

/* For every policy: they take away from what the text says. */
extern const struct argument_refusal argument_refusals_always[];
/* Of a strict policy: known to do no harm. */
extern const struct argument_rule argument_harmless[];
extern const size_t argument_harmless_n;
/* Of a strict policy: known to do harm, in words; all unknown ones are out. */
extern const struct argument_refusal argument_harmful[];

#endif
