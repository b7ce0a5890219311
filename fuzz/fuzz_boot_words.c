/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GRUB's settings, and a command line, as administrators write them: whatever
 * words a text has, with those that it lacks added it lacks none.
 */
#include <string.h>

#include "ctl/guardctl/boot_words.h"
#include "ctl/guardctl/grub_conf.h"
#include "fuzz.h"

static void
merge(struct bytes text)
{
	auto_buf struct buf all = BUF_INIT(65536), more = BUF_INIT(65536);
	struct bytes rest = text, word;
	const char *why;
	struct diag d;

	while (boot_words_conflict(&rest, BOOT_CPU_INTEL, &word, &why))
		if (word.len == 0 || why == NULL)
			BUG_ON(true);
	if (boot_words_judge(text, &d) < 0)
		(void)boot_words_count(text, "nohibernate");
	/* Behind a quote or "--" a word more is no word of the kernel's. */
	if (text.len > 0 &&
	    (memchr(text.p, '"', text.len) != NULL ||
		memmem(text.p, text.len, "--", 2) != NULL))
		return;
	(void)buf_put(&all, text);
	(void)buf_put_u8(&all, ' ');
	if (boot_words_missing(text, BOOT_CPU_AMD, &all, &d) < 0)
		return;
	BUG_ON(
	    boot_words_missing(buf_bytes(&all), BOOT_CPU_AMD, &more, &d) < 0 ||
	    more.len != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const words[] = { "nohibernate" };
	auto_grub_conf struct grub_conf g = GRUB_CONF_INIT;
	auto_buf struct buf out = BUF_INIT(2 * GRUB_VALUE_MAX + 1);
	enum boot_cpu cpu;
	struct diag d;

	if (n > 16384)
		return 0;
	(void)boot_cpu_read(bytes_of(p, n), &cpu);
	(void)grub_cfg_has(bytes_of(p, n), words, 1);
	merge(bytes_of(p, n));
	if (grub_conf_read(&g, "f", bytes_of(p, n), &d) == ERR_OK &&
	    grub_conf_words(&g, &out, &d) == ERR_OK)
		merge(buf_bytes(&out));
	return 0;
}
