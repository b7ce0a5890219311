/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/variance.h"

#include <string.h>

#include "base/text.h"

#define PCR_DIGITS   2
#define EVENT_DIGITS 6

/* Decimal digits up to `end`; false when there is none, or too many. */
static bool
read_number(const char **at, char end, unsigned digits, uint32_t *ret)
{
	uint32_t n = 0;
	unsigned i = 0;

	while ((*at)[i] >= '0' && (*at)[i] <= '9' && i < digits)
		n = n * 10 + (uint32_t)((*at)[i++] - '0');
	if (i == 0 || (*at)[i] != end)
		return false;
	*at += i + 1;
	*ret = n;
	return true;
}

int
variance_read(const char *text, struct baseline_variance *ret, struct diag *d)
{
	struct baseline_variance v = { 0 };
	const char *at = text;
	uint32_t pcr, nth = 0;

	v.whole = read_number(&at, '=', PCR_DIGITS, &pcr);
	if ((!v.whole &&
		(!read_number(&at, ':', PCR_DIGITS, &pcr) ||
		    !read_number(&at, '=', EVENT_DIGITS, &nth))) ||
	    pcr >= PCR_COUNT)
		return diag_fail(d, ERR_USAGE,
		    "%.80s: not PCR=REASON or PCR:EVENT=REASON", text);
	v.pcr = (uint8_t)pcr;
	v.nth = nth;
	v.reason = bytes_of_text(at);
	if (v.reason.len == 0 || v.reason.len > BASELINE_TEXT_MAX ||
	    !text_printable(v.reason))
		return diag_fail(d, ERR_USAGE,
		    "%.80s: the reason is printable, 1 to %d bytes", text,
		    BASELINE_TEXT_MAX);
	*ret = v;
	return ERR_OK;
}

static bool
is_one_of(struct bytes name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(name, names[i]))
			return true;
	return false;
}

static bool
has_value(struct bytes cmdline, const char *wanted)
{
	struct bytes arg, name, value;
	bool bad = false;

	while (cmdline_next(&cmdline, &arg, &bad)) {
		cmdline_split(arg, &name, &value);
		if (value.p != NULL && bytes_equal_text(name, wanted))
			return true;
	}
	return false;
}

int
variance_open(struct bytes cmdline, const char *const *names, size_t n,
    struct buf *ret, struct diag *d)
{
	struct bytes rest = cmdline, arg, name, value;
	bool bad = false;

	for (size_t i = 0; i < n; i++)
		if (!has_value(cmdline, names[i]))
			return diag_fail(d, ERR_USAGE,
			    "the command line has no %.80s=VALUE", names[i]);
	while (cmdline_next(&rest, &arg, &bad)) {
		cmdline_split(arg, &name, &value);
		if (ret->len > 0)
			(void)buf_put_text(ret, " ");
		if (value.p == NULL || !is_one_of(name, names, n)) {
			(void)buf_put(ret, arg);
			continue;
		}
		(void)buf_put(ret, name);
		(void)buf_put_text(ret, "=*");
	}
	if (bad)
		return diag_fail(d, ERR_FORMAT,
		    "the command line has a quote that is not closed");
	return buf_check(ret, "command line", d);
}

bool
variance_put(struct buf *b, const struct baseline *baseline)
{
	struct bytes rest = baseline->cmdline, arg;
	bool bad = false;

	for (size_t i = 0; i < baseline->n_rules; i++) {
		const struct baseline_rule *r = &baseline->rules[i];

		if (r->kind == BASELINE_IGNORE &&
		    !baseline_ignores_by_default(r->pcr))
			(void)buf_printf(b, "PCR %u is ignored: %.*s\n", r->pcr,
			    (int)r->reason.len, (const char *)r->reason.p);
	}
	for (size_t i = 0; i < baseline->n_exceptions; i++) {
		const struct baseline_exception *x = &baseline->exceptions[i];

		(void)buf_printf(b, "PCR %u, event %u may differ: %.*s\n",
		    x->pcr, x->nth, (int)x->reason.len,
		    (const char *)x->reason.p);
	}
	while (cmdline_next(&rest, &arg, &bad))
		if (cmdline_is_open(arg))
			(void)buf_printf(b, "the command line is open: %.*s\n",
			    (int)arg.len, (const char *)arg.p);
	return !b->failed;
}
