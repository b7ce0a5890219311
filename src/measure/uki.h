/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unified kernel images: systemd-stub(7) and what it measures in PCR 11 of its
 * own sections, each by its name and then by its contents.
 */
#ifndef MEASURE_UKI_H
#define MEASURE_UKI_H

#include "measure/pe.h"

#define UKI_EVENTS_MAX 32

struct uki {
	struct pe pe;
	unsigned version; /* of systemd-stub */
	struct bytes linux_image;
	struct bytes initrd;  /* p is NULL where there is none */
	struct bytes cmdline; /* without a newline or NUL at its end; same */
};

/* One kernel, one command line: other forms are ERR_UNSUPPORTED. */
MUST_CHECK int uki_parse(struct bytes in, struct uki *ret, struct diag *d);
struct uki_event {
	const char *section;
	uint8_t digest[SHA256_SIZE]; /* of its name, then of its contents */
};
/*
 * In their order; how many. *ret_cmdline: which of them is of the command
 * line's contents, or 0.
 */
size_t uki_measure(const struct uki *u,
    struct uki_event ret[static UKI_EVENTS_MAX], size_t *ret_cmdline);

#endif
