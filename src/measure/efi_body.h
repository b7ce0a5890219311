/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI event bodies that are shown and not judged: TCG PC Client Platform
 * Firmware Profile 1.05, 10.2.3 to 10.2.7 and 10.4.3, and UEFI 2.10, 5.3 (GPT),
 * 3.1.3 (load options) and 32.4.1 (signature lists). All views point into the
 * input.
 */
#ifndef MEASURE_EFI_BODY_H
#define MEASURE_EFI_BODY_H

#include "base/err.h"
#include "base/reader.h"

/* UEFI_IMAGE_LOAD_EVENT; old shims leave bytes over and the fields at 0. */
struct efi_image {
	uint64_t base;
	uint64_t size;
	uint64_t link_base;
	struct bytes path; /* device path */
};
MUST_CHECK int efi_image_parse(struct bytes in, struct efi_image *ret,
    struct diag *d);

/* UEFI_PLATFORM_FIRMWARE_BLOB (`named` false) and ..._BLOB2. */
struct efi_blob {
	struct bytes
	    name; /* ASCII, maybe with a NUL; empty in the first form */
	uint64_t base;
	uint64_t size;
};
MUST_CHECK int efi_blob_parse(struct bytes in, bool named, struct efi_blob *ret,
    struct diag *d);

/* UEFI_HANDOFF_TABLE_POINTERS and ..._POINTERS2: count, then GUID and address
 * each. */
struct efi_tables {
	struct bytes name;
	uint64_t n;
	struct bytes tables; /* n times 24 bytes */
};
MUST_CHECK int efi_tables_parse(struct bytes in, bool named,
    struct efi_tables *ret, struct diag *d);
bool efi_table_next(struct bytes *rest, struct bytes *ret_guid,
    uint64_t *ret_address);

/* UEFI_GPT_DATA: the header, then the entries that are in use. */
struct efi_gpt {
	struct bytes disk; /* GUID */
	uint32_t entry_size;
	uint64_t n;
	struct bytes entries;
};
MUST_CHECK int efi_gpt_parse(struct bytes in, struct efi_gpt *ret,
    struct diag *d);
struct efi_partition {
	struct bytes type; /* GUID */
	struct bytes id;   /* GUID */
	uint64_t first;
	uint64_t last;
	struct bytes name; /* UTF-16LE, 72 bytes */
};
/* Takes the next entry off *rest; false at the end. */
bool efi_partition_next(const struct efi_gpt *gpt, struct bytes *rest,
    struct efi_partition *ret);

/* EFI_LOAD_OPTION */
struct efi_load_option {
	uint32_t attributes;
	struct bytes description; /* UTF-16LE, no NUL */
	struct bytes path;        /* device path */
	struct bytes options;
};
MUST_CHECK int efi_load_option_parse(struct bytes in,
    struct efi_load_option *ret, struct diag *d);

/*
 * EFI_SIGNATURE_LIST after list (PK, KEK, db, dbx, MokList): each signature
 * with the type of its list. A list whose sizes contradict each other is an
 * error: nothing of it is read as a hash.
 */
enum efi_signature_type {
	EFI_SIGNATURE_OTHER,
	EFI_SIGNATURE_X509,
	EFI_SIGNATURE_SHA1,
	EFI_SIGNATURE_SHA256,
	EFI_SIGNATURE_SHA384,
	EFI_SIGNATURE_SHA512,
	EFI_SIGNATURE_X509_SHA256, /* hash of a revoked certificate's body */
	EFI_SIGNATURE_RSA2048,
	EFI_SIGNATURE_TYPES
};
struct efi_signature {
	enum efi_signature_type type;
	struct bytes owner; /* GUID */
	struct bytes data;
};
struct efi_signatures {
	struct reader lists;
	struct reader entries; /* of the list at hand */
	uint32_t entry_size;
	enum efi_signature_type type;
};
struct efi_signatures efi_signatures_of(struct bytes in);
/* ERR_NOT_FOUND at the end. */
MUST_CHECK int efi_signature_next(struct efi_signatures *s,
    struct efi_signature *ret, struct diag *d);

/*
 * The subject's common name (or its last organisation or unit) of a DER
 * certificate, as bytes of whatever string type; false when there is none.
 */
bool efi_certificate_name(struct bytes der, struct bytes *ret);

#endif
