/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ci show, sign, install.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "conf/paths.h"
#include "crypto/pem.h"
#include "crypto/x509.h"
#include "ctl/common/ask.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/ci_file.h"
#include "ctl/guardctl/commands.h"
#include "guardian/guardian.h"

/* --- show ------------------------------------------------------------------*/

static size_t
count_digests(const struct ci_policy *p)
{
	size_t n = 0;

	for (size_t i = 0; i < CI_ALGS; i++)
		n += p->digests[i].n;
	return n;
}

static void
show_signers(struct cli *cli, const struct ci_policy *p)
{
	char keyid[2 * CI_KEYID_SIZE + 1], name[NAME_MAX_LEN + 1];
	json_t *list = json_array();
	struct ci_signer s;

	for (size_t i = 0; ci_signer_at(p, i, &s); i++) {
		hex_format(BYTES_OF_ARRAY(s.keyid), keyid);
		(void)snprintf(name, sizeof(name), "%.*s", (int)s.name.len,
		    (const char *)s.name.p);
		reply_line(cli, "signer %s keyid %s%s", name, keyid,
		    s.allowed ? "" : ", not allowed");
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:b}", "name", name, "keyid", keyid,
			"allowed", s.allowed ? 1 : 0));
	}
	reply_data(cli, "signers", list);
}

int
cmd_ci_show(struct cli *cli, struct diag *d)
{
	static const char *const forms[] = { [CI_FORM_TEXT] = "text",
		[CI_FORM_COMPILED] = "compiled",
		[CI_FORM_SIGNED] = "signed" };
	auto_ci_file struct ci_file *f = NULL;
	const struct ci_policy *p;
	char id[65], name[NAME_MAX_LEN + 1], ski[2 * SIGNED_SKI_MAX + 1] = "";
	int r = ci_file_open(cli, cli_arg(cli, 0), &f, d);

	if (r < 0)
		return r;
	p = &f->policy;
	hex_format(BYTES_OF_ARRAY(f->id), id);
	if (f->ski.len <= SIGNED_SKI_MAX)
		hex_format(f->ski, ski);
	(void)snprintf(name, sizeof(name), "%.*s", (int)p->name.len,
	    (const char *)p->name.p);
	reply_line(cli, "name %s", name);
	reply_line(cli, "id %s", id);
	reply_line(cli, "mode %s", ci_mode_name(p->mode));
	reply_line(cli, "form %s", forms[f->form]);
	if (f->form == CI_FORM_SIGNED)
		reply_line(cli, "signed by key %s (not verified here)", ski);
	reply_line(cli,
	    "%zu digests, %zu bound to paths; %zu paths that vary; %zu events",
	    count_digests(p), p->paths.n, p->rules.n, p->events.n);
	show_signers(cli, p);
	reply_data_text(cli, "name", name);
	reply_data_text(cli, "id", id);
	reply_data_text(cli, "mode", ci_mode_name(p->mode));
	reply_data_text(cli, "form", forms[f->form]);
	reply_data_text(cli, "signed_by", ski);
	reply_data_number(cli, "size", f->content.len);
	reply_data_number(cli, "digests", count_digests(p));
	reply_data_number(cli, "paths", p->paths.n);
	reply_data_number(cli, "rules", p->rules.n);
	reply_data_number(cli, "events", p->events.n);
	return ERR_OK;
}

/* --- sign ------------------------------------------------------------------*/

/* A guardian's container has the certificate as well. */
static int
open_guardian(const struct cli *cli, struct bytes file, struct buf *cert,
    struct key **ret, struct diag *d)
{
	auto_guardian_file struct guardian_file g = { 0 };
	auto_secret struct secret passphrase = SECRET_NONE;
	auto_key struct key *sign = NULL, *enc = NULL;
	int r;

	if ((r = ask_passphrase(cli, "passphrase of the key", false,
		 &passphrase, d)) < 0 ||
	    (r = guardian_private_open(file, secret_bytes(&passphrase), &g,
		 &sign, &enc, d)) < 0)
		return r;
	if (cert->len == 0 && !buf_put(cert, g.g.sign_cert))
		return buf_check(cert, "certificate", d);
	*ret = TAKE_PTR(&sign);
	return ERR_OK;
}

static int
open_key(const struct cli *cli, struct buf *cert, struct key **ret,
    struct diag *d)
{
	auto_buf struct buf file = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	auto_buf struct buf der = BUF_INIT(KEY_PKCS8_MAX);
	const char *path = cli_option(cli, "key");
	int r = cli_read_input(cli, path, file.max, &file, d);

