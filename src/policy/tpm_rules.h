/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an administrator asks of a TPM itself: its vendor, and for each vendor
 * the oldest firmware. Both are parameters of a built-in policy, written as
 * text in the policy's record (doc/PROTOCOL.ipc, policy_record):
 *
 *   TpmVendor     INTC,id:53544D20           accepted vendors
 *   TpmFirmware   IFX>=7.85,id:53544D20>=1.2 oldest accepted MAJOR.MINOR
 *
 * A vendor is "id:" and eight hex digits, as its EK certificates name it, or a
 * name of the TCG Vendor ID Registry.
 */
#ifndef POLICY_TPM_RULES_H
#define POLICY_TPM_RULES_H

#include "base/err.h"

#define TPM_RULES_MAX      16
#define TPM_RULES_TEXT_MAX 512

struct tpm_rules {
	size_t n_vendors;
	uint32_t vendors[TPM_RULES_MAX];
	size_t n_minimums;
	struct tpm_minimum {
		uint32_t vendor;
		uint32_t version; /* MAJOR << 16 | MINOR */
	} minimums[TPM_RULES_MAX];
};

/* What is known of a host's TPM: of its verified EK certificate, its quote. */
struct tpm_kind {
	bool vouched;    /* a registered authority vouches for the key... */
	bool has_vendor; /* ... and its certificate names this vendor */
	uint32_t vendor;
	uint64_t firmware; /* firmwareVersion of the quote */
};

/* ERR_USAGE; at least one, none twice, nothing else; only the list is set. */
MUST_CHECK int tpm_vendors_parse(struct bytes text, struct tpm_rules *ret,
    struct diag *d);
MUST_CHECK int tpm_minimums_parse(struct bytes text, struct tpm_rules *ret,
    struct diag *d);
/* The same in one notation: "id:..." alone, in the order given. */
void tpm_vendors_text(const struct tpm_rules *rules,
    char ret[static TPM_RULES_TEXT_MAX]);
void tpm_minimums_text(const struct tpm_rules *rules,
    char ret[static TPM_RULES_TEXT_MAX]);

/* ERR_REFUSED with the words to tell. No rule, no evidence: refused. */
MUST_CHECK int tpm_vendor_judge(const struct tpm_rules *rules,
    const struct tpm_kind *kind, struct diag *d);
MUST_CHECK int tpm_firmware_judge(const struct tpm_rules *rules,
    const struct tpm_kind *kind, struct diag *d);

#endif
