/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ipc/ctl.h"
#include "proto/evidence.h"

#define TPM_MS 60000

int
host_load(const struct cli *cli, struct host *ret, struct diag *d)
{
	int r;

	ret->root = cli->root;
	if ((r = guard_conf_load(cli->root, &ret->conf, d)) < 0)
		return r;
	return cli_path(cli, ret->conf.vm_dir, ret->vm_dir, sizeof(ret->vm_dir),
	    d);
}

int
host_need_root(const struct cli *cli, struct diag *d)
{
	if (geteuid() == 0)
		return ERR_OK;
	return diag_fail(d, ERR_USAGE, "%s%s%s: must be run as root",
	    cli->command->noun, cli->command->verb != NULL ? " " : "",
	    cli->command->verb != NULL ? cli->command->verb : "");
}

int
host_name(const struct host *h, char ret[static NAME_MAX_LEN + 1],
    struct diag *d)
{
	char name[256] = "";

	(void)snprintf(name, sizeof(name), "%s", h->conf.name);
	if (name[0] == '\0' && gethostname(name, sizeof(name) - 1) != 0)
		return diag_errno(d, "cannot ask the machine's name");
	if (!name_valid(bytes_of_text(name)))
		return diag_fail(d, ERR_USAGE,
		    "the machine's name is no name here: give --name, or set "
		    "[host] name in guard.conf");
	(void)snprintf(ret, NAME_MAX_LEN + 1, "%s", name);
	return ERR_OK;
}

int
host_firmware(const struct host *h, char *ret, size_t size, struct diag *d)
{
	int r = path_under(h->root, h->conf.firmware, ret, size, d);

	if (r < 0)
		return r;
	if (access(ret, F_OK) != 0)
		(void)snprintf(ret, size, "%s", h->conf.firmware);
	return ERR_OK;
}

void
host_identity_free(struct host_identity *id)
{
	buf_free(&id->storage);
}

int
host_identity(const struct host *h, struct host_identity *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	char path[PATH_TEXT_MAX];
	auto_close int fd = -1;
	int r;

	if ((r = path_under(h->root, PATH_TPM_SOCKET, path, sizeof(path), d)) <
	    0)
		return r;
	if ((r = ctl_connect(path, &fd, d)) < 0) {
		diag_prefix(d, "is guard-tpm running?");
		return r;
	}
	r = channel_call(fd, GUARD_OP_IDENTITY, BYTES_NONE, NULL, 0, TPM_MS,
	    &body, NULL, d);
	if (r == ERR_OK)
		r = fields_decode(&tpm_identity_fields, buf_bytes(&body),
		    &ret->tpm, d);
	if (r < 0) {
		diag_prefix(d, "guard-tpm");
		return r;
	}
	buf_move(&body, &ret->storage);
	return ERR_OK;
}

void
host_boot_free(struct host_boot *b)
{
	if (b == NULL)
		return;
	buf_free(&b->boot_log);
	buf_free(&b->ima_log);
	buf_free(&b->command_line);
	free(b);
}

static int
read_part(const struct host *h, const char *file, size_t max, struct buf *ret,
    struct bytes *ret_part, struct diag *d)
{
	char path[PATH_TEXT_MAX];
	int r;

	*ret = (struct buf)BUF_INIT(max);
	if ((r = path_under(h->root, file, path, sizeof(path), d)) < 0)
		return r;
	r = file_read(AT_FDCWD, path, max, ret, d);
	if (r == ERR_NOT_FOUND)
		return ERR_OK;
	if (r == ERR_OK)
		*ret_part = buf_bytes(ret);
	return r;
}

int
host_boot(const struct host *h, struct bytes pcr15, struct host_boot **ret,
    struct diag *d)
{
	auto_host_boot struct host_boot *b = calloc(1, sizeof(*b));
	struct evidence_parts parts = { .pcr15 = pcr15 };
	int r;

	if (b == NULL)
		return diag_nomem(d);
	if ((r = read_part(h, h->conf.boot_log, EVIDENCE_MAX / 2, &b->boot_log,
		 &parts.boot_log, d)) < 0 ||
	    (r = read_part(h, h->conf.ima_log, EVIDENCE_MAX / 2, &b->ima_log,
		 &parts.ima_log, d)) < 0 ||
	    (r = read_part(h, h->conf.command_line, EVIDENCE_CMDLINE_MAX,
		 &b->command_line, &parts.command_line, d)) < 0)
		return r;
	/* /proc/cmdline ends with a newline that nobody measured. */
	if (parts.command_line.len > 0 &&
	    parts.command_line.p[parts.command_line.len - 1] == '\n')
		parts.command_line.len--;
	measure_evidence(&parts, &b->store, &b->findings);
	*ret = TAKE_PTR(&b);
	return ERR_OK;
}
