/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder that is there whole or not at all: built as DIR.new, renamed to
 * DIR when everything in it is on the disk. A run that is killed leaves DIR.new,
 * which the next one clears away; one that fails clears it itself.
 */
#ifndef CTL_SHIELD_STAGING_H
#define CTL_SHIELD_STAGING_H

#include "base/base.h"
#include "base/err.h"

#define STAGING_PATH_MAX 2048
#define STAGING_DISK     "disk0.img"
#define STAGING_SCRATCH  ".scratch" /* in it; gone when it is renamed */

struct staging {
	char target[STAGING_PATH_MAX];
	char path[STAGING_PATH_MAX]; /* absolute */
	int fd;
	bool made;
};
#define STAGING_NONE      \
	{                 \
		.fd = -1, \
	}

/*
 * AlreadyExists when DIR is there, InUse when another run builds it. An
 * abandoned DIR.new is cleared only if it holds nothing but names of a VM's
 * folder.
 */
MUST_CHECK int staging_begin(const char *dir, struct staging *ret,
    struct diag *d);
/* Makes a folder in it; ret: its absolute path. */
MUST_CHECK int staging_folder(const struct staging *s, const char *name,
    char ret[static STAGING_PATH_MAX], struct diag *d);
/* Writes everything out, then renames; never over something. */
MUST_CHECK int staging_commit(struct staging *s, struct diag *d);
/* Clears away what was not committed. */
void staging_free(struct staging *s);
#define auto_staging CLEANUP(staging_free)

#endif
