/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new folder that is there whole or not at all: built under a hidden name
 * beside its own, then renamed. What a crash left is cleared away by the next.
 */
#ifndef CTL_GUARDCTL_STAGING_H
#define CTL_GUARDCTL_STAGING_H

#include "base/err.h"
#include "base/text.h"

struct staging {
	int parent_fd;
	int fd; /* the folder being built; root's alone */
	char name[NAME_MAX_LEN + 1];
	char hidden[NAME_MAX_LEN + 8];
	bool made;
};

#define STAGING_NONE                      \
	{                                 \
		.parent_fd = -1, .fd = -1 \
	}

/*
 * parent: an existing folder. VmExists when the name is taken, InUse when
 * another run builds it.
 */
MUST_CHECK int staging_begin(const char *parent, const char *name,
    struct staging *ret, struct diag *d);
/*
 * A hidden folder beside that of the VM of this name, to make parts of it in;
 * never committed.
 */
MUST_CHECK int staging_work(const char *parent, const char *name,
    struct staging *ret, struct diag *d);
MUST_CHECK int staging_commit(struct staging *s, struct diag *d);
/* Clears away what was not committed. */
void staging_free(struct staging *s);
#define auto_staging CLEANUP(staging_free)

/* Removes a folder of parent with all in it; hides it first. */
MUST_CHECK int folder_remove(int parent_fd, const char *name, struct diag *d);

#endif
