/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entry with a buffer (template ima-buf) tells: a key that came into a
 * keyring, the kernel's version, a kexec's command line, an IMA policy, and
 * what device-mapper did. Views into the entry (doc/FORMAT.ima).
 */
#ifndef MEASURE_IMA_EVENT_H
#define MEASURE_IMA_EVENT_H

#include "measure/ima.h"
#include "measure/ima_dm.h"

enum ima_event_type {
	IMA_EVENT_OTHER,          /* of a name that is not known here */
	IMA_EVENT_KEY,            /* a certificate, into the keyring `name` */
	IMA_EVENT_KERNEL_VERSION, /* text: as uname -r */
	IMA_EVENT_KEXEC_CMDLINE,  /* text */
	IMA_EVENT_POLICY,         /* text: rules; in force, or just added */
	IMA_EVENT_DM
};

struct ima_event {
	enum ima_event_type type;
	struct bytes name;        /* of the entry */
	struct bytes certificate; /* DER, whole */
	struct bytes text;        /* without its NUL, where it has one */
	struct ima_dm dm;
};

/*
 * ERR_FORMAT unless the entry is what its template says: the logged digest is
 * of its data, a signature is one, and a buffer is one, whose digest is the
 * entry's. Templates with a signature and with a buffer have one layout, and
 * their name is covered by no digest: whoever shows a list could give either
 * out as the other. Of a violation nothing can be said, and nothing is.
 */
MUST_CHECK int ima_event_check_kind(struct ima_entry *e, struct diag *d);
/*
 * The entry has a buffer, and its digest is the buffer's (which the kernel
 * always sees to). What is of a known name and malformed is ERR_FORMAT.
 */
MUST_CHECK int ima_event_decode(const struct ima_entry *e,
    struct ima_event *ret, struct diag *d);

#endif
