/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections, response codes, sessions and the sweep; see tpmdev.h.
 */
#include "tpmdev/tpmdev.h"

#include <stdio.h>
#include <string.h>
#include <tss2/tss2_sys.h>
#include <tss2/tss2_tctildr.h>

#include "tpmdev/internal.h"

/* Part 2, 7.2: the first byte of a handle is its type. */
#define LOADED_SESSIONS   0x02000000u
#define SAVED_SESSIONS    0x03000000u
#define TRANSIENT_OBJECTS 0x80000000u

/* Format-one codes (Part 2, 6.6.3) by their lowest six bits. */
static const char *
format_one_text(uint32_t rc)
{
	switch (rc & 0x3f) {
	case 0x02:
		return "attributes do not fit";
	case 0x04:
		return "value out of range";
	case 0x05:
		return "hierarchy disabled or wrong";
	case 0x07:
		return "key size";
	case 0x0b:
		return "no such handle";
	case 0x0e:
		return "authorisation failed, counted against lockout";
	case 0x12:
		return "scheme does not fit the key";
	case 0x15:
		return "size";
	case 0x1c:
		return "key does not fit";
	case 0x1d:
		return "policy not met";
	case 0x1f:
		return "integrity check failed";
	case 0x20:
		return "foreign or invalid ticket";
	case 0x22:
		return "authorisation failed";
	case 0x27:
		return "point is not on the curve";
	default:
		return "refused";
	}
}

static const char *
format_zero_text(uint32_t rc)
{
	switch (rc) {
	case 0x100:
		return "TPM not started";
	case 0x101:
		return "failure, or undecryptable input";
	case 0x120:
		return "command disabled";
	case 0x126:
		return "policy compares false";
	case 0x128:
		return "a PCR changed";
	case 0x12f:
		return "authorisation by value not available";
	case 0x149:
		return "access not authorised";
	case 0x14a:
		return "written too rarely or not at all";
	case 0x902:
		return "no free object slot";
	case 0x903:
		return "no free session slot";
	case 0x907:
		return "locality";
	case 0x908:
		return "yielded";
	case 0x90a:
		return "testing itself";
	case 0x910:
		return "no such loaded object";
	case 0x920:
		return "non-volatile memory rate limit";
	case 0x921:
		return "locked out";
	case 0x922:
		return "busy";
	default:
		return "error";
	}
}

void
tpmdev_rc_text(uint32_t rc, char *ret, size_t size)
{
	uint32_t n = rc >> 8 & 0xf;

	if ((rc & 0xff0000) != 0)
		(void)snprintf(ret, size, "%s",
		    (rc & 0xff0000) == TSS2_TCTI_RC_LAYER
			? "transport failed"
			: "software stack refused");
	else if ((rc & 0x80) == 0)
		(void)snprintf(ret, size, "%s", format_zero_text(rc));
	else if ((rc & 0x40) != 0)
		(void)snprintf(ret, size, "parameter %u: %s", n,
		    format_one_text(rc));
	else
		(void)snprintf(ret, size, "%s %u: %s",
		    n >= 8 ? "session" : "handle", n & 7, format_one_text(rc));
}

int
tpmdev_fail(struct diag *d, TSS2_RC rc, const char *what)
{
	char text[96];

	if (rc == DEADLINE_PASSED)
		return diag_fail(d, ERR_TIMEOUT,
		    "%s: the TPM did not answer in time", what);
	tpmdev_rc_text(rc, text, sizeof(text));
	return diag_fail(d, ERR_TPM, "%s: TPM code 0x%x (%s)", what, rc, text);
}

/*
 * A kernel or user-space resource manager cleans up behind its clients, and
 * shows us other clients' sessions. Behind swtpm or a raw device there is one
 * client at a time, so what is loaded when we come was forgotten.
 */
static bool
has_no_manager(const char *tcti)
{
	return strncmp(tcti, "swtpm", 5) == 0 ||
	    strncmp(tcti, "mssim", 5) == 0 ||
	    (strncmp(tcti, "device:", 7) == 0 && strstr(tcti, "tpmrm") == NULL);
}

