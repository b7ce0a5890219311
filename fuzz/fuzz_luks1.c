/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of a disk that a fabric's administrator could write to.
 */
#include "fuzz.h"

#include "disk/luks1.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct luks1 h;

	if (luks1_parse(bytes_of(p, n), &h, NULL) != ERR_OK)
		return 0;
	if (n != LUKS1_HEADER_SIZE || h.payload > LUKS1_PAYLOAD_MAX ||
	    h.material > h.payload || h.uuid[LUKS1_UUID_SIZE] != '\0')
		abort();
	return 0;
}
