/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Per policy: what must be there, and prefixes of names that nothing but the
 * listed arguments may use. A later argument of the same name would win in
 * the kernel, so one that is not listed refuses wherever it stands.
 */
#include "policy/arguments.h"

#include <string.h>

#include "measure/cmdline.h"

/* The kernel takes '-' for '_' in a name. */
static bool
name_is(struct bytes got, const char *want, bool prefix)
{
	size_t len = strlen(want);

	if (got.len < len || (!prefix && got.len != len))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = (char)got.p[i];

		if ((c == '-' ? '_' : c) != want[i])
			return false;
	}
	return true;
}

struct cmdline_rule {
	const char *name;
	const char *value; /* NULL: the argument has none */
	unsigned need;     /* bit: satisfies this need; 0: is merely allowed */
};

struct cmdline_policy {
	const struct cmdline_rule *rules;
	size_t n_rules;
	const char *const *reserved; /* prefixes of names: else refused */
	size_t n_reserved;
	unsigned needs;
	const char *missing;
};

static const struct cmdline_rule iommu_rules[] = {
	{ "iommu.strict", "1", 1 },
	{ "iommu.passthrough", "0", 2 },
	{ "intel_iommu", "on", 4 },
	{ "amd_iommu", "force_isolation", 4 },
	{ "iommu", "strict", 0 },
	{ "iommu", "force", 0 },
	{ "iommu", "nopt", 0 },
};
static const char *const iommu_reserved[] = { "iommu", "intel_iommu",
	"amd_iommu", "noiommu", "vfio", "pcie_acs_override" };

static const struct cmdline_rule hibernation_rules[] = {
	{ "nohibernate", NULL, 1 },
};
static const char *const hibernation_reserved[] = { "nohibernate", "hibernate",
	"resume", "resumewait", "resumedelay" };

static const char *const dump_reserved[] = { "crashkernel", "elfcorehdr" };

static const struct cmdline_rule memory_rules[] = {
	{ "mem_encrypt", "on", 1 },
};
static const char *const memory_reserved[] = { "mem_encrypt" };

static const struct cmdline_policy iommu_policy = { iommu_rules,
	ARRAY_LEN(iommu_rules), iommu_reserved, ARRAY_LEN(iommu_reserved), 7,
	"the command line lacks iommu.strict=1, iommu.passthrough=0 or the "
	"IOMMU's own switch" };
static const struct cmdline_policy hibernation_policy = { hibernation_rules,
	ARRAY_LEN(hibernation_rules), hibernation_reserved,
	ARRAY_LEN(hibernation_reserved), 1,
	"the command line lacks nohibernate" };
static const struct cmdline_policy dump_policy = { NULL, 0, dump_reserved,
	ARRAY_LEN(dump_reserved), 0, "" };
static const struct cmdline_policy memory_policy = { memory_rules,
	ARRAY_LEN(memory_rules), memory_reserved, ARRAY_LEN(memory_reserved), 1,
	"the command line lacks mem_encrypt=on" };

/* The rule that allows this argument; NULL when none does. */
static const struct cmdline_rule *
allowed_by(const struct cmdline_policy *c, struct bytes name,
    struct bytes value)
{
	for (size_t i = 0; i < c->n_rules; i++) {
		const struct cmdline_rule *r = &c->rules[i];

		if (!name_is(name, r->name, false))
			continue;
		if (r->value == NULL
			? value.p == NULL
			: value.p != NULL && bytes_equal_text(value, r->value))
			return r;
	}
	return NULL;
}

static bool
is_reserved(const struct cmdline_policy *c, struct bytes name)
{
	for (size_t i = 0; i < c->n_reserved; i++)
		if (name_is(name, c->reserved[i], true))
			return true;
	return false;
}

static const struct cmdline_policy *
policy_of(enum policy p)
{
	if (p == POLICY_IOMMU_ENABLED)
		return &iommu_policy;
	if (p == POLICY_NO_HIBERNATION)
		return &hibernation_policy;
	if (p == POLICY_NO_DUMPS)
		return &dump_policy;
	return p == POLICY_MEMORY_ENCRYPTED ? &memory_policy : NULL;
}

/* One argument; adds the needs that it meets. */
static int
judge_argument(const struct cmdline_policy *c, struct bytes arg, unsigned *met,
    struct diag *d)
{
	const struct cmdline_rule *rule;
	struct bytes name, value;

	if (memchr(arg.p, '"', arg.len) != NULL)
		return diag_fail(d, ERR_REFUSED,
		    "the command line has quotes, "
		    "which this policy does not read");
	cmdline_split(arg, &name, &value);
	rule = allowed_by(c, name, value);
	if (rule == NULL && is_reserved(c, name))
		return diag_fail(d, ERR_REFUSED, "the command line has %.*s",
		    (int)(arg.len < 80 ? arg.len : 80), (const char *)arg.p);
	if (rule != NULL)
		*met |= rule->need;
	return ERR_OK;
}

int
arguments_judge(enum policy p, struct bytes cmdline, struct diag *d)
{
	const struct cmdline_policy *c = policy_of(p);
	unsigned met = 0;
	struct bytes arg;
	bool bad;
	int e;

	BUG_ON(c == NULL);
	while (cmdline_next(&cmdline, &arg, &bad)) {
		/* Behind "--" the words are for init, not for the kernel. */
		if (bytes_equal_text(arg, "--"))
			break;
		if ((e = judge_argument(c, arg, &met, d)) < 0)
			return e;
	}
	if (bad)
		return diag_fail(d, ERR_REFUSED,
		    "the command line has an open quote");
	if ((met & c->needs) != c->needs)
		return diag_fail(d, ERR_REFUSED, "%s", c->missing);
	return ERR_OK;
}
