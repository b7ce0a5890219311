/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reader of hostile evidence (hgs-measure) tells the judge
 * (hgs-attest): values, digests and facts, no verdict. None of it counts until
 * the quote is found to cover findings.pcrs.
 */
#ifndef MEASURE_FINDINGS_H
#define MEASURE_FINDINGS_H

#include "base/field.h"
#include "measure/cmdline.h"
#include "measure/ima_facts.h"
#include "measure/pcr15.h"
#include "measure/replay.h"
#include "measure/secureboot.h"

#define FINDINGS_VERSION         4
#define FINDINGS_EVENTS_MAX      4096
#define FINDINGS_EVENTS_SIZE_MAX ((size_t)160 << 10)
#define FINDINGS_LABEL_MAX       48
#define FINDINGS_TEXT_MAX        300

/* Zero, what nobody set, is never good. */
enum finding {
	FINDING_NONE, /* not examined: the part is absent */
	FINDING_GOOD,
	FINDING_BAD,
	FINDING_STATES
};

/*
 * One extended event in findings.events, which is the log's order:
 * pcr u8, flags u8, type u32, digest 32, label_len u8, label. The label is a
 * description for people.
 */
struct finding_event {
	uint8_t pcr;
	uint8_t flags; /* FINDING_EVENT_* */
	uint32_t type;
	uint8_t digest[SHA256_SIZE];
	struct bytes label;
};
#define FINDING_EVENT_HASHED 0x01 /* the event's data hashes to the digest */

struct finding_check {
	uint8_t state;     /* enum finding */
	struct bytes text; /* what is wrong; empty when good */
};

struct findings {
	uint8_t version;
	/* Boot log: malformed, not replayable, structure (separators). */
	struct finding_check log;
	struct finding_check structure;
	struct finding_check secureboot_check; /* PCR 7 is believable */
	struct finding_check pcr15_check;
	struct finding_check cmdline_check; /* present and bound */
	struct finding_check ima_check;     /* NONE: PCR 10 was not quoted */
	uint32_t bad_index; /* first bad event of the log, or ~0 */
	uint64_t bad_offset;
	/* SHA-256 of each part as received; of nothing where it is absent. */
	uint8_t boot_log[SHA256_SIZE];
	uint8_t ima_log[SHA256_SIZE];
	uint8_t command_line[SHA256_SIZE];
	uint8_t pcr15_list[SHA256_SIZE];
	/*
	 * By findings_replay(), in no encoding. After the boot log, PCR 15
	 * after the PCR15 part, PCR 10 after as much of the IMA list as was
	 * quoted; no phase words.
	 */
	struct pcr_values pcrs;
	uint32_t extended; /* bit n: events has one of PCR n */
	uint8_t locality;
	uint32_t n_events;
	struct bytes events; /* finding_event, FINDINGS_EVENTS_SIZE_MAX */
	struct secureboot secureboot;
	uint16_t boot_attempts; /* "Calling EFI Application" */
	uint16_t boot_returns;  /* "Returning from EFI Application" */
	struct pcr15_facts pcr15;
	struct cmdline_facts cmdline;
	struct bytes cmdline_text; /* empty unless present */
	struct ima_facts ima;
};
extern const struct fields findings_fields;

/* The parts of one bundle; absent ones have p NULL. */
struct evidence_parts {
	struct bytes boot_log;
	struct bytes ima_log;
	struct bytes command_line;
	struct bytes pcr15;
};

/* What the views of a `struct findings` point to; about 170 KiB. */
struct findings_store {
	uint8_t events[FINDINGS_EVENTS_SIZE_MAX];
	size_t events_len;
	char text[5][FINDINGS_TEXT_MAX];
	char ima_text[FINDINGS_TEXT_MAX];
	char ima_paths[IMA_REFUSALS_MAX][IMA_PATH_SHOWN + 1];
	char ima_mapped[IMA_MAPPED_MAX][IMA_MAPPED_NAME];
};

/*
 * Total: whatever the input, *ret is whole and says what is wrong. The IMA list
 * is not looked at: that takes the quote and policies (policy/ima_verdict.h).
 */
void measure_evidence(const struct evidence_parts *in,
    struct findings_store *store, struct findings *ret);
/* The same without pcrs and extended: for findings that are only sent on. */
void measure_parts(const struct evidence_parts *in,
    struct findings_store *store, struct findings *ret);

/*
 * Fills pcrs and extended from locality, events, pcr15.value and ima.value.
 * Refused: malformed events, or another number of them than n_events.
 */
MUST_CHECK int findings_replay(struct findings *f, struct diag *d);

MUST_CHECK int findings_encode(const struct findings *f, struct buf *ret,
    struct diag *d);
/*
 * Besides the form: states are known ones. pcrs are what the events make and
 * nothing that was sent, so that judging by either is the same. Views point
 * into `in`.
 */
MUST_CHECK int findings_decode(struct bytes in, struct findings *ret,
    struct diag *d);

/* Walks findings.events; false at the end (or where it is malformed). */
MUST_CHECK bool finding_event_read(struct reader *r, struct finding_event *ret);
/*
 * Goes on to the next event of this PCR; *n_passed counts those of others.
 * For lists whose form was checked; false at the end.
 */
MUST_CHECK bool finding_event_seek(struct reader *r, uint8_t pcr,
    uint32_t *n_passed);
bool finding_event_put(struct buf *b, const struct finding_event *e);

#endif
