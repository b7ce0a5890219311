/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a variable volume decides how safely a VM starts: its Secure Boot
 * keys and the switch that enforces them, as one digest. PK, KEK and db count;
 * dbx does not, since a guest may add to it.
 */
#ifndef VM_NVKEYS_H
#define VM_NVKEYS_H

#include "base/err.h"

/*
 * SHA-256 over {name, length, data} of PK, KEK, db and SecureBootEnable,
 * each length a u32. ERR_REFUSED (VmStateTampered) unless the volume
 * is in user mode with Secure Boot on; ERR_FORMAT when it is not a volume.
 */
MUST_CHECK int nvram_keys_digest(struct bytes volume, uint8_t ret[static 32],
    struct diag *d);

#endif
