/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware's own forms of text, for people: GUIDs, UTF-16 and device paths
 * (UEFI 2.10, 10.3 and 10.6). What is appended is printable ASCII whatever the
 * bytes are.
 */
#ifndef MEASURE_EFI_TEXT_H
#define MEASURE_EFI_TEXT_H

#include "base/buf.h"

#define EFI_GUID_SIZE      16
#define EFI_PATH_NODES_MAX 64

/* Hexadecimal digits of at most 32 bytes, then "...". */
bool efi_put_hex(struct buf *b, struct bytes data);
/* "8be4df61-93ca-11d2-aa0d-00e098032b8c" of 16 bytes as laid out in memory. */
bool efi_put_guid(struct buf *b, struct bytes guid);
/*
 * UTF-16LE up to a NUL or the end; other characters than printable ASCII and
 * the backslash as \uNNNN, an odd byte at the end as \xNN; at most max
 * characters, then "...".
 */
bool efi_put_utf16(struct buf *b, struct bytes text, size_t max);
/*
 * "PciRoot(0x0)/Pci(0x2,0x0)/HD(1,GPT,...)/\EFI\BOOT\BOOTX64.EFI". A node
 * that is not known is Path(type,subtype,hex); what is no node ends the text
 * with "[malformed]", more than EFI_PATH_NODES_MAX of them with "...".
 */
bool efi_put_path(struct buf *b, struct bytes path);

#endif
