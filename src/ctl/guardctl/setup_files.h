/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file or link that setup writes: reading it as it is, writing a link,
 * taking a change or an entry of the record back.
 */
#ifndef CTL_GUARDCTL_SETUP_FILES_H
#define CTL_GUARDCTL_SETUP_FILES_H

#include "ctl/guardctl/setup_plan.h"

/* A file's bytes or a link's target; *ret_had is false where it is not. */
MUST_CHECK int entry_read(const char *root, const char *path,
    enum record_kind kind, struct buf *ret, mode_t *ret_mode, bool *ret_had,
    struct diag *d);
/* Replaces what is there, as file_write_atomic() does. */
MUST_CHECK int link_write(const char *full, struct bytes target,
    struct diag *d);
/* Brings back what stood there when the plan was made. */
MUST_CHECK int change_undo(const char *root, const struct change *c,
    struct diag *d);

#endif
