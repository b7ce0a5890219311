/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cmdline_diff.h"

#include <stdio.h>

#define ARGUMENT_SHOWN 70

struct arguments {
	size_t n;
	struct bytes v[CMDLINE_ARGUMENTS_MAX];
	bool told[CMDLINE_ARGUMENTS_MAX]; /* has its counterpart */
};

static bool
take_apart(struct bytes text, struct arguments *ret)
{
	bool bad;

	ret->n = 0;
	while (ret->n < CMDLINE_ARGUMENTS_MAX &&
	    cmdline_next(&text, &ret->v[ret->n], &bad))
		ret->told[ret->n++] = false;
	return ret->n < CMDLINE_ARGUMENTS_MAX && !bad;
}

static bool
same_name(struct bytes a, struct bytes b)
{
	struct bytes name[2], value;

	cmdline_split(a, &name[0], &value);
	cmdline_split(b, &name[1], &value);
	return bytes_equal(name[0], name[1]);
}

static void
add(struct cmdline_diff *out, enum cmdline_change change, struct bytes want,
    struct bytes got)
{
	if (out->n == CMDLINE_DIFFERENCES_MAX) {
		out->cut = true;
		return;
	}
	out->list[out->n++] = (struct cmdline_difference){ change, want, got };
}

/* Each argument of the template has at most one that stands for it. */
static void
pair_equal(struct arguments *want, struct arguments *got)
{
	for (size_t i = 0; i < want->n; i++) {
		for (size_t k = 0; k < got->n && !want->told[i]; k++) {
			if (got->told[k] ||
			    cmdline_match(want->v[i], got->v[k], NULL) < 0)
				continue;
			want->told[i] = got->told[k] = true;
		}
	}
}

static void
tell_rest(struct arguments *want, struct arguments *got,
    struct cmdline_diff *out)
{
	for (size_t i = 0; i < want->n; i++) {
		for (size_t k = 0; k < got->n && !want->told[i]; k++) {
			if (got->told[k] || !same_name(want->v[i], got->v[k]))
				continue;
			want->told[i] = got->told[k] = true;
			add(out, CMDLINE_CHANGED, want->v[i], got->v[k]);
		}
		if (!want->told[i])
			add(out, CMDLINE_MISSING, want->v[i], BYTES_NONE);
	}
	for (size_t k = 0; k < got->n; k++)
		if (!got->told[k])
			add(out, CMDLINE_ADDED, BYTES_NONE, got->v[k]);
}

void
cmdline_diff(struct bytes template, struct bytes text, struct cmdline_diff *ret)
{
	struct arguments want, got;

	*ret = (struct cmdline_diff){ 0 };
	if (!take_apart(template, &want) || !take_apart(text, &got)) {
		ret->cut = true;
		return;
	}
	pair_equal(&want, &got);
	tell_rest(&want, &got, ret);
	if (ret->n != 0)
		return;
	for (size_t i = 0; i < want.n; i++) {
		if (cmdline_match(want.v[i], got.v[i], NULL) == ERR_OK)
			continue;
		add(ret, CMDLINE_MOVED, want.v[i], got.v[i]);
		return;
	}
}

void
cmdline_difference_say(const struct cmdline_difference *x, char *ret,
    size_t size)
{
	const struct bytes *shown = x->got.p != NULL ? &x->got : &x->want;
	int n = shown->len < ARGUMENT_SHOWN ? (int)shown->len : ARGUMENT_SHOWN;
	int want =
	    x->want.len < ARGUMENT_SHOWN ? (int)x->want.len : ARGUMENT_SHOWN;
	const char *text = (const char *)shown->p;

	switch (x->change) {
	case CMDLINE_ADDED:
		(void)snprintf(ret, size, "command line: %.*s was added", n,
		    text);
		return;
	case CMDLINE_MISSING:
		(void)snprintf(ret, size, "command line: %.*s is missing", n,
		    text);
		return;
	case CMDLINE_CHANGED:
		(void)snprintf(ret, size, "command line: %.*s, not %.*s", n,
		    text, want, (const char *)x->want.p);
		return;
	case CMDLINE_MOVED:
		break;
	}
	(void)snprintf(ret, size,
	    "command line: the order changed: %.*s stands where %.*s should", n,
	    text, want, (const char *)x->want.p);
}
