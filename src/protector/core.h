/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core of a key protector, "SWKC" {grant, wrap, seal}: all of it that an
 * HGS ever sees. doc/FORMAT.protector.
 *
 * core_parse() verifies everything that needs no private key; core_open()
 * comes after it and never before.
 */
#ifndef PROTECTOR_CORE_H
#define PROTECTOR_CORE_H

#include "protector/seal.h"
#include "protector/wrap.h"

#define CORE_MAX (GRANT_MAX + WRAP_MAX + SEAL_MAX + 64)

struct core {
	struct bytes der;          /* the core's bytes (owned below) */
	const struct grant *grant; /* owned, or the caller's cached one */
	struct seal_content seal;  /* views */
	struct wrap wrap;          /* views */
	uint8_t seal_digest[32];   /* SHA-256 of the seal's DER: its name */
	struct bytes grant_der, wrap_der, seal_der, seal_bytes; /* views */
	/*
	 * Recipients in the order of the wrap: 0 the owner, i the grant's
	 * guardian i - 1 or the successor that took its place.
	 */
	const struct guardian_cert *sign[WRAP_RECIPIENTS_MAX];
	const struct guardian_cert *enc[WRAP_RECIPIENTS_MAX];
	size_t n;
	/* Private to protector.c. */
	struct grant *own_grant;
	struct guardian_cert succ_sign[GRANT_GUARDIANS_MAX];
	struct guardian_cert succ_enc[GRANT_GUARDIANS_MAX];
	struct buf own;
};

void core_free(struct core *c);
DEFINE_FREE_P(struct core, core_free);
#define auto_core CLEANUP(core_free_p)

/*
 * cached: a grant opened earlier, used if its bytes are this core's (NULL if
 * none); it must outlive the result. The input may be freed afterwards.
 */
MUST_CHECK int core_parse(struct bytes in, const struct grant *cached,
    struct core **ret, struct diag *d);
/* The three parts, unverified: to look a cached grant up by its digest. */
MUST_CHECK int core_split(struct bytes in, struct bytes *ret_grant,
    struct bytes *ret_wrap, struct bytes *ret_seal, struct diag *d);

/* True for the protector of shielding data: it opens, but never rolls. */
bool core_is_template(const struct core *c);
/* GuardianNotGranted unless it is a recipient; the owner is 0. */
MUST_CHECK int core_find(const struct core *c, struct bytes enc_cert,
    size_t *ret_index, struct diag *d);

/* ProtectorNotOpenable, whatever the cause. ret is the transport key. */
MUST_CHECK int core_open(const struct core *c, const struct key *enc,
    size_t index, struct secret *ret, struct diag *d);

/* What every new core needs. */
struct core_new {
	struct bytes tk; /* the new transport key, 32 random bytes */
	const struct wrap_random *random;
	const struct key *signer; /* private signing key of ... */
	size_t signer_index;      /* ... this recipient */
	struct seal_receipt receipt;
	/*
	 * A guardian that hands over to its successor (core_roll only): the
	 * grant's index and the pair; certificates empty if none.
	 */
	struct seal_successor successor;
};

/*
 * A fresh core, by the owner (signer_index 0): generation 1, or 0 for a
 * template (vm_id and recovery digest zero).
 */
MUST_CHECK int core_create(const struct grant *grant,
    const uint8_t vm_id[static VM_ID_SIZE],
    const uint8_t recovery_digest[static 32], const struct core_new *in,
    struct buf *ret, struct diag *d);
/* The next generation: same grant, VM and recovery blob, new TK. */
MUST_CHECK int core_roll(const struct core *old, struct bytes old_tk,
    const struct core_new *in, struct buf *ret, struct diag *d);
/* A VM's first seal from a template, by a guardian: generation 1. */
MUST_CHECK int core_provision(const struct core *template, struct bytes tk,
    const uint8_t vm_id[static VM_ID_SIZE],
    const uint8_t recovery_digest[static 32], const struct core_new *in,
    struct buf *ret, struct diag *d);
/*
 * The owner's change of grant (same family, higher revision) and, if they
 * were remade, of the working keys: next generation, signed by the owner.
 */
MUST_CHECK int core_regrant(const struct core *old, struct bytes old_tk,
    const struct grant *grant, const uint8_t recovery_digest[static 32],
    const struct core_new *in, struct buf *ret, struct diag *d);

/*
 * What a host checks of the core it was handed before it writes it: same
 * grant, VM and recovery blob, next generation, made from `old`, tag by tk.
 */
MUST_CHECK int core_check_successor(const struct core *old,
    const struct core *new, struct bytes new_tk, struct diag *d);
/* The same in local mode, where the owner alone seals, and no guardian. */
MUST_CHECK int core_check_owners_successor(const struct core *old,
    const struct core *new, struct bytes new_tk, struct diag *d);
/* The same for the first core of a VM that is being provisioned. */
MUST_CHECK int core_check_provisioned(const struct core *template,
    const struct core *new, const uint8_t vm_id[static VM_ID_SIZE],
    const uint8_t recovery_digest[static 32], struct bytes new_tk,
    struct diag *d);

/* HKDF-SHA256 of a transport key: 32 bytes for one labelled purpose. */
void tk_derive(struct bytes tk, struct bytes salt, const char *label,
    struct bytes context, uint8_t ret[static 32]);

#endif
