/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI programs as files: Microsoft PE/COFF 8.3, as far as it takes to say what
 * a TPM will be told of one. Nothing is run and no signature is checked: that
 * is the firmware's business at the next start.
 */
#ifndef MEASURE_PE_H
#define MEASURE_PE_H

#include "base/err.h"
#include "base/reader.h"
#include "crypto/hash.h"

#define PE_SECTIONS_MAX 96
#define PE_FILE_MAX     ((size_t)256 << 20)

struct pe_section {
	struct bytes name; /* no NUL; long ones in full */
	struct bytes raw;  /* in the file */
	size_t at;         /* of raw; 0 where there is none */
	uint32_t size;     /* in memory */
};

struct pe {
	struct bytes in;
	size_t checksum;   /* where the field is */
	size_t cert_entry; /* where the certificate table's entry is */
	size_t headers;    /* their length */
	size_t n_sections;
	struct pe_section sections[PE_SECTIONS_MAX]; /* by place in the file */
	struct bytes certificates;                   /* the table, or empty */
};

/* All views point into `in`. */
MUST_CHECK int pe_parse(struct bytes in, struct pe *ret, struct diag *d);
/* How many sections have this name. */
size_t pe_count(const struct pe *pe, const char *name);
/* The first one as it is in memory; ERR_NOT_FOUND, or not all in the file. */
MUST_CHECK int pe_section(const struct pe *pe, const char *name,
    struct bytes *ret, struct diag *d);
/*
 * Authenticode ("Windows Authenticode Portable Executable Signature Format",
 * "Calculating the PE Image Hash") with SHA-256: what is signed, and what the
 * firmware extends PCR 4 with (TCG PFP 1.05, 3.3.4.5).
 */
void pe_authenticode(const struct pe *pe, uint8_t ret[static SHA256_SIZE]);

#endif
