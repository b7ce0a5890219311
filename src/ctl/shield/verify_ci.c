/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/shield/verify_ci.h"

#include <string.h>

#include "crypto/pem.h"
#include "crypto/x509.h"
#include "signed/signed.h"

static int
read_signer(struct cli *cli, struct buf *ret, struct diag *d)
{
	auto_buf struct buf file = BUF_INIT(CERT_MAX);
	const char *name = cli_option(cli, "ci-signer");
	int r;

	if (name == NULL)
		return diag_fail(d, ERR_USAGE,
		    "--ci needs --ci-signer: the certificate that signed it");
	if ((r = cli_read_input(cli, name, CERT_MAX, &file, d)) < 0 ||
	    (r = pem_or_der(buf_bytes(&file), PEM_CERTIFICATE, ret, d)) < 0)
		diag_prefix(d, "--ci-signer");
	return r;
}

static int
read_one(struct cli *cli, struct ci_files *c, const char *name,
    struct bytes signer, struct diag *d)
{
	struct buf *file = &c->files[c->n];
	struct ima_policy *p = &c->list[c->n];
	struct bytes content;
	int r;

	*file = (struct buf){ .max = SIGNED_MAX };
	if ((r = cli_read_input(cli, name, file->max, file, d)) < 0 ||
	    (r = signed_open(SIGNED_CI_POLICY, buf_bytes(file), signer,
		 &content, d)) < 0 ||
	    (r = ci_open(content, &p->policy, d)) < 0 ||
	    (r = ci_keys_open(&p->policy, &c->keys[c->n], d)) < 0)
		return r;
	p->keys = &c->keys[c->n];
	c->names.list[c->n] =
	    (struct ci_name){ p->policy.name, p->policy.mode };
	c->names.n = ++c->n;
	return ERR_OK;
}

int
ci_files_read(struct cli *cli, struct ci_files *ret, struct diag *d)
{
	auto_buf struct buf signer = BUF_INIT(CERT_MAX);
	const char *name = cli_option(cli, "ci");
	int r;

	if (name == NULL)
		return ERR_OK;
	if ((r = read_signer(cli, &signer, d)) < 0)
		return r;
	for (size_t i = 0; (name = cli_option_at(cli, "ci", i)) != NULL; i++) {
		if (i == IMA_POLICIES_MAX)
			return diag_fail(d, ERR_USAGE, "--ci: at most %d",
			    IMA_POLICIES_MAX);
		if ((r = read_one(cli, ret, name, buf_bytes(&signer), d)) < 0) {
			diag_prefix(d, "%s", name);
			return r;
		}
	}
	return ERR_OK;
}

void
ci_files_free(struct ci_files *c)
{
	for (size_t i = 0; i < IMA_POLICIES_MAX; i++) {
		buf_free(&c->files[i]);
		ci_keys_free(&c->keys[i]);
	}
}

void
ci_files_judge(struct ci_files *c, struct bytes list, const struct quote *quote,
    uint32_t mask, struct findings_store *store, struct findings *f)
{
	struct ima_question q = { .list = list,
		.cursor = IMA_CURSOR_START,
		.pcr_mask = mask,
		.n_policies = c->n,
		.policies = c->list };

	if (quote->digest.len == sizeof(q.pcr_digest))
		memcpy(q.pcr_digest, quote->digest.p, sizeof(q.pcr_digest));
	ima_verdict(&q, &c->work, store, f);
}
