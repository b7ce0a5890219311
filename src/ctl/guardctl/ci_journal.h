/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan has looked at, beside its output, so that a scan that was ended
 * goes on where it was.
 */
#ifndef CTL_GUARDCTL_CI_JOURNAL_H
#define CTL_GUARDCTL_CI_JOURNAL_H

#include "ctl/guardctl/ci_scan.h"

struct ci_journal {
	int fd;
	struct buf pending;
};
#define CI_JOURNAL_NONE \
	((struct ci_journal){ .fd = -1, .pending = { .max = (size_t)1 << 20 } })

/*
 * options: a digest of what the scan was asked; a journal of other options is
 * refused. Files that are as they were get their state and digest; ret_n is
 * how many. A record that was cut short is the last.
 */
MUST_CHECK int ci_journal_read(struct bytes journal,
    const uint8_t options[static SHA256_SIZE], struct ci_files *f,
    size_t *ret_n, struct diag *d);
void ci_journal_put_head(struct buf *b,
    const uint8_t options[static SHA256_SIZE]);
void ci_journal_put(struct buf *b, const struct ci_found *f);

/* Makes the file anew, or goes on with it. */
MUST_CHECK int ci_journal_open(const char *path, bool resume,
    const uint8_t options[static SHA256_SIZE], struct ci_files *f,
    size_t *ret_n, struct ci_journal *ret, struct diag *d);
/* Written a few at a time: a process that is killed loses no more. */
MUST_CHECK int ci_journal_add(struct ci_journal *j, const struct ci_found *f,
    struct diag *d);
MUST_CHECK int ci_journal_flush(struct ci_journal *j, struct diag *d);
void ci_journal_close(struct ci_journal *j);
#define auto_ci_journal CLEANUP(ci_journal_close)

#endif
