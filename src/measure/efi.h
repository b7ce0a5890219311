/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few UEFI event bodies that are judged (TCG PC Client Platform Firmware
 * Profile 1.05, 10.2.6 and 10.4.2). A body is believed only after its hash was
 * found equal to the event's digest.
 */
#ifndef MEASURE_EFI_H
#define MEASURE_EFI_H

#include "base/err.h"
#include "base/reader.h"

#define EFI_NAME_MAX 512 /* characters of a variable's name */

struct efi_variable {
	struct bytes guid; /* 16 bytes */
	struct bytes name; /* UTF-16LE, no NUL */
	struct bytes data;
};

/* UEFI_VARIABLE_DATA, whole; views point into `in`. */
MUST_CHECK int efi_variable_parse(struct bytes in, struct efi_variable *ret,
    struct diag *d);
/*
 * The same with bytes left over behind the data: old shims wrote six. For
 * people only.
 */
MUST_CHECK int efi_variable_parse_loose(struct bytes in,
    struct efi_variable *ret, struct diag *d);
enum efi_vendor {
	EFI_VENDOR_GLOBAL,   /* SecureBoot, PK, KEK, ... */
	EFI_VENDOR_DATABASE, /* db, dbx */
	EFI_VENDOR_SHIM
};
bool efi_vendor_is(const struct efi_variable *v, enum efi_vendor vendor);
bool efi_variable_is(const struct efi_variable *v, enum efi_vendor vendor,
    const char *name);
/* The name as printable ASCII, other characters as '?'. */
void efi_variable_name(const struct efi_variable *v, char *ret, size_t size);

/* UEFI_VARIABLE_DATA of dbx up to its VariableData of this length. */
#define EFI_DBX_HEAD 38
void efi_dbx_head(size_t data_len, uint8_t ret[static EFI_DBX_HEAD]);

enum efi_separator {
	EFI_SEPARATOR_NORMAL, /* 0 or 0xFFFFFFFF */
	EFI_SEPARATOR_ERROR,  /* 1: the firmware failed to measure */
	EFI_SEPARATOR_OTHER
};
enum efi_separator efi_separator(struct bytes data);

/*
 * EV_EVENT_TAG: the text of the one tagged event inside ("Linux initrd"),
 * or empty. It is a description: no digest covers it.
 */
struct bytes efi_tag_text(struct bytes data);

#endif
