/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This host as its own administrator sees it: configuration, places, and what
 * there is to read of its boot and its TPM.
 */
#ifndef CTL_GUARDCTL_HOST_H
#define CTL_GUARDCTL_HOST_H

#include "base/text.h"
#include "conf/paths.h"
#include "ctl/common/cli.h"
#include "guard/common/guard_conf.h"
#include "measure/findings.h"
#include "proto/guard.h"

struct host {
	const char *root;
	struct guard_conf conf;
	char vm_dir[PATH_TEXT_MAX];
};

MUST_CHECK int host_load(const struct cli *cli, struct host *ret,
    struct diag *d);
/* ERR_USAGE unless the caller is root. */
MUST_CHECK int host_need_root(const struct cli *cli, struct diag *d);
/* The name in guard.conf, or the machine's. */
MUST_CHECK int host_name(const struct host *h,
    char ret[static NAME_MAX_LEN + 1], struct diag *d);

/* The firmware: below the root if it is there, else the machine's. */
MUST_CHECK int host_firmware(const struct host *h, char *ret, size_t size,
    struct diag *d);

struct host_identity {
	struct buf storage;
	struct tpm_identity tpm; /* views into storage */
};

void host_identity_free(struct host_identity *id);
#define auto_host_identity CLEANUP(host_identity_free)
/* Asks guard-tpm; ret must be zero. */
MUST_CHECK int host_identity(const struct host *h, struct host_identity *ret,
    struct diag *d);

/* This boot's logs, and what they say. */
struct host_boot {
	struct buf boot_log, ima_log, command_line;
	struct findings_store store;
	struct findings findings; /* views into store */
};

void host_boot_free(struct host_boot *b);
DEFINE_FREE_P(struct host_boot, host_boot_free);
#define auto_host_boot CLEANUP(host_boot_free_p)
/*
 * pcr15: evidence part 11, or none. A file that is not there is an absent
 * part: the findings say so. One that cannot be read is an error.
 */
MUST_CHECK int host_boot(const struct host *h, struct bytes pcr15,
    struct host_boot **ret, struct diag *d);

#endif
