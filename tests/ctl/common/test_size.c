/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes as people write them.
 */
#include "ctl/common/size.h"

#include <string.h>

#include "t.h"

static bool
is(const char *text, uint64_t mib)
{
	char back[SIZE_TEXT_MAX];
	struct diag d = { 0 };
	uint64_t v = 0;

	size_format(mib, back);
	return size_parse("--size", text, 1, (uint64_t)1 << 40, &v, &d) ==
	    ERR_OK &&
	    v == mib && strcmp(back, text) == 0;
}

static void
refuses(const char *text)
{
	struct diag d = { 0 };
	uint64_t v = 77;

	CHECK(size_parse("--size", text, 1, (uint64_t)1 << 40, &v, &d) ==
		    ERR_USAGE &&
		v == 77 && strncmp(d.text, "--size: ", 8) == 0,
	    "\"%s\" is no size (%s)", text, d.text);
}

int
main(void)
{
	static const char *const none[] = { "", "M", "G", "1", "512", "512MB",
		"512m", "-1G", "+1G", " 1G", "01G", "1.5G", "0M", "1K",
		"18446744073709551615T", "17592186044416T", "1099511627777M" };
	struct diag d = { 0 };
	uint32_t memory = 0;
	uint64_t disk = 0;

	CHECK(is("512M", 512) && is("2G", 2048) && is("1T", 1 << 20) &&
		is("1025M", 1025) && is("1048576T", (uint64_t)1 << 40),
	    "sizes are read, and written as they are read");
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		refuses(none[i]);
	CHECK(size_memory("--memory", "128M", &memory, &d) == ERR_OK &&
		memory == 128 &&
		size_memory("--memory", "1T", &memory, &d) == ERR_OK &&
		memory == 1 << 20,
	    "memory from the least to the most");
	CHECK(size_memory("--memory", "127M", &memory, &d) == ERR_USAGE &&
		size_memory("--memory", "1025G", &memory, &d) == ERR_USAGE &&
		strcmp(d.text, "--memory: not 128M-1T") == 0,
	    "and none beside it (%s)", d.text);
	CHECK(size_disk("--size", "10G", &disk, &d) == ERR_OK &&
		disk == (uint64_t)10 << 30 &&
		size_disk("--size", "65T", &disk, &d) == ERR_USAGE,
	    "a disk's size is in bytes, up to 64 TiB");
	return t_done();
}
