/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CI policy's file in any of its forms.
 */
#ifndef CTL_GUARDCTL_CI_FILE_H
#define CTL_GUARDCTL_CI_FILE_H

#include "ctl/common/cli.h"
#include "policy/ci.h"
#include "signed/signed.h"

#define CI_POLICY_DIR  "/etc/shieldwall"
#define PATH_CI_POLICY CI_POLICY_DIR "/ci.policy"

enum ci_form { CI_FORM_TEXT, CI_FORM_COMPILED, CI_FORM_SIGNED };

struct ci_file {
	enum ci_form form;
	struct buf file, compiled;
	struct ci_policy policy; /* views into them */
	struct bytes content;    /* the compiled bytes */
	uint8_t id[SHA256_SIZE];
	struct bytes ski; /* of who signed it; nothing is verified */
};

void ci_file_free(struct ci_file *f);
DEFINE_FREE_P(struct ci_file, ci_file_free);
#define auto_ci_file CLEANUP(ci_file_free_p)

/* What the file's contents are; a text is compiled. */
MUST_CHECK int ci_file_open(const struct cli *cli, const char *file,
    struct ci_file **ret, struct diag *d);
/* A certificate, PEM or DER; appends its DER. */
MUST_CHECK int ci_read_cert(const struct cli *cli, const char *file,
    struct buf *ret, struct diag *d);

#endif
