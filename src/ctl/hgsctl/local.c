/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that need no hgs-admin: clear, unlock, audit verify.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/file.h"
#include "base/text.h"
#include "conf/paths.h"
#include "ctl/common/ask.h"
#include "ctl/common/remote.h"
#include "ctl/common/reply.h"
#include "ctl/hgsctl/commands.h"
#include "ctl/hgsctl/state.h"
#include "ipc/ctl.h"
#include "proto/hgs.h"

#define UNLOCK_MS 120000

int
cmd_remote(struct cli *cli, struct diag *d)
{
	return remote_command(cli, REMOTE_HGS_SOCKET, d);
}

int
cmd_clear(struct cli *cli, struct diag *d)
{
	char dir[PATH_TEXT_MAX], conf[PATH_TEXT_MAX], socket[PATH_TEXT_MAX];
	auto_close int fd = -1;
	struct diag ignored;
	int r;

	if ((r = cli_path(cli, PATH_HGS_STATE, dir, sizeof(dir), d)) < 0 ||
	    (r = cli_path(cli, PATH_HGS_CONF, conf, sizeof(conf), d)) < 0 ||
	    (r = cli_path(cli, PATH_HGS_SOCKET, socket, sizeof(socket), d)) < 0)
		return r;
	if (geteuid() != 0)
		return diag_fail(d, ERR_USAGE, "clear: must be run as root");
	if (access(dir, F_OK) != 0)
		return diag_fail(d, ERR_NOT_FOUND, "%s: no HGS here", dir);
	if (ctl_connect(socket, &fd, &ignored) == ERR_OK)
		return diag_refuse(d, REASON_InUse,
		    "clear: hgsd is running; stop it first");
	r = ask_confirm(cli,
	    "Remove this HGS with all its keys, hosts and its audit log?", d);
	if (r < 0 || (r = state_remove(dir, d)) < 0)
		return r;
	if (unlink(conf) != 0 && errno != ENOENT)
		return diag_errno(d, "%s: cannot remove", conf);
	reply_changed(cli, "hgsctl init --from-backup FILE, if there is one",
	    "the HGS in %s is removed", dir);
	return ERR_OK;
}

int
cmd_unlock(struct cli *cli, struct diag *d)
{
	auto_secret struct secret passphrase = SECRET_NONE;
	auto_buf struct buf body = BUF_INIT(2048), reply = BUF_INIT(2048);
	auto_close int fd = -1;
	char path[PATH_TEXT_MAX];
	struct unlock u;
	int r;

	if ((r = process_protect(d)) < 0 ||
	    (r = cli_path(cli, PATH_HGS_UNLOCK, path, sizeof(path), d)) < 0 ||
	    (r = ctl_connect(path, &fd, d)) < 0 ||
	    (r = ask_passphrase(cli, "Passphrase for the service's keys", false,
		 &passphrase, d)) < 0)
		return r;
	u.passphrase = secret_bytes(&passphrase);
	if ((r = fields_encode(&unlock_fields, &u, &body, d)) < 0 ||
	    (r = channel_call(fd, HGS_OP_UNLOCK, buf_bytes(&body), NULL, 0,
		 UNLOCK_MS, &reply, NULL, d)) < 0)
		return r;
	reply_changed(cli, "restart hgsd without a passphrase_file",
	    "the service's keys are open");
	return ERR_OK;
}

/* "SEQ:DIGEST" */
static int
parse_receipt(const char *text, struct chain_head *ret, struct diag *d)
{
	const char *colon = strchr(text, ':');
	int r;

	if (colon == NULL)
		return diag_fail(d, ERR_USAGE, "--receipt: not SEQ:DIGEST");
	r = number_parse("--receipt", bytes_of(text, (size_t)(colon - text)), 1,
	    UINT64_MAX >> 1, &ret->seq, d);
	if (r == ERR_OK)
		r = hex_decode_fixed(bytes_of_text(colon + 1), ret->hash,
		    sizeof(ret->hash), d);
	return r < 0 ? ERR_USAGE : ERR_OK;
}

static int
get_export(struct cli *cli, struct buf *ret, struct diag *d)
{
	struct remote_request q = { .socket = REMOTE_HGS_SOCKET,
		.command = "audit export",
		.timeout_ms = 120000 };
	const char *file = cli_arg(cli, 0);
	auto_close int fd = -1;
	int r;

	if (file != NULL)
		return cli_read_input(cli, file, AUDIT_EXPORT_MAX, ret, d);
	if ((r = remote_call(cli, &q, &fd, d)) < 0)
		return r;
	if (fd < 0)
		return diag_fail(d, ERR_PROTOCOL, "no export was sent");
	return file_read_fd(fd, "export", AUDIT_EXPORT_MAX, ret, d);
}

int
cmd_audit_verify(struct cli *cli, struct diag *d)
{
	auto_buf struct buf in = BUF_INIT(AUDIT_EXPORT_MAX);
	const char *key = cli_option(cli, "key"),
		   *receipt = cli_option(cli, "receipt");
	uint8_t digest[SHA256_SIZE];
	struct chain_head head = { 0 };
	struct audit_verified v;
	char hex[65];
	int r;

	if (key != NULL &&
	    hex_decode_fixed(bytes_of_text(key), digest, sizeof(digest), d) < 0)
		return diag_fail(d, ERR_USAGE, "--key: not 64 hex digits");
	if (receipt != NULL && (r = parse_receipt(receipt, &head, d)) < 0)
		return r;
	if ((r = get_export(cli, &in, d)) < 0 ||
	    (r = audit_export_verify(buf_bytes(&in),
		 key != NULL ? digest : NULL, receipt != NULL ? &head : NULL,
		 NULL, NULL, &v, d)) < 0)
		return r;
	reply_line(cli, "the chain of %llu records holds",
	    (unsigned long long)v.n_records);
	reply_data_number(cli, "records", v.n_records);
	hex_format(BYTES_OF_ARRAY(v.head.hash), hex);
	reply_line(cli, "receipt of its end: %llu:%s",
	    (unsigned long long)v.head.seq, hex);
	reply_data_text(cli, "head", hex);
	hex_format(BYTES_OF_ARRAY(v.key_digest), hex);
	reply_line(cli, "signed by: %s%s", hex,
	    key != NULL ? "" : " (compare it, or give --key)");
	reply_data_text(cli, "key", hex);
	return ERR_OK;
}
