/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/release_key.h"

#include <string.h>

#include "crypto/hash.h"

void
release_key_derive(struct bytes shared, const uint8_t serial[static 16],
    uint8_t ret[static RELEASE_KEY_SIZE])
{
	uint8_t info[sizeof(RELEASE_KEY_LABEL) - 1 + 16];

	memcpy(info, RELEASE_KEY_LABEL, sizeof(RELEASE_KEY_LABEL) - 1);
	memcpy(info + sizeof(RELEASE_KEY_LABEL) - 1, serial, 16);
	hkdf_sha256(shared, BYTES_NONE, BYTES_OF_ARRAY(info), ret,
	    RELEASE_KEY_SIZE);
}
