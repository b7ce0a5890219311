/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tenant's guardians: one file each in ~/.local/share/shieldwall/guardians
 * below --root. NAME.key holds a guardian of one's own, both private keys
 * under a passphrase; NAME.guardian an imported, public one. The name is the
 * file's: whatever a guardian calls itself, here it is known by the name that
 * the tenant gave it.
 */
#ifndef CTL_SHIELD_GUARDIANS_H
#define CTL_SHIELD_GUARDIANS_H

#include "ctl/common/cli.h"
#include "guardian/guardian.h"
#include "protector/grant.h"

#define GUARDIANS_FOLDER "/.local/share/shieldwall/guardians"
#define GUARDIANS_MAX    256

/* A guardian of one's own, opened. */
struct own_guardian {
	char name[NAME_MAX_LEN + 1];
	struct guardian_file file;
	struct key *sign, *enc; /* private */
};
void own_guardian_free(struct own_guardian *g);
#define auto_own_guardian CLEANUP(own_guardian_free)

struct known_guardian {
	char name[NAME_MAX_LEN + 1];
	bool own;
};
struct known_guardians {
	struct known_guardian list[GUARDIANS_MAX];
	size_t n;
};

/* All that there are, by name; none when there is no folder yet. */
MUST_CHECK int guardians_list(const struct cli *cli,
    struct known_guardians *ret, struct diag *d);
/* The public guardian of that name, checked; ERR_NOT_FOUND. */
MUST_CHECK int guardians_load(const struct cli *cli, const char *name,
    struct guardian_file *ret, bool *ret_own, struct diag *d);
/* The name under which this pair is known, or "". */
void guardians_name_of(const struct cli *cli, const struct grant_pair *pair,
    char ret[static NAME_MAX_LEN + 1]);
/* The container of an own guardian, as it lies there. */
MUST_CHECK int guardians_read_private(const struct cli *cli, const char *name,
    struct buf *ret, struct diag *d);
/* Asks for the passphrase. */
MUST_CHECK int guardians_open(const struct cli *cli, const char *name,
    struct own_guardian *ret, struct diag *d);
/* The own guardian that is a grant's owner; ERR_NOT_FOUND. */
MUST_CHECK int guardians_open_owner(const struct cli *cli,
    const struct grant *grant, struct own_guardian *ret, struct diag *d);

/* AlreadyExists when the name is taken, by either kind. */
MUST_CHECK int guardians_check_free(const struct cli *cli, const char *name,
    struct diag *d);
MUST_CHECK int guardians_add(const struct cli *cli, const char *name, bool own,
    struct bytes contents, struct diag *d);
MUST_CHECK int guardians_remove(const struct cli *cli, const char *name,
    bool own, struct diag *d);

#endif
