/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 'host add': where hgs-admin asks for the endorsement key to be compared, the
 * administrator is shown it here and asked once.
 */
#include <string.h>

#include "ctl/common/ask.h"
#include "ctl/common/remote.h"
#include "ctl/hgsctl/commands.h"

int
cmd_host_add(struct cli *cli, struct diag *d)
{
	static const struct option_spec pin = { "pin-ek", NULL, "", false };
	int r = remote_command(cli, REMOTE_HGS_SOCKET, d);
	struct diag why = *d;

	/* Standard input cannot be read twice. */
	if (r != ERR_REFUSED || d->reason != REASON_FingerprintNeeded ||
	    strcmp(cli_arg(cli, 1), "-") == 0 ||
	    cli->n_given == CLI_OPTIONS_MAX)
		return r;
	if (ask_confirm(cli, d->text, &why) < 0)
		return r;
	cli_forget_answer(cli);
	d->reason = REASON_NONE;
	d->text[0] = '\0';
	cli->given[cli->n_given].option = &pin;
	cli->given[cli->n_given++].value = "";
	return remote_command(cli, REMOTE_HGS_SOCKET, d);
}
