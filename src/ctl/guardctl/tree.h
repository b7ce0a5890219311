/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at the files of a machine, or of one that is being made below a
 * root. Paths are those on that machine.
 */
#ifndef CTL_GUARDCTL_TREE_H
#define CTL_GUARDCTL_TREE_H

#include "base/buf.h"

/* Something of this name is there; follows links. */
bool tree_has(const char *root, const char *path);
/* An operating system is in it, not only what a host's daemons need. */
bool tree_has_system(const char *root);
/* A system that runs: /proc is there. */
bool tree_runs(const char *root);

/* Appends a regular file; ERR_NOT_FOUND where there is none. */
MUST_CHECK int tree_read(const char *root, const char *path, struct buf *ret,
    struct diag *d);
/* The file's first line into ret, cut to fit; "" where there is none. */
void tree_line(const char *root, const char *path, char *ret, size_t size);
/* The first word of ret in brackets: "none [integrity]". */
void tree_choice(const char *root, const char *path, char *ret, size_t size);

struct names {
	char **list; /* sorted */
	size_t n;
};

void names_free(struct names *n);
#define auto_names CLEANUP(names_free)
/*
 * What is in a folder, but for hidden names, and of files only those with this
 * ending ("": all). A folder that is not there is empty.
 */
MUST_CHECK int tree_names(const char *root, const char *path,
    const char *ending, struct names *ret, struct diag *d);

#endif
