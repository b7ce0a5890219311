/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grant: the owner's signed word on who may open a family of VMs, and
 * under what policy. It names its signer itself: whoever matters is known by
 * the digest of the owner's signing certificate. doc/FORMAT.protector.
 */
#ifndef PROTECTOR_GRANT_H
#define PROTECTOR_GRANT_H

#include "guardian/guardian.h"

#define GRANT_GUARDIANS_MAX 16
#define GRANT_MAX           (320 * 1024)
#define GRANT_VERSION       1
#define FAMILY_SIZE         16

enum grant_level {
	GRANT_ENCRYPTION_SUPPORTED = 1, /* fabric may see the console */
	GRANT_SHIELDED = 2
};

enum grant_unknown_vm {
	GRANT_UNKNOWN_VM_REFUSE = 0, /* an HGS without memory refuses */
	GRANT_UNKNOWN_VM_ALLOW = 1
};

/* Attestation modes the owner accepts, as bits. */
#define GRANT_MODE_TPM      0x01u
#define GRANT_MODE_HOSTKEY  0x02u
#define GRANT_MODE_KERBEROS 0x04u
#define GRANT_MODES_ALL     0x07u

struct grant_policy {
	uint8_t level; /* enum grant_level */
	bool console;  /* of a shielded VM; the other level has one */
	uint8_t secure_boot_keys[32]; /* digest of the key set; zero: any */
	uint64_t catalogue_min;       /* a.b.c.d as 4 x 16 bits */
	bool clean_stop;     /* refuse to start after an unclean stop */
	uint8_t unknown_vm;  /* enum grant_unknown_vm */
	bool quorum_restore; /* M of N administrators may restore */
};

struct grant_pair {
	struct bytes sign_cert;
	struct bytes enc_cert;
};

struct grant_guardian {
	struct bytes sign_cert;
	struct bytes enc_cert;
	/* guardian_pair_digest() of the one allowed successor; zero: none. */
	uint8_t successor[32];
};

struct grant_content {
	uint16_t version;
	uint16_t suite;
	uint8_t family[FAMILY_SIZE];
	uint64_t revision; /* 1, then higher at each change by the owner */
	struct grant_policy policy;
	uint32_t modes;
	struct grant_pair owner;
	struct grant_guardian guardians[GRANT_GUARDIANS_MAX];
	size_t n_guardians;
	uint8_t threshold;       /* 1 */
	uint32_t offline_starts; /* 0: the HGS is asked at every start */
	uint32_t offline_hours;
};

/* An opened grant: signature verified, certificates parsed, owned bytes. */
struct grant {
	struct grant_content c; /* views into der */
	uint8_t digest[32];     /* SHA-256 of der */
	uint8_t owner_id[32];   /* SHA-256 of the owner's signing certificate */
	struct guardian_cert owner_sign, owner_enc;
	struct guardian_cert sign[GRANT_GUARDIANS_MAX];
	struct guardian_cert enc[GRANT_GUARDIANS_MAX];
	struct buf der;
};

MUST_CHECK int grant_make(const struct grant_content *in,
    const struct key *owner_sign, struct buf *ret, struct diag *d);
/* ProtectorInvalid, SuiteUnknown, SignatureInvalid. May be kept, by digest. */
MUST_CHECK int grant_open(struct bytes der, struct grant **ret, struct diag *d);
void grant_free(struct grant *g);
DEFINE_FREE_P(struct grant, grant_free);
#define auto_grant CLEANUP(grant_free_p)

bool grant_accepts_mode(const struct grant *g, uint32_t mode);
const char *grant_level_name(uint8_t level);

#endif
