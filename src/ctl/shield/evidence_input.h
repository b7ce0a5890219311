/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `shield evidence verify` is given: a bundle or single files, keys to
 * check by, and what must come out. Files that may be larger than memory stay
 * closed until they are walked.
 */
#ifndef CTL_SHIELD_EVIDENCE_INPUT_H
#define CTL_SHIELD_EVIDENCE_INPUT_H

#include "crypto/key.h"
#include "ctl/shield/evidence.h"
#include "ctl/shield/pcr_file.h"
#include "measure/findings.h"
#include "policy/proof.h"

enum input_file {
	INPUT_FILE, /* the argument, or the part of a bundle's name below */
	INPUT_BOOT_LOG,
	INPUT_IMA_LOG,
	INPUT_CMDLINE,
	INPUT_PCR15,
	INPUT_QUOTE,
	INPUT_SIGNATURE,
	INPUT_AK,
	INPUT_ENROLMENT,
	INPUT_PCRS,
	INPUT_FILES
};

struct input {
	struct cli *cli;
	struct buf storage[INPUT_FILES];
	const char *boot_log; /* the file's name; NULL: in parts, or none */
	const char *ima_log;
	struct evidence_parts parts;
	struct proof_parts proof; /* views; extra_data is the nonce given */
	struct bytes known_ak;    /* TPMT_PUBLIC by --ak or --enrolment */
	struct key *ak;           /* by --ak, of any template */
	uint8_t nonce[TPM_NAME_MAX];
	bool has_pcrs;
	struct pcr_file pcrs;
};

/* Freed by input_free() whatever the result is. */
MUST_CHECK int input_read(struct cli *cli, struct input *ret, struct diag *d);
void input_free(struct input *in);
#define auto_input CLEANUP(input_free)
/* Reads what input_read() left closed, for who needs it as a whole. */
MUST_CHECK int input_load_logs(struct input *in, struct diag *d);

#endif
