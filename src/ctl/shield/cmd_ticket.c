/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield vm restore-ticket: the owner's permission to start a VM, once, from
 * the very seal that lies in this folder, where an HGS would otherwise say
 * ProtectorSuperseded or RunningElsewhere.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/folder.h"
#include "ctl/shield/own_ticket.h"
#include "signed/signed.h"

#define EXPIRES_MAX ((uint64_t)365 * 86400)

static int
read_host(const char *text, uint8_t ret[static 32], struct diag *d)
{
	if (text == NULL)
		return diag_fail(d, ERR_USAGE,
		    "--host is needed: any, or a host's id");
	if (strcmp(text, "any") == 0)
		return ERR_OK;
	if (hex_decode_fixed(bytes_of_text(text), ret, 32, NULL) < 0 ||
	    bytes_all_zero(bytes_of(ret, 32)))
		return diag_fail(d, ERR_USAGE,
		    "--host: neither any nor 64 hex digits");
	return ERR_OK;
}

int
own_ticket_expiry(const char *text, uint64_t *ret, struct diag *d)
{
	uint64_t seconds;

	if (text == NULL)
		text = "24h";
	if (duration_parse("--expires", bytes_of_text(text), &seconds, d) < 0)
		return ERR_USAGE;
	if (seconds == 0 || seconds > EXPIRES_MAX)
		return diag_fail(d, ERR_USAGE, "--expires: not 1s-365d");
	*ret = (uint64_t)time(NULL) + seconds;
	return ERR_OK;
}

int
own_ticket_make(const struct core *core, const struct own_guardian *owner,
    struct ticket *t, struct buf *ret, struct diag *d)
{
	t->version = TICKET_VERSION;
	t->suite = SUITE_1;
	random_bytes(t->id, sizeof(t->id));
	memcpy(t->family, core->grant->c.family, sizeof(t->family));
	memcpy(t->vm_id, core->seal.vm_id, sizeof(t->vm_id));
	memcpy(t->seal_digest, core->seal_digest, sizeof(t->seal_digest));
	return ticket_make(t, owner->sign, core->grant->owner_sign.ski, ret, d);
}

void
own_ticket_reply(struct cli *cli, const struct ticket *t,
    char ret_id[static 33], char ret_until[static TIME_TEXT_SIZE])
{
	time_format(t->expires, ret_until);
	hex_format(BYTES_OF_ARRAY(t->id), ret_id);
	reply_data_text(cli, "ticket", ret_id);
	reply_data_text(cli, "expires", ret_until);
}

int
cmd_vm_restore_ticket(struct cli *cli, struct diag *d)
{
	auto_own_guardian struct own_guardian owner = { 0 };
	auto_protector struct protector *p = NULL;
	auto_buf struct buf out = BUF_INIT(TICKET_MAX);
	char until[TIME_TEXT_SIZE], id[33];
	struct ticket t = { 0 };
	int r;

	if ((r = read_host(cli_option(cli, "host"), t.host_id, d)) < 0 ||
	    (r = own_ticket_expiry(cli_option(cli, "expires"), &t.expires, d)) <
		0 ||
	    (r = protector_load(cli_arg(cli, 0), &p, d)) < 0 ||
	    (r = guardians_open_owner(cli, p->core->grant, &owner, d)) < 0 ||
	    (r = own_ticket_make(p->core, &owner, &t, &out, d)) < 0 ||
	    (r = cli_write_output(cli, cli_option(cli, "o"), 0644,
		 buf_bytes(&out), d)) < 0)
		return r;
	own_ticket_reply(cli, &t, id, until);
	reply_changed(cli, NULL,
	    "ticket %s for one start from this state, until %s", id, until);
	return ERR_OK;
}
