/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 'guardctl ci scan': the files of a machine that a kernel would measure as
 * code, and their digests.
 */
#ifndef CTL_GUARDCTL_CI_SCAN_H
#define CTL_GUARDCTL_CI_SCAN_H

#include <sys/types.h>

#include "base/buf.h"
#include "policy/ci.h"

#define CI_NO_SIGNER 0xff

enum ci_file_state {
	CI_FILE_NEW,    /* not looked at */
	CI_FILE_OTHER,  /* no code */
	CI_FILE_TAKEN,  /* has a digest */
	CI_FILE_SHA1,   /* its security.ima asks for a digest that none takes */
	CI_FILE_FAILED, /* not readable, or changed while it was read */
	CI_FILE_STATES
};

/* What a file must still have for its digest to be the one of before. */
struct ci_stat {
	uint64_t inode;
	uint64_t size;
	uint64_t mtime, ctime; /* nanoseconds since 1970 */
};

struct ci_found {
	char *path; /* on the machine, without the root */
	struct ci_stat stat;
	mode_t mode;
	enum ci_file_state state;
	enum ci_alg alg;
	uint8_t signer; /* which of the scan's, or CI_NO_SIGNER */
	uint8_t digest[HASH_SIZE_MAX];
};

struct ci_files {
	struct ci_found *list; /* by path */
	size_t n, room;
	size_t n_skipped; /* folders of file systems that hold no files */
};

void ci_files_free(struct ci_files *f);
#define auto_ci_files CLEANUP(ci_files_free)

struct stat;
struct ci_stat ci_stat_of(const struct stat *st);
bool ci_stat_equal(const struct ci_stat *a, const struct ci_stat *b);

/* A path below the folder root_fd; no symbolic link on the way or at the end. */
int ci_open_below(int root_fd, const char *path, int flags);
/*
 * Every regular file below the folder. Other file systems are entered, but for
 * those that a kernel makes up (/proc, /sys, /dev, /run).
 */
MUST_CHECK int ci_walk(int root_fd, struct ci_files *ret, struct diag *d);

struct ci_scan_signer {
	uint8_t keyid[CI_KEYID_SIZE];
	struct key *key;
	struct buf cert; /* DER */
};

struct ci_journal;
struct ci_hashing {
	int root_fd;
	bool all_files;
	unsigned jobs;
	size_t n_signers;
	const struct ci_scan_signer *signers;
	struct ci_journal *journal; /* NULL: none */
	void (*progress)(void *user, size_t done, size_t n);
	void *user;
};
/* Looks at every file that is CI_FILE_NEW, in processes of its own. */
MUST_CHECK int ci_hash_files(const struct ci_hashing *h, struct ci_files *f,
    struct diag *d);

#endif
