/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which part of a host an event measured, in words for people. PCR, place and
 * the names of a UKI's sections are what digests bear out; the type and label
 * of an event are the host's words, so nothing is judged by a component.
 */
#ifndef POLICY_COMPONENT_H
#define POLICY_COMPONENT_H

#include "measure/findings.h"

enum component {
	COMPONENT_OTHER,
	COMPONENT_FIRMWARE,
	COMPONENT_FIRMWARE_SETTINGS,
	COMPONENT_BOOT_ORDER,
	COMPONENT_BOOT_ENTRY,
	COMPONENT_OPTION_ROM,
	COMPONENT_OPTION_ROM_SETTINGS,
	COMPONENT_SECURE_BOOT,
	COMPONENT_PK,
	COMPONENT_KEK,
	COMPONENT_DB,
	COMPONENT_DBX,
	COMPONENT_SIGNER,
	COMPONENT_SBAT,
	COMPONENT_MOK,
	COMPONENT_BOOT_PATH,
	COMPONENT_SHIM,
	COMPONENT_GRUB,
	COMPONENT_GRUB_CONFIG,
	COMPONENT_GRUB_COMMAND,
	COMPONENT_UKI,
	COMPONENT_UKI_SECTION,
	COMPONENT_BOOT_LOADER,
	COMPONENT_KERNEL,
	COMPONENT_INITRD,
	COMPONENT_CMDLINE,
	COMPONENT_PARTITIONS,
	COMPONENT_EXTENSION,
	COMPONENT_COUNT
};

/* "kernel", "shim (first boot loader)": never NULL. */
const char *component_words(enum component c);

/* The events of one PCR, one after the other. */
struct component_walk {
	bool shim; /* what the whole boot has */
	bool grub;
	bool uki;
	bool started;                /* PCR 4: behind the separator */
	uint32_t n_programs;         /* of PCR 4, behind it */
	uint32_t nth;                /* of the event that was fed last */
	uint8_t before[SHA256_SIZE]; /* digest of the one before it */
	uint8_t last[SHA256_SIZE];
};

/* extended: bit n says that the boot has events in PCR n. */
struct component_walk component_walk(uint32_t extended);
/* Cheap: events that did not change are fed as well. */
void component_feed(struct component_walk *w, const struct finding_event *e);
/* The component of the event that was fed last. */
enum component component_of(const struct component_walk *w,
    const struct finding_event *e);

#endif
