/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/size.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "disk/image.h"
#include "vm/config.h"

static const struct {
	char letter;
	uint64_t mib;
} units[] = {
	{ 'T', (uint64_t)1 << 20 },
	{ 'G', 1024 },
	{ 'M', 1 },
};

void
size_format(uint64_t mib, char ret[static SIZE_TEXT_MAX])
{
	size_t i = 0;

	while (
	    i < ARRAY_LEN(units) - 1 && (mib == 0 || mib % units[i].mib != 0))
		i++;
	(void)snprintf(ret, SIZE_TEXT_MAX, "%llu%c",
	    (unsigned long long)(mib / units[i].mib), units[i].letter);
}

int
size_parse(const char *what, const char *text, uint64_t min, uint64_t max,
    uint64_t *ret, struct diag *d)
{
	char least[SIZE_TEXT_MAX], most[SIZE_TEXT_MAX];
	size_t n = strlen(text);
	uint64_t v, unit = 0;

	for (size_t i = 0; n >= 2 && i < ARRAY_LEN(units); i++)
		if (text[n - 1] == units[i].letter)
			unit = units[i].mib;
	if (unit == 0)
		return diag_fail(d, ERR_USAGE,
		    "%s: a number with M, G or T is needed", what);
	if (number_parse(what, bytes_of(text, n - 1), 0, UINT64_MAX / unit, &v,
		d) < 0)
		return ERR_USAGE;
	if (v * unit < min || v * unit > max) {
		size_format(min, least);
		size_format(max, most);
		return diag_fail(d, ERR_USAGE, "%s: not %s-%s", what, least,
		    most);
	}
	*ret = v * unit;
	return ERR_OK;
}

int
size_memory(const char *what, const char *text, uint32_t *ret, struct diag *d)
{
	uint64_t mib;
	int r = size_parse(what, text, VM_MEMORY_MIN, VM_MEMORY_MAX, &mib, d);

	if (r == ERR_OK)
		*ret = (uint32_t)mib;
	return r;
}

int
size_disk(const char *what, const char *text, uint64_t *ret, struct diag *d)
{
	uint64_t mib;
	int r = size_parse(what, text, 1, IMAGE_SIZE_MAX >> 20, &mib, d);

	if (r == ERR_OK)
		*ret = mib << 20;
	return r;
}
