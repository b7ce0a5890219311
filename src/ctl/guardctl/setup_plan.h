/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that setup is about to write. All of them are worked out first;
 * then the record says what will be there and what was, and only then is
 * anything written, each file whole or not at all. Where one cannot be written
 * those before it are taken back.
 */
#ifndef CTL_GUARDCTL_SETUP_PLAN_H
#define CTL_GUARDCTL_SETUP_PLAN_H

#include "ctl/guardctl/host.h"
#include "ctl/guardctl/setup_record.h"

#define PLAN_MAX 12

struct change {
	enum record_kind kind; /* a file or a link */
	const char *path;      /* on the machine; lives as long as the plan */
	const char *what;      /* for people: "command line for GRUB" */
	struct buf contents;   /* of a link: its target */
	bool had_old;
	mode_t mode;
	struct buf old;
};

struct plan {
	const char *root;
	struct change list[PLAN_MAX];
	size_t n;
};

void plan_free(struct plan *p);
#define auto_plan CLEANUP(plan_free)

/* Adds nothing where the file has these contents already. */
MUST_CHECK int plan_file(struct plan *p, const char *path, const char *what,
    struct bytes contents, struct diag *d);
MUST_CHECK int plan_link(struct plan *p, const char *path, const char *what,
    const char *target, struct diag *d);
bool plan_changes(const struct plan *p, const char *path);

/* Writes all, with the folders of the host h. */
MUST_CHECK int plan_apply(const struct plan *p, const struct host *h,
    struct record *record, struct diag *d);

enum undone {
	UNDONE_REMOVED,
	UNDONE_RESTORED,
	UNDONE_NOTHING, /* it is already as it was before setup */
	UNDONE_LEFT     /* somebody changed it since */
};

/* Takes one entry back; or, if only_say, says what it would do. */
MUST_CHECK int entry_undo(const char *root, const struct record_entry *e,
    bool only_say, enum undone *ret, struct diag *d);

#endif
