/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only code that opens a TPM: the commands that guard-tpm needs, on ESYS
 * and whatever transport tctildr knows (device, swtpm). Every command has a
 * deadline. A connection holds nothing that must survive it: keys that shall
 * be used again are saved as contexts.
 *
 * Errors are ERR_TPM with the TPM's code in hex and its meaning.
 */
#ifndef TPMDEV_TPMDEV_H
#define TPMDEV_TPMDEV_H

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "tpm/attest.h"
#include "tpm/pcr.h"
#include "tpm/types.h"

#define TPMDEV_DEFAULT "device:/dev/tpmrm0"

struct tpmdev;

/* tcti: "device:/dev/tpmrm0", "swtpm:path=/run/x.sock", ... */
MUST_CHECK int tpmdev_open(const char *tcti, struct tpmdev **ret,
    struct diag *d);
void tpmdev_close(struct tpmdev *t);
DEFINE_FREE_P(struct tpmdev, tpmdev_close);
#define auto_tpmdev CLEANUP(tpmdev_close_p)

/* A key in the TPM, good while the connection is open. */
struct tpmdev_key {
	struct tpmdev *dev;  /* NULL: none */
	uint32_t object;     /* ESYS_TR */
	uint32_t persistent; /* its handle, or 0 */
	uint8_t public[TPM_PUBLIC_MAX];
	size_t public_len;
};

/* Takes it out of the TPM's memory; accepts none. */
void tpmdev_key_flush(struct tpmdev_key *key);
#define auto_tpmdev_key CLEANUP(tpmdev_key_flush)
struct bytes tpmdev_key_public(const struct tpmdev_key *key);

/*
 * The endorsement key: RSA-2048 (persistent or from its template), or P-256
 * where the TPM has a certificate for that one only.
 */
MUST_CHECK int tpmdev_ek(struct tpmdev *t, struct tpmdev_key *ret,
    struct diag *d);
/*
 * Its certificate (DER, without the padding), and behind it the intermediates
 * that the TPM holds and ret has room for; ERR_NOT_FOUND.
 */
MUST_CHECK int tpmdev_ek_certificate(struct tpmdev *t, struct buf *ret,
    struct diag *d);
/* The attestation key: always the same on a TPM. */
MUST_CHECK int tpmdev_ak(struct tpmdev *t, struct tpmdev_key *ret,
    struct diag *d);
/*
 * A host key: another one for each `unique` (64 bytes), usable with `auth`
 * only, gone with the TPM's next reset. ek protects auth on the bus.
 */
MUST_CHECK int tpmdev_hk_create(struct tpmdev *t, const struct tpmdev_key *ek,
    const struct secret *unique, const struct secret *auth,
    struct tpmdev_key *ret, struct diag *d);

/* What tpmdev_key_load() gets the key back from, in this boot. */
MUST_CHECK int tpmdev_key_save(const struct tpmdev_key *key, struct buf *ret,
    struct diag *d);
MUST_CHECK int tpmdev_key_load(struct tpmdev *t, struct bytes saved,
    struct tpmdev_key *ret, struct diag *d);

MUST_CHECK int tpmdev_activate(const struct tpmdev_key *ak,
    const struct tpmdev_key *ek, struct bytes blob, struct bytes encrypted,
    struct secret *ret, struct diag *d);
/* TPMS_ATTEST and TPMT_SIGNATURE are appended. */
MUST_CHECK int tpmdev_quote(const struct tpmdev_key *ak,
    struct bytes extra_data, uint32_t mask, struct buf *ret_attest,
    struct buf *ret_signature, struct diag *d);
MUST_CHECK int tpmdev_certify(const struct tpmdev_key *ak,
    const struct tpmdev_key *key, const struct secret *auth,
    struct bytes extra_data, struct buf *ret_attest, struct buf *ret_signature,
    struct diag *d);
/*
 * The x coordinate of the host key's secret times this point (04 || x || y),
 * encrypted on the bus in a session salted to ek.
 */
MUST_CHECK int tpmdev_ecdh(const struct tpmdev_key *hk,
    const struct tpmdev_key *ek, const struct secret *auth,
    const uint8_t point[static 65], struct secret *ret, struct diag *d);

/* SHA-256 bank. */
MUST_CHECK int tpmdev_pcr_extend(struct tpmdev *t, unsigned pcr,
    const uint8_t digest[static TPM_SHA256_SIZE], struct diag *d);
/* Only the PCRs of mask are written. */
MUST_CHECK int tpmdev_pcr_read(struct tpmdev *t, uint32_t mask,
    struct pcr_values *ret, struct diag *d);
MUST_CHECK int tpmdev_clock(struct tpmdev *t, struct tpm_clock *ret,
    struct diag *d);

/* "parameter 1: integrity check failed" for a TPM2 response code. */
void tpmdev_rc_text(uint32_t rc, char *ret, size_t size);

#endif
