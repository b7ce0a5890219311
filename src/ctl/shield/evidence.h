/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `shield evidence` shares: what a file is, and how each kind is shown.
 * Each show_*() leaves lines for people and one object of data, named `part`,
 * for programs; both are printed escaped, whatever stands in the file (T98).
 */
#ifndef CTL_SHIELD_EVIDENCE_H
#define CTL_SHIELD_EVIDENCE_H

#include "crypto/hash.h"
#include "ctl/common/cli.h"
#include "ctl/shield/window.h"
#include "tpm/pcr.h"
#include "json/json.h"

#define EVIDENCE_PART_MAX ((size_t)1 << 20) /* of a file that is no log */

enum file_kind {
	FILE_UNKNOWN,
	FILE_BUNDLE,
	FILE_TCG,
	FILE_IMA,
	FILE_IMA_ASCII,
	FILE_QUOTE,
	FILE_EK,
	FILE_PUBLIC,
	FILE_ENROLMENT,
	FILE_KINDS
};

/* By the file's beginning; head has the whole of a short one. */
enum file_kind file_kind_find(struct bytes head);
/* "a boot log" */
const char *file_kind_name(enum file_kind k);
/* The value of --format; FILE_KINDS when there is no such word. */
enum file_kind file_kind_parse(const char *word);

struct show {
	struct cli *cli;
	bool events; /* one by one */
	bool pcrs;   /* their values, in text too */
};

MUST_CHECK int show_log(struct show *s, const char *part, struct window *w,
    struct diag *d);
MUST_CHECK int show_ima(struct show *s, const char *part, bool ascii,
    struct window *w, struct diag *d);
MUST_CHECK int show_attest(struct show *s, const char *part, struct bytes in,
    struct diag *d);
MUST_CHECK int show_signature(struct show *s, const char *part, struct bytes in,
    struct diag *d);
/* TPMT_PUBLIC or TPM2B_PUBLIC. */
MUST_CHECK int show_public(struct show *s, const char *part, struct bytes in,
    struct diag *d);
/* DER or PEM. */
MUST_CHECK int show_certificate(struct show *s, const char *part,
    struct bytes in, struct diag *d);
MUST_CHECK int show_bundle(struct show *s, struct bytes in, struct diag *d);
MUST_CHECK int show_enrolment(struct show *s, struct bytes in, struct diag *d);

/* TPMT_PUBLIC inside a TPM2B_PUBLIC, or as it is. */
struct bytes public_area(struct bytes in);
/* What `part` of data becomes; o's buffer is taken. */
MUST_CHECK int show_data(struct show *s, const char *part, struct buf *json,
    struct diag *d);
/* "  NAME   VALUE" for people and "name" of the object for programs. */
void show_text(struct show *s, struct json_out *o, const char *key,
    const char *name, struct bytes value);
void show_hex(struct show *s, struct json_out *o, const char *key,
    const char *name, struct bytes value);
void show_number(struct show *s, struct json_out *o, const char *key,
    const char *name, uint64_t value);
void show_flag(struct show *s, struct json_out *o, const char *key,
    const char *name, bool value);
/* "0-9, 11-15" */
#define PCR_LIST_MAX 96
void pcr_list(uint32_t mask, char ret[static PCR_LIST_MAX]);

#endif
