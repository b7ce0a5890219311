/* SPDX-License-Identifier: Apache-2.0 */
/* The same items in words, for people. */
#include <stdio.h>

#include "base/text.h"
#include "measure/efi_text.h"
#include "measure/sipa_item.h"

#define STRING_MAX 256
#define HEX_MAX    64

enum form { NUMBER, STRING, BYTES };

static const struct {
	uint32_t type;
	enum form form;
	const char *name;
} names[] = {
	{ 0x00020001, BYTES, "information" },
	{ SIPA_BOOT_COUNTER, NUMBER, "boot count" },
	{ SIPA_TRANSFER_CONTROL, NUMBER, "transfer of control" },
	{ 0x00020004, NUMBER, "application return" },
	{ SIPA_BITLOCKER_UNLOCK, NUMBER, "BitLocker unlock" },
	{ 0x00020006, NUMBER, "event counter" },
	{ 0x00020007, BYTES, "counter id" },
	{ 0x00020008, NUMBER, "memory overwrite not cancelable" },
	{ 0x00020009, NUMBER, "application SVN" },
	{ 0x0002000a, NUMBER, "SVN chain status" },
	{ 0x0002000b, NUMBER, "memory overwrite status" },
	{ 0x00040001, NUMBER, "boot debugging" },
	{ 0x00040002, BYTES, "boot revocation list" },
	{ 0x00050001, NUMBER, "kernel debugging" },
	{ 0x00050002, NUMBER, "code integrity" },
	{ 0x00050003, NUMBER, "test signing" },
	{ 0x00050004, NUMBER, "data execution prevention" },
	{ 0x00050005, NUMBER, "safe mode" },
	{ 0x00050006, NUMBER, "Windows PE" },
	{ 0x00050007, NUMBER, "physical address extension" },
	{ 0x00050008, NUMBER, "OS device" },
	{ 0x00050009, STRING, "system root" },
	{ 0x0005000a, NUMBER, "hypervisor launch type" },
	{ 0x0005000b, STRING, "hypervisor path" },
	{ 0x0005000c, NUMBER, "hypervisor IOMMU policy" },
	{ 0x0005000d, NUMBER, "hypervisor debugging" },
	{ 0x0005000e, NUMBER, "driver load policy" },
	{ 0x0005000f, BYTES, "system integrity policy" },
	{ 0x00050010, NUMBER, "hypervisor MMIO NX policy" },
	{ 0x00050011, NUMBER, "hypervisor MSR filter policy" },
	{ 0x00050012, NUMBER, "virtual secure mode launch type" },
	{ 0x00050013, BYTES, "OS revocation list" },
	{ 0x00050014, NUMBER, "SMT status" },
	{ 0x00050020, BYTES, "virtual secure mode key" },
	{ 0x00050021, NUMBER, "flight signing" },
	{ 0x00050022, NUMBER, "page file encryption" },
	{ 0x00050023, BYTES, "virtual secure mode signing key" },
	{ 0x00050024, NUMBER, "hibernation disabled" },
	{ 0x00050025, NUMBER, "dumps disabled" },
	{ 0x00050026, NUMBER, "dump encryption" },
	{ 0x00050027, BYTES, "dump encryption key digest" },
	{ 0x00050028, NUMBER, "LSA isolation" },
	{ 0x00060001, NUMBER, "no authority" },
	{ 0x00060002, BYTES, "authority key" },
	{ 0x00070001, STRING, "path" },
	{ 0x00070002, NUMBER, "size" },
	{ 0x00070003, NUMBER, "hash algorithm" },
	{ 0x00070004, BYTES, "hash" },
	{ 0x00070005, STRING, "issuer" },
	{ 0x00070006, BYTES, "serial" },
	{ 0x00070007, NUMBER, "base" },
	{ 0x00070008, STRING, "publisher" },
	{ 0x00070009, BYTES, "thumbprint" },
	{ 0x0007000a, NUMBER, "validated" },
	{ 0x0007000b, NUMBER, "SVN" },
	{ 0x80080001, BYTES, "quote" },
	{ 0x80080002, BYTES, "quote signature" },
	{ 0x80080003, STRING, "attestation key" },
	{ 0x80080004, BYTES, "attestation key digest" },
	{ 0x00090001, STRING, "driver" },
	{ 0x00090002, BYTES, "configuration" },
	{ 0x00090003, BYTES, "policy" },
	{ 0x00090004, BYTES, "measured" },
	{ 0x000a0001, NUMBER, "virtual secure mode required" },
	{ 0x000a0002, NUMBER, "Secure Boot required" },
	{ 0x000a0003, NUMBER, "IOMMU required" },
	{ 0x000a0004, NUMBER, "NX required" },
	{ 0x000a0005, NUMBER, "MSR filtering required" },
	{ 0x000a0006, NUMBER, "mandatory enforcement" },
	{ 0x000a0007, NUMBER, "hypervisor code integrity policy" },
	{ 0x000a0008, NUMBER, "Microsoft boot chain required" },
	{ SIPA_TRUST_BOUNDARY, BYTES, "trust boundary" },
	{ SIPA_ELAM_AGGREGATE, BYTES, "early launch antimalware" },
	{ SIPA_LOADED_MODULE, BYTES, "loaded module" },
	{ 0xc0010004, BYTES, "trust point" },
	{ 0x40010005, BYTES, "key signing record" },
	{ 0x40010006, BYTES, "signed measurement" },
};

