/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that a guarded host has on its kernel command line: which are
 * missing from a text, and which words of a text contradict them. Pure
 * functions of bytes; the text is an administrator's, or the kernel's.
 */
#ifndef CTL_GUARDCTL_BOOT_WORDS_H
#define CTL_GUARDCTL_BOOT_WORDS_H

#include "base/buf.h"

#define BOOT_WORDS_MAX 16

/* Whose IOMMU it is. */
enum boot_cpu { BOOT_CPU_INTEL, BOOT_CPU_AMD };

/* From the text of /proc/cpuinfo; false for a vendor without such an IOMMU. */
bool boot_cpu_read(struct bytes cpuinfo, enum boot_cpu *ret);

/* The words wanted, in the order in which they are written; how many. */
size_t boot_words_wanted(enum boot_cpu cpu,
    const char *ret[static BOOT_WORDS_MAX]);

/* How often a wanted word, or one that is as good, stands in the text. */
unsigned boot_words_count(struct bytes text, const char *word);

/* Appends what the text lacks, with one space between two words. */
MUST_CHECK int boot_words_missing(struct bytes text, enum boot_cpu cpu,
    struct buf *ret, struct diag *d);

/*
 * The next word that contradicts; *rest moves on. False when there is none.
 * ret_why says what is wrong with it, and what to do.
 */
bool boot_words_conflict(struct bytes *rest, enum boot_cpu cpu,
    struct bytes *ret_word, const char **ret_why);

/*
 * A whole command line as the HGS will judge it: no open quote, printable,
 * short enough, and the policies on the IOMMU, hibernation and dumps hold.
 */
MUST_CHECK int boot_words_judge(struct bytes text, struct diag *d);

#endif
