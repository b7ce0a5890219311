/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows' part of a boot log ("WBCL"): EV_EVENT_TAG and EV_COMPACT_HASH in
 * PCR 11-14, whose data are items {type u32, size u32, data}, little-endian; an
 * item whose type has bit 30 holds items itself (wbcl.h of the Windows SDK).
 * Facts come only from events whose every digest is that of their data, before
 * the "WBCL" separator of their PCR; they count once the PCRs are believed.
 */
#ifndef MEASURE_SIPA_H
#define MEASURE_SIPA_H

#include "base/buf.h"
#include "measure/tcglog.h"

#define SIPA_DEPTH_MAX   8
#define SIPA_ITEMS_MAX   65536 /* of one event */
#define SIPA_UNLOCKS_MAX 16
#define SIPA_ELAM_MAX    4
#define SIPA_TEXT_MAX    1024 /* bytes of a path or a name */
#define SIPA_DIGEST_MAX  64

#define SIPA_AGGREGATE        0x40000000u
#define SIPA_TRUST_BOUNDARY   0x40010001u
#define SIPA_ELAM_AGGREGATE   0x40010002u
#define SIPA_LOADED_MODULE    0x40010003u
#define SIPA_BOOT_COUNTER     0x00020002u
#define SIPA_TRANSFER_CONTROL 0x00020003u
#define SIPA_BITLOCKER_UNLOCK 0x00020005u

enum sipa_state {
	SIPA_UNKNOWN, /* nothing believable said it */
	SIPA_NO,
	SIPA_YES
};

/*
 * A property that makes a host weaker is YES once any event said so; one that
 * makes it stronger is NO once any event said so.
 */
enum sipa_property {
	/* weaker */
	SIPA_BOOT_DEBUGGING,
	SIPA_KERNEL_DEBUG,
	SIPA_HYPERVISOR_DEBUG,
	SIPA_TEST_SIGNING,
	SIPA_FLIGHT_SIGNING,
	SIPA_SAFE_MODE,
	SIPA_WINPE,
	SIPA_N_WEAKER,
	/* stronger */
	SIPA_CODE_INTEGRITY = SIPA_N_WEAKER,
	SIPA_DEP,
	SIPA_HYPERVISOR_LAUNCH,
	SIPA_IOMMU_POLICY,
	SIPA_VSM_LAUNCH,
	SIPA_PAGEFILE_ENCRYPTION,
	SIPA_HIBERNATION_DISABLED,
	SIPA_DUMPS_DISABLED,
	SIPA_DUMP_ENCRYPTION,
	SIPA_VSM_REQUIRED,
	SIPA_SECUREBOOT_REQUIRED,
	SIPA_IOMMU_REQUIRED,
	SIPA_HVCI_POLICY,
	SIPA_PROPERTIES
};
/* "boot debugging", "data execution prevention", ... */
const char *sipa_property_name(enum sipa_property p);

/* One loaded image; several items of one hash are one module. */
struct sipa_module {
	struct bytes path;      /* UTF-16LE */
	struct bytes hash;      /* Authenticode */
	struct bytes issuer;    /* UTF-16LE */
	struct bytes publisher; /* UTF-16LE */
	struct bytes serial;
	struct bytes thumbprint; /* SHA-1 */
	uint32_t hash_alg;       /* CALG_*: its low byte, 0x0c is SHA-256 */
	uint64_t base;
	uint64_t size;
	uint32_t n_loads;  /* times it was told with a base */
	uint8_t validated; /* enum sipa_state */
};

struct sipa_elam {
	struct bytes name; /* UTF-16LE */
	struct bytes measured;
	struct bytes config;
	struct bytes policy;
};

/* SIPAEVENT_SI_POLICY */
struct sipa_policy {
	bool present;
	uint64_t version;
	uint16_t hash_alg; /* TPM_ALG_ID */
	struct bytes name; /* UTF-16LE */
	struct bytes digest;
};

struct sipa_facts {
	uint8_t property[SIPA_PROPERTIES]; /* enum sipa_state */
	uint8_t cold_boot;                 /* not from hibernation */
	bool has_boot_count;
	uint64_t boot_count;
	uint32_t n_unlocks; /* BitLocker; more than are kept may be */
	uint32_t unlocks[SIPA_UNLOCKS_MAX];
	struct sipa_policy policy; /* the first */
	uint32_t n_policies;
	struct bytes vsm_key;         /* SIPAEVENT_VSM_IDK_INFO, as it is */
	struct bytes vsm_signing_key; /* SIPAEVENT_VSM_IDKS_INFO */
	uint32_t n_elam;
	struct sipa_elam elam[SIPA_ELAM_MAX];
	uint32_t n_modules; /* distinct; more than fit may be */
};

/* While events are fed in the log's order. */
struct sipa_reader {
	struct sipa_facts facts;
	struct sipa_module *modules; /* the caller's */
	size_t modules_max;
	uint32_t separated; /* bit n: PCR n had its separator */
};

void sipa_start(struct sipa_reader *s, struct sipa_module *modules,
    size_t modules_max);
/*
 * Looks at EV_EVENT_TAG, EV_COMPACT_HASH and EV_SEPARATOR of PCR 11-14.
 * ERR_REFUSED: a digest is not that of the data, or a second separator;
 * ERR_FORMAT, ERR_LIMIT: malformed or too deep. Facts stay as they were then.
 * Views point into the events' data.
 */
MUST_CHECK int sipa_event(struct sipa_reader *s, const struct tcg_event *e,
    struct diag *d);

/* The data are one item or more, and the first is of a type of Windows. */
bool sipa_is_container(struct bytes data);
/* For people: "boot count 4; loaded module: path ..., hash ...; ...". */
bool sipa_put_text(struct buf *b, struct bytes data);

#endif
