/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/ci_file.h"

#include "crypto/pem.h"
#include "crypto/x509.h"
#include "policy/ci_text.h"

#define DER_SEQUENCE_TAG 0x30

void
ci_file_free(struct ci_file *f)
{
	if (f == NULL)
		return;
	buf_free(&f->file);
	buf_free(&f->compiled);
	free(f);
}

static void
draft_free(struct ci_draft *c)
{
	free(c->rows);
	free(c->paths);
	free(c);
}

static int
compile(struct bytes text, struct buf *ret, struct diag *d)
{
	auto_buf struct buf store = BUF_INIT(text.len + 1);
	struct ci_draft *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return diag_nomem(d);
	c->max_rows = ci_text_rows(text);
	c->rows = calloc(c->max_rows, sizeof(c->rows[0]));
	c->paths = calloc(c->max_rows, sizeof(c->paths[0]));
	if (c->rows == NULL || c->paths == NULL)
		r = diag_nomem(d);
	else if ((r = ci_text_read(text, &store, c, d)) == ERR_OK)
		r = ci_compile(c, ret, d);
	draft_free(c);
	return r;
}

static enum ci_form
form_of(struct bytes file)
{
	size_t n = sizeof(CI_MAGIC) - 1;

	if (file.len >= n && bytes_equal_text(bytes_of(file.p, n), CI_MAGIC))
		return CI_FORM_COMPILED;
	return file.len > 0 && file.p[0] == DER_SEQUENCE_TAG ? CI_FORM_SIGNED
							     : CI_FORM_TEXT;
}

static int
take_contents(struct ci_file *f, struct diag *d)
{
	struct signed_object o;
	int r;

	f->form = form_of(buf_bytes(&f->file));
	switch (f->form) {
	case CI_FORM_TEXT:
		r = compile(buf_bytes(&f->file), &f->compiled, d);
		f->content = buf_bytes(&f->compiled);
		break;
	case CI_FORM_SIGNED:
		r = signed_parse(SIGNED_CI_POLICY, buf_bytes(&f->file), &o, d);
		if (r == ERR_OK) {
			f->content = o.content;
			f->ski = o.ski;
		}
		break;
	case CI_FORM_COMPILED:
	default:
		f->content = buf_bytes(&f->file);
		r = ERR_OK;
	}
	if (r == ERR_OK)
		r = ci_open(f->content, &f->policy, d);
	if (r == ERR_OK)
		ci_id(f->content, f->id);
	return r;
}

int
ci_file_open(const struct cli *cli, const char *file, struct ci_file **ret,
    struct diag *d)
{
	auto_ci_file struct ci_file *f = calloc(1, sizeof(*f));
	int r;

	if (f == NULL)
		return diag_nomem(d);
	f->file = (struct buf)BUF_INIT(CI_TEXT_MAX);
	f->compiled = (struct buf)BUF_INIT(CI_MAX);
	if ((r = cli_read_input(cli, file, CI_TEXT_MAX, &f->file, d)) < 0)
		return r;
	if ((r = take_contents(f, d)) < 0) {
		diag_prefix(d, "%s", file);
		return r;
	}
	*ret = TAKE_PTR(&f);
	return ERR_OK;
}

int
ci_read_cert(const struct cli *cli, const char *file, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(4 * CERT_MAX);
	struct cert cert;
	size_t from = ret->len;
	int r;

	if ((r = cli_read_input(cli, file, b.max, &b, d)) < 0)
		return r;
	r = pem_or_der(buf_bytes(&b), PEM_CERTIFICATE, ret, d);
	if (r == ERR_OK)
		r = cert_parse(bytes_of(ret->p + from, ret->len - from), &cert,
		    d);
	if (r < 0)
		diag_prefix(d, "%s", file);
	return r;
}
