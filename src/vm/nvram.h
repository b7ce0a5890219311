/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secure Boot enrolment without a boot: writes PK, KEK, db and dbx into a blank
 * edk2 variable volume (OVMF_VARS.fd), so that a VM's very first start is in
 * user mode with its own keys, and PCR 7 is known beforehand. A pure function
 * of bytes: firmware volume per UEFI PI 1.7 Vol. 3 3.2, signature lists per
 * UEFI 2.10 32.4.1, the variable store as edk2's MdeModulePkg writes it.
 */
#ifndef VM_NVRAM_H
#define VM_NVRAM_H

#include "base/buf.h"
#include "base/err.h"

#define NVRAM_CERTIFICATE_MAX 4096
#define NVRAM_CERTIFICATES    16    /* in each of KEK and db */
#define NVRAM_VARIABLE_MAX    32768 /* what OVMF accepts of a signed variable */

struct secure_boot_keys {
	struct bytes pk;         /* one X.509 certificate, DER */
	const struct bytes *kek; /* at least one, DER */
	size_t n_kek;
	const struct bytes *db; /* at least one, DER */
	size_t n_db;
	struct bytes dbx; /* EFI signature lists; empty: no dbx variable */
};

/*
 * Appends to *ret a copy of the template that holds the keys, with Secure Boot
 * on. The owner is a GUID in its UEFI byte order; the timestamp, in seconds
 * since 1970, is that of the variables. Refused: a template that is not a whole
 * firmware volume or not blank, keys that are not DER or do not fit.
 */
MUST_CHECK int nvram_enrol(struct bytes template,
    const struct secure_boot_keys *keys, const uint8_t owner[static 16],
    uint64_t timestamp, struct buf *ret, struct diag *d);

#endif
