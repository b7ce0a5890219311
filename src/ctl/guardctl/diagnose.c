/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardctl diagnose [VM]: every check, each with its remedy.
 */
#include <fcntl.h>

#include "base/file.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/checks.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/places.h"
#include "proto/evidence.h"

/* What guardd last sent to the HGS: for whoever helps to find the fault. */
static int
write_evidence(struct cli *cli, const char *file, struct diag *d)
{
	auto_buf struct buf bundle = BUF_INIT(EVIDENCE_MAX);
	char path[PATH_TEXT_MAX];
	struct evidence e;
	int r;

	if ((r = cli_path(cli, PATH_GUARD_STATE "/evidence", path, sizeof(path),
		 d)) < 0 ||
	    (r = file_read(AT_FDCWD, path, EVIDENCE_MAX, &bundle, d)) < 0 ||
	    (r = evidence_decode(buf_bytes(&bundle), &e, d)) < 0) {
		diag_prefix(d, "the last evidence");
		return r;
	}
	return cli_write_output(cli, file, 0644, buf_bytes(&bundle), d);
}

int
cmd_diagnose(struct cli *cli, struct diag *d)
{
	const char *file = cli_option(cli, "evidence");
	const char *vm = cli_arg(cli, 0);
	struct report r = { .cli = cli };
	struct host h;
	int rc;

	if (file != NULL && (rc = write_evidence(cli, file, d)) < 0)
		return rc;
	if (check_config(cli, &r, &h)) {
		users_check(&h, &r);
		places_check(&h, &r);
		check_programs(&h, &r);
		check_early(&h, &r);
		check_tpm(&h, &r);
		check_boot(&h, &r);
		check_hgs(&h, &r);
		check_guardd(cli, &r);
		if (vm != NULL)
			check_vm(cli, &h, vm, &r);
	}
	return report_end(&r, d);
}