static int
open_transport(const char *tcti, TSS2_TCTI_CONTEXT **ret, struct diag *d)
{
	TSS2_TCTI_CONTEXT *inner = NULL;
	int err, lowest = tcti_lowest_free();
	TSS2_RC rc;

	rc = Tss2_TctiLdr_Initialize(tcti, &inner);
	if (rc != TSS2_RC_SUCCESS) {
		err = tpmdev_fail(d, rc, tcti);
		diag_prefix(d, "cannot open the TPM");
		return err;
	}
	if ((err = tcti_deadline_new(inner, lowest, ret, d)) < 0)
		Tss2_TctiLdr_Finalize(&inner);
	return err;
}

int
tpmdev_open(const char *tcti, struct tpmdev **ret, struct diag *d)
{
	TSS2_ABI_VERSION abi = TSS2_ABI_VERSION_CURRENT;
	auto_tpmdev struct tpmdev *t = NULL;
	TSS2_TCTI_CONTEXT *transport = NULL;
	TSS2_RC rc;
	int err;

	if ((err = open_transport(tcti, &transport, d)) < 0)
		return err;
	if ((t = calloc(1, sizeof(*t))) == NULL) {
		tcti_deadline_free(transport);
		return diag_nomem(d);
	}
	t->tcti = transport;
	rc = Esys_Initialize(&t->esys, t->tcti, &abi);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "cannot start ESYS");
	if (has_no_manager(tcti) && (err = tpmdev_sweep(t, d)) < 0)
		return err;
	*ret = TAKE_PTR(&t);
	return ERR_OK;
}

void
tpmdev_close(struct tpmdev *t)
{
	if (t == NULL)
		return;
	Esys_Finalize(&t->esys);
	tcti_deadline_free(t->tcti);
	free(t);
}

/* All loaded handles of one type. */
static int
sweep_type(struct tpmdev *t, uint32_t first, struct diag *d)
{
	TSS2_SYS_CONTEXT *sys = NULL;
	TPMS_CAPABILITY_DATA *cap = NULL;
	TSS2_RC rc;
	uint32_t i;

	rc = Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, TPM2_CAP_HANDLES, first, 64, NULL, &cap);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "list of loaded handles");
	/* ESYS has no object for a handle that it did not make. */
	rc = Esys_GetSysContext(t->esys, &sys);
	for (i = 0; rc == TSS2_RC_SUCCESS && i < cap->data.handles.count &&
	     i < TPM2_MAX_CAP_HANDLES;
	     i++)
		rc = Tss2_Sys_FlushContext(sys, cap->data.handles.handle[i]);
	Esys_Free(cap);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "flush of a left-over handle");
	return ERR_OK;
}

int
tpmdev_sweep(struct tpmdev *t, struct diag *d)
{
	int rc;

	if ((rc = sweep_type(t, LOADED_SESSIONS, d)) < 0 ||
	    (rc = sweep_type(t, SAVED_SESSIONS, d)) < 0 ||
	    (rc = sweep_type(t, TRANSIENT_OBJECTS, d)) < 0)
		return rc;
	return ERR_OK;
}

int
session_start(struct tpmdev *t, TPM2_SE type, ESYS_TR salt, ESYS_TR *ret,
    struct diag *d)
{
	const TPMT_SYM_DEF aes = { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	const TPMA_SESSION keep = TPMA_SESSION_CONTINUESESSION;
	const TPMA_SESSION hide = TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;
	ESYS_TR session = ESYS_TR_NONE;
	TSS2_RC rc;

	rc = Esys_StartAuthSession(t->esys, salt, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, NULL, type, &aes, TPM2_ALG_SHA256,
	    &session);
	if (rc != TSS2_RC_SUCCESS)
		return tpmdev_fail(d, rc, "start of a session");
	/* Kept after use, so that ending it is the same in every case. */
	rc = Esys_TRSess_SetAttributes(t->esys, session,
	    salt == ESYS_TR_NONE ? keep : keep | hide, 0xff);
	if (rc != TSS2_RC_SUCCESS) {
		session_end(t, session);
		return tpmdev_fail(d, rc, "attributes of a session");
	}
	*ret = session;
	return ERR_OK;
}

void
session_end(struct tpmdev *t, ESYS_TR session)
{
	if (session != ESYS_TR_NONE)
		(void)Esys_FlushContext(t->esys, session);
}