	if (r < 0)
		return r;
	if (file.len > 4 && bytes_equal_text(bytes_of(file.p, 4), "SWGK"))
		return open_guardian(cli, buf_bytes(&file), cert, ret, d);
	if ((r = pem_or_der(buf_bytes(&file), PEM_PRIVATE_KEY, &der, d)) < 0 ||
	    (r = key_from_pkcs8(buf_bytes(&der), ret, d)) < 0)
		diag_prefix(d, "%s", path);
	return r;
}

static int
check_pair(const struct key *key, struct bytes der, struct cert *ret,
    struct diag *d)
{
	auto_key struct key *public = NULL;
	int r;

	if (der.len == 0)
		return diag_fail(d, ERR_USAGE,
		    "--cert: the certificate of the key");
	if ((r = cert_parse(der, ret, d)) < 0 ||
	    (r = cert_public_key(ret, &public, d)) < 0)
		return r;
	if (!key_public_equal(key, public))
		return diag_refuse(d, REASON_FileInvalid,
		    "the certificate is not the key's");
	if (ret->ski.len == 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "the certificate has no subject key identifier");
	return ERR_OK;
}

int
cmd_ci_sign(struct cli *cli, struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(CERT_MAX),
			    out = BUF_INIT(SIGNED_MAX);
	const char *cert = cli_option(cli, "cert");
	auto_ci_file struct ci_file *f = NULL;
	auto_key struct key *key = NULL;
	struct cert parsed;
	char id[65];
	int r;

	if (cli_option(cli, "key") == NULL)
		return diag_fail(d, ERR_USAGE, "--key: the signer's key");
	if ((r = ci_file_open(cli, cli_arg(cli, 0), &f, d)) < 0)
		return r;
	/* What somebody else signed would be taken unseen. */
	if (f->form == CI_FORM_SIGNED)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: is signed already", cli_arg(cli, 0));
	if ((cert != NULL && (r = ci_read_cert(cli, cert, &der, d)) < 0) ||
	    (r = open_key(cli, &der, &key, d)) < 0 ||
	    (r = check_pair(key, buf_bytes(&der), &parsed, d)) < 0 ||
	    (r = signed_make(SIGNED_CI_POLICY, f->content, key, parsed.ski,
		 &out, d)) < 0 ||
	    (r = cli_write_output(cli, cli_option(cli, "o"), 0644,
		 buf_bytes(&out), d)) < 0)
		return r;
	hex_format(BYTES_OF_ARRAY(f->id), id);
	reply_line(cli, "id %s", id);
	reply_data_text(cli, "id", id);
	reply_changed(cli, NULL,
	    "signed, %s: hgsctl ci add, guardctl ci install",
	    ci_mode_name(f->policy.mode));
	return ERR_OK;
}

/* --- install ---------------------------------------------------------------*/

int
cmd_ci_install(struct cli *cli, struct diag *d)
{
	auto_buf struct buf der = BUF_INIT(CERT_MAX);
	const char *file = cli_arg(cli, 0), *cert = cli_option(cli, "signer");
	auto_ci_file struct ci_file *f = NULL;
	char path[PATH_TEXT_MAX], id[65];
	struct bytes content;
	int r;

	if (cert == NULL)
		return diag_fail(d, ERR_USAGE,
		    "--signer: the certificate that signed the policy");
	if ((r = ci_read_cert(cli, cert, &der, d)) < 0 ||
	    (r = ci_file_open(cli, file, &f, d)) < 0)
		return r;
	if (f->form != CI_FORM_SIGNED)
		return diag_refuse(d, REASON_SignatureInvalid,
		    "%s: is not signed; see 'guardctl ci sign'", file);
	if ((r = signed_open(SIGNED_CI_POLICY, buf_bytes(&f->file),
		 buf_bytes(&der), &content, d)) < 0 ||
	    (r = cli_path(cli, CI_POLICY_DIR, path, sizeof(path), d)) < 0 ||
	    (r = dir_make_all(path, 0755, d)) < 0 ||
	    (r = cli_path(cli, PATH_CI_POLICY, path, sizeof(path), d)) < 0 ||
	    (r = file_write_atomic(AT_FDCWD, path, 0644, buf_bytes(&f->file),
		 d)) < 0)
		return r;
	hex_format(BYTES_OF_ARRAY(f->id), id);
	reply_line(cli, "id %s", id);
	reply_line(cli,
	    "the HGS must know it too: hgsctl ci add NAME FILE --signer CERT");
	reply_data_text(cli, "id", id);
	reply_changed(cli, "guardctl ci install, with the policy before it",
	    "%s is this host's CI policy, %s", file,
	    ci_mode_name(f->policy.mode));
	return ERR_OK;
}
