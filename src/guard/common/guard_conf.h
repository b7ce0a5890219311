/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.conf: how the host's processes run. One table for all of them, so that
 * a key for one is not an unknown key for another.
 */
#ifndef GUARD_COMMON_GUARD_CONF_H
#define GUARD_COMMON_GUARD_CONF_H

#include "conf/conf.h"

struct guard_conf {
	char name[64];      /* [host] name: empty, the machine's own */
	char tcti[256];     /* [tpm] tcti: the TPM, as tctildr names it */
	char user[32];      /* [agent] user guardd runs as */
	char group[32];     /* [agent] group that may use guard.sock */
	char url[256];      /* [hgs] url */
	char fallback[256]; /* [hgs] fallback: url, or empty */
	char pin[65]; /* [hgs] pin: hex SHA-256 of the HGS's TLS certificate */
	uint64_t interval;  /* [attestation] interval: seconds */
	uint64_t retry_max; /* [attestation] retry_max: seconds */
	/* [tpm] files of this boot's evidence; missing ones are empty parts. */
	char boot_log[256];
	char ima_log[256];
	char command_line[256];
	char vm_dir[256];   /* [vm] dir: one folder per VM in it */
	char accel[8];      /* [vm] accel: auto, tcg or kvm */
	uint64_t uid_base;  /* [vm] uid_base: first of the VMs' users */
	char qemu[256];     /* [vm] qemu: program */
	char swtpm[256];    /* [vm] swtpm: program */
	char firmware[256]; /* [vm] firmware: OVMF code volume */
};

/* root + /etc/shieldwall/guard.conf; a missing file means the fallbacks. */
MUST_CHECK int guard_conf_load(const char *root, struct guard_conf *ret,
    struct diag *d);
/* One file's text alone, for whoever is about to write it. */
MUST_CHECK int guard_conf_parse(const char *file, struct bytes text,
    struct guard_conf *ret, struct diag *d);

#endif
