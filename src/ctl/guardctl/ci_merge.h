/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel's own IMA list has that a scan of files has not: the initramfs,
 * files that are gone, events.
 */
#ifndef CTL_GUARDCTL_CI_MERGE_H
#define CTL_GUARDCTL_CI_MERGE_H

#include "ctl/guardctl/ci_scan.h"
#include "measure/ima.h"

#define CI_IMA_LOG     "/sys/kernel/security/ima/binary_runtime_measurements"
#define CI_IMA_LOG_MAX ((size_t)64 << 20)

/* Binary, or as the kernel's ascii_runtime_measurements. */
enum ima_form ci_ima_form(struct bytes list);
typedef int (
    *ci_entry_fn)(void *user, const struct ima_entry *e, struct diag *d);
/*
 * Every entry in order, after its digest was checked: a list that does not say
 * what it logged is refused.
 */
MUST_CHECK int ci_ima_each(struct bytes list, ci_entry_fn fn, void *user,
    struct diag *d);

struct ci_merged {
	size_t files, events;    /* added */
	size_t violations, sha1; /* not added */
};
/* Appends statements for what the policy text so far does not allow. */
MUST_CHECK int ci_merge(struct bytes list, const struct ci_files *f, bool paths,
    struct buf *text, struct ci_merged *ret, struct diag *d);

#endif
