/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this directory share.
 */
#ifndef TPMDEV_INTERNAL_H
#define TPMDEV_INTERNAL_H

#include <tss2/tss2_esys.h>

#include "tpmdev/tpmdev.h"

/* Making a prime can take a chip a minute; nothing else takes long. */
#define DEADLINE_MS        30000
#define DEADLINE_CREATE_MS 180000
/*
 * What the transport then says: not TRY_AGAIN, on which ESYS would ask again
 * for ever.
 */
#define DEADLINE_PASSED TSS2_TCTI_RC_GENERAL_FAILURE

struct tpmdev {
	TSS2_TCTI_CONTEXT *tcti; /* the one with the deadline */
	ESYS_CONTEXT *esys;
};

/*
 * A transport that gives up when no answer has come after its deadline; it
 * owns `inner`, which came from tctildr.
 */
MUST_CHECK int tcti_deadline_new(TSS2_TCTI_CONTEXT *inner, int lowest_free,
    TSS2_TCTI_CONTEXT **ret, struct diag *d);
/* The number that the next descriptor will have; asked before opening. */
int tcti_lowest_free(void);
void tcti_deadline_free(TSS2_TCTI_CONTEXT *tcti);
void tcti_deadline_set(TSS2_TCTI_CONTEXT *tcti, int ms);

/* ERR_TPM with "what: 0x1df (...)"; ERR_TIMEOUT for the deadline. */
int tpmdev_fail(struct diag *d, TSS2_RC rc, const char *what);
#define tpmdev_deadline(t, ms) tcti_deadline_set((t)->tcti, (ms))

/* An HMAC or policy session; salted to `salt` if not ESYS_TR_NONE. */
MUST_CHECK int session_start(struct tpmdev *t, TPM2_SE type, ESYS_TR salt,
    ESYS_TR *ret, struct diag *d);
void session_end(struct tpmdev *t, ESYS_TR session);

/* Flushes what another client of a raw TPM left loaded. */
MUST_CHECK int tpmdev_sweep(struct tpmdev *t, struct diag *d);

/* For key use: (re)sets the authValue that ESYS computes with. */
MUST_CHECK int key_auth_set(const struct tpmdev_key *key,
    const struct secret *auth, struct diag *d);
void key_auth_clear(const struct tpmdev_key *key);

#endif
