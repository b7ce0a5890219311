/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 'guardctl setup' wrote and what was there before, so that it can be
 * undone to the byte. Kept in a file of root's own: whoever may write it says
 * which files root restores, so it lies outside guardd's folder.
 */
#ifndef CTL_GUARDCTL_SETUP_RECORD_H
#define CTL_GUARDCTL_SETUP_RECORD_H

#include <sys/types.h>

#include "base/buf.h"
#include "crypto/hash.h"

#define PATH_SETUP_RECORD  "/var/lib/shieldwall/setup.json"
#define RECORD_ENTRIES_MAX 48
#define RECORD_FILE_MAX    ((size_t)256 << 10) /* of a file before */
#define RECORD_MAX         ((size_t)16 << 20)
#define RECORD_PATH_MAX    256

enum record_kind { RECORD_FILE, RECORD_LINK, RECORD_FOLDER };

/* Digests are of a file's bytes or of a link's target; a folder has none. */
struct record_entry {
	enum record_kind kind;
	char path[RECORD_PATH_MAX]; /* on the machine, without a root */
	uint8_t now[SHA256_SIZE];
	/*
	 * What setup had written before that, or the same: after a crash
	 * between record and file the file is still this one.
	 */
	uint8_t last[SHA256_SIZE];
	bool had_old;
	mode_t old_mode;
	struct buf old;
};

/* Programs that were run, and on what: a digest of all that they read. */
enum record_step { RECORD_INITRAMFS, RECORD_KERNEL, RECORD_STEPS };

struct record {
	struct record_entry list[RECORD_ENTRIES_MAX];
	size_t n;
	uint8_t steps[RECORD_STEPS][SHA256_SIZE]; /* zero: not run */
};

void record_free(struct record *r);
DEFINE_FREE_P(struct record, record_free);
#define auto_record CLEANUP(record_free_p)
/* Empty, for the caller to free. */
MUST_CHECK int record_new(struct record **ret, struct diag *d);

struct record_entry *record_find(struct record *r, const char *path);
/* A new entry, or ERR_LIMIT. */
MUST_CHECK int record_add(struct record *r, enum record_kind kind,
    const char *path, struct record_entry **ret, struct diag *d);
/* Takes entry i out of the list. */
void record_drop(struct record *r, size_t i);

MUST_CHECK int record_encode(const struct record *r, struct buf *ret,
    struct diag *d);
/* Into an empty record. */
MUST_CHECK int record_decode(struct bytes text, struct record *ret,
    struct diag *d);
/* ERR_OK and an empty record where there is no file. */
MUST_CHECK int record_load(const char *root, struct record **ret,
    struct diag *d);
/* An empty record is no file. */
MUST_CHECK int record_save(const char *root, const struct record *r,
    struct diag *d);

#endif