bool
sipa_is_container(struct bytes data)
{
	struct sipa_items in = sipa_items_of(data, 0);
	struct sipa_item item;
	uint32_t class;

	if (sipa_item_next(&in, &item, NULL) < 0)
		return false;
	/* SIPAEVENTTYPE_CONTAINER to _KSR, with the bits 30 and 31. */
	class = item.type >> 16 & 0x3fff;
	return class >= 1 && class <= 0x0b;
}

static void
put_value(struct buf *b, enum form form, struct bytes data)
{
	uint64_t v;

	if (form == STRING) {
		(void)buf_put_u8(b, '"');
		(void)efi_put_utf16(b, data, STRING_MAX);
		(void)buf_put_u8(b, '"');
	} else if (form == NUMBER && sipa_number(data, data.len, &v)) {
		(void)buf_printf(b, v < 1000 ? "%llu" : "0x%llx",
		    (unsigned long long)v);
	} else {
		(void)hex_put(b,
		    bytes_of(data.p, data.len < HEX_MAX ? data.len : HEX_MAX));
		(void)buf_put_text(b, data.len > HEX_MAX ? "..." : "");
	}
}

static bool
put_level(struct buf *b, struct bytes data, unsigned depth)
{
	struct sipa_items in = sipa_items_of(data, depth);
	const char *between = "";
	struct sipa_item item;
	size_t i;
	int e;

	while ((e = sipa_item_next(&in, &item, NULL)) == ERR_OK) {
		(void)buf_put_text(b, between);
		between = "; ";
		for (i = 0; i < ARRAY_LEN(names); i++)
			if (names[i].type == item.type)
				break;
		if (i < ARRAY_LEN(names))
			(void)buf_printf(b, "%s ", names[i].name);
		else
			(void)buf_printf(b, "0x%08x ", item.type);
		if ((item.type & SIPA_AGGREGATE) != 0) {
			(void)buf_put_text(b, "{ ");
			(void)put_level(b, item.data, depth + 1);
			(void)buf_put_text(b, " }");
		} else {
			put_value(b,
			    i < ARRAY_LEN(names) ? names[i].form : BYTES,
			    item.data);
		}
		if (!buf_ok(b))
			return false;
	}
	return buf_put_text(b, e == ERR_NOT_FOUND ? "" : "[malformed]");
}

bool
sipa_put_text(struct buf *b, struct bytes data)
{
	return put_level(b, data, 0);
}
