/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 'ci add': the policy travels as a file, and its signer's certificate beside
 * it in the request.
 */
#include <stdio.h>

#include "base/text.h"
#include "crypto/pem.h"
#include "crypto/x509.h"
#include "ctl/common/remote.h"
#include "ctl/hgsctl/commands.h"

int
cmd_ci_add(struct cli *cli, struct diag *d)
{
	auto_buf struct buf file = BUF_INIT(4 * CERT_MAX);
	auto_buf struct buf der = BUF_INIT(CERT_MAX);
	auto_buf struct buf text = BUF_INIT(2 * CERT_MAX);
	const char *path = cli_option(cli, "signer");
	int r;

	if (path == NULL)
		return diag_fail(d, ERR_USAGE,
		    "--signer: the certificate that signed the policy");
	if ((r = cli_read_input(cli, path, file.max, &file, d)) < 0)
		return r;
	if ((r = pem_or_der(buf_bytes(&file), PEM_CERTIFICATE, &der, d)) < 0) {
		diag_prefix(d, "%s", path);
		return r;
	}
	if (!base64_put(&text, buf_bytes(&der)) || !buf_put_u8(&text, '\0'))
		return diag_nomem(d);
	for (size_t i = 0; i < cli->n_given; i++)
		if (cli->given[i].value == path)
			cli->given[i].value = (const char *)text.p;
	r = remote_command(cli, REMOTE_HGS_SOCKET, d);
	/* The text goes with this function. */
	for (size_t i = 0; i < cli->n_given; i++)
		if (cli->given[i].value == (const char *)text.p)
			cli->given[i].value = path;
	return r;
}
