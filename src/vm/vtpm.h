/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's own TPM at rest: made without the VM running, its state encrypted
 * under a key that only the VM's sealed secrets hold (a regular VM's under one
 * beside it, or in clear), and told by digest from an older or another one.
 */
#ifndef VM_VTPM_H
#define VM_VTPM_H

#include "base/base.h"
#include "base/err.h"

#define VTPM_KEY_SIZE  32
#define VTPM_FILES_MAX 8
#define VTPM_STATE_MAX ((size_t)1 << 20)
#define VTPM_BANK      "sha256"
#define VTPM_FILE      "tpm2-00.permall" /* all that outlives a run */
#define VTPM_FILE_LOCK ".lock"

struct vtpm_new {
	const char *state;   /* an empty folder, absolute */
	const char *scratch; /* another one: the certificate's passing CA */
	const char *name;    /* of the VM: name_valid() */
	const uint8_t *key;  /* VTPM_KEY_SIZE bytes; NULL: in clear */
};

/*
 * A TPM 2.0 with an endorsement key and its certificate, one PCR bank. The
 * CA that issues the certificate is made for it and left in scratch, which
 * the caller removes.
 */
MUST_CHECK int vtpm_create(const struct vtpm_new *in, struct diag *d);

/*
 * vm_secrets.vtpm_digest: SHA-256 over {name, contents}, each behind its u32
 * length, of every file in the state folder but its lock, by name. FileInvalid
 * for folders and links, or more or larger files than swtpm writes. Only true
 * while no swtpm runs on it.
 */
MUST_CHECK int vtpm_digest(int state_fd, uint8_t ret[static 32],
    struct diag *d);

#endif
