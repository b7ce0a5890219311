/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The baseline of a boot that has not been yet: a known boot's events, in which
 * the digests of what an update replaces are replaced. Which event is of which
 * component is decided by digest alone: a component whose old form was not
 * measured is refused, so that nothing is predicted of another boot chain.
 */
#ifndef POLICY_PREDICT_H
#define POLICY_PREDICT_H

#include "measure/uki.h"
#include "policy/baseline.h"

struct predict_event {
	struct finding_event e;
	bool changed; /* already of the next boot */
};

/* About 340 KiB: the caller's. */
struct predict {
	struct baseline b; /* its values and events are the old ones */
	size_t n;
	struct predict_event events[FINDINGS_EVENTS_MAX];
};

/* Views of `from` must outlive it. */
MUST_CHECK int predict_start(const struct baseline *from, struct predict *ret,
    struct diag *d);
/* How many events of this PCR had the old digest and have the new one now. */
unsigned predict_replace(struct predict *p, unsigned pcr,
    const uint8_t old[static SHA256_SIZE],
    const uint8_t new[static SHA256_SIZE]);

/*
 * ERR_NOT_FOUND, and nothing is changed, where the boot did not measure the
 * old one. A file that GRUB reads, or the kernel as its initrd:
 */
MUST_CHECK int predict_file(struct predict *p, struct bytes old,
    struct bytes new, struct diag *d);
/* In PCR 9, where GRUB reads it, and in PCR 4, where it is verified. */
MUST_CHECK int predict_kernel(struct predict *p, const struct pe *old,
    const struct pe *new, struct diag *d);
/* A program that firmware or shim starts. */
MUST_CHECK int predict_program(struct predict *p, const struct pe *old,
    const struct pe *new, struct diag *d);
/* Also its lists and its level in PCR 7 and 14: refused if they change. */
MUST_CHECK int predict_shim(struct predict *p, const struct pe *old,
    const struct pe *new, struct diag *d);
MUST_CHECK int predict_uki(struct predict *p, const struct uki *old,
    const struct uki *new, struct diag *d);
/* Where neither GRUB nor a unified kernel image has it: a loader's entry. */
MUST_CHECK int predict_cmdline(struct predict *p, struct bytes text,
    struct diag *d);
/* Contents of the variable dbx, before and after. */
MUST_CHECK int predict_dbx(struct predict *p, struct bytes old,
    struct bytes new, struct diag *d);

/*
 * The whole baseline with new values. `store` is what ret->events points to,
 * p what other views point to.
 */
MUST_CHECK int predict_finish(struct predict *p,
    const struct baseline_source *src, struct buf *store, struct baseline *ret,
    struct diag *d);

#endif
