/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recovery blob: a VM's working keys encrypted to the owner alone, by the
 * tool that made them. Every roll carries it unchanged; the seal has its
 * digest. So the owner's way back does not depend on a fabric's honesty.
 */
#ifndef PROTECTOR_RECOVERY_H
#define PROTECTOR_RECOVERY_H

#include "protector/secrets.h"
#include "protector/wrap.h"

#define RECOVERY_MAX 8192

/* Takes the keys of `keys`; its state and digests are not carried. */
MUST_CHECK int recovery_make(const struct vm_secrets *keys,
    const uint8_t vm_id[static 16], const uint8_t family[static 16],
    const struct guardian_cert *owner_enc, const struct wrap_random *random,
    struct buf *ret, struct diag *d);
/* Form and recipient, without a private key. */
MUST_CHECK int recovery_check(struct bytes in,
    const struct guardian_cert *owner_enc, struct diag *d);
/* ProtectorNotOpenable; ProtectorInvalid if it is another VM's. */
MUST_CHECK int recovery_open(struct bytes in, const uint8_t vm_id[static 16],
    const uint8_t family[static 16], const struct guardian_cert *owner_enc,
    const struct key *owner_key, struct vm_secrets *ret, struct diag *d);

#endif
