/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield protector grant|revoke: the owner's next revision of the grant, with
 * a fresh wrap and seal; the secrets are sealed anew for it. The working keys
 * stay, so a revocation is honest about what it cannot take back.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/random.h"
#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/folder.h"
#include "ctl/shield/guardians.h"

/* What both need: the VM's folder, its owner and who it is about. */
struct change {
	char path[4096];
	struct vm_folder folder;
	struct own_guardian owner;
	struct guardian_file guardian;
	struct grant_content grant; /* the next revision's */
};

static void
change_free(struct change *c)
{
	vm_folder_free(&c->folder);
	own_guardian_free(&c->owner);
	guardian_file_free(&c->guardian);
}

static int
change_begin(const struct cli *cli, struct change *ret, struct diag *d)
{
	const char *name = cli_option(cli, "guardian");
	int r;

	if (name == NULL)
		return diag_fail(d, ERR_USAGE, "--guardian is needed");
	if (name_check("--guardian", bytes_of_text(name), d) < 0)
		return ERR_USAGE;
	if ((r = protector_folder(cli_arg(cli, 0), ret->path, sizeof(ret->path),
		 d)) < 0 ||
	    (r = vm_folder_open(ret->path, &ret->folder, d)) < 0 ||
	    (r = guardians_load(cli, name, &ret->guardian, NULL, d)) < 0)
		return r;
	ret->grant = ret->folder.p->core->grant->c;
	ret->grant.revision++;
	return ERR_OK;
}

/* Its index among the grant's guardians, or their number. */
static size_t
find(const struct change *c)
{
	size_t i;

	for (i = 0; i < c->grant.n_guardians; i++)
		if (bytes_equal(c->grant.guardians[i].sign_cert,
			c->guardian.g.sign_cert) &&
		    bytes_equal(c->grant.guardians[i].enc_cert,
			c->guardian.g.enc_cert))
			break;
	return i;
}

static int
open_secrets(const struct change *c, struct secret *ret_tk,
    struct vm_secrets *ret, struct diag *d)
{
	const struct core *core = c->folder.p->core;
	struct vm_binding binding;
	int r;

	if ((r = core_open(core, c->owner.enc, 0, ret_tk, d)) < 0 ||
	    (r = vm_folder_binding(&c->folder, core, &binding, d)) < 0)
		return r;
	r = vm_secrets_open(c->folder.p->secrets, secret_bytes(ret_tk),
	    &binding, ret, d);
	if (r < 0)
		diag_prefix(d, "%s", c->path);
	return r;
}

static int
make_core(const struct change *c, struct bytes old_tk, struct bytes new_tk,
    struct buf *ret, struct diag *d)
{
	const struct core *old = c->folder.p->core;
	struct wrap_random random;
	struct core_new in = { .tk = new_tk,
		.random = &random,
		.signer = c->owner.sign };
	auto_grant struct grant *grant = NULL;
	auto_buf struct buf der = BUF_INIT(GRANT_MAX);
	int r;

	if ((r = grant_make(&c->grant, c->owner.sign, &der, d)) < 0 ||
	    (r = grant_open(buf_bytes(&der), &grant, d)) < 0)
		return r;
	random_bytes((uint8_t *)&random, sizeof(random));
	r = core_regrant(old, old_tk, grant, old->seal.recovery_digest, &in,
	    ret, d);
	explicit_bzero(&random, sizeof(random));
	return r;
}

static int
seal_secrets(const struct change *c, const struct core *core, struct bytes tk,
    const struct vm_secrets *secrets, struct buf *ret, struct diag *d)
{
	struct vm_binding binding;
	uint8_t salt[32];
	int r;

	if ((r = vm_folder_binding(&c->folder, core, &binding, d)) < 0)
		return r;
	random_bytes(salt, sizeof(salt));
	return vm_secrets_seal(secrets, tk, &binding, salt, ret, d);
}

static int
apply(struct cli *cli, struct change *c, struct diag *d)
{
	auto_secret struct secret old_tk = SECRET_NONE, new_tk = SECRET_NONE;
	auto_vm_secrets struct vm_secrets secrets = { 0 };
	auto_buf struct buf core_bytes = BUF_INIT(CORE_MAX);
	auto_buf struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	auto_buf struct buf file = BUF_INIT(PROTECTOR_MAX);
	auto_core struct core *core = NULL;
	int r;

	if ((r = guardians_open_owner(cli, c->folder.p->core->grant, &c->owner,
		 d)) < 0 ||
	    (r = open_secrets(c, &old_tk, &secrets, d)) < 0 ||
	    (r = secret_alloc(&new_tk, TK_SIZE, d)) < 0)
		return r;
	random_bytes(new_tk.p, TK_SIZE);
	if ((r = make_core(c, secret_bytes(&old_tk), secret_bytes(&new_tk),
		 &core_bytes, d)) < 0 ||
	    (r = core_parse(buf_bytes(&core_bytes), NULL, &core, d)) < 0 ||
	    (r = seal_secrets(c, core, secret_bytes(&new_tk), &secrets, &sealed,
		 d)) < 0 ||
	    (r = protector_write(buf_bytes(&core_bytes), buf_bytes(&sealed),
		 c->folder.p->recovery, &file, d)) < 0 ||
	    (r = file_write_atomic(c->folder.fd, VM_FILE_PROTECTOR, 0600,
		 buf_bytes(&file), d)) < 0)
		return r;
	reply_data_number(cli, "revision", c->grant.revision);
	reply_data_number(cli, "generation", core->seal.generation);
	return ERR_OK;
}

int
cmd_protector_grant(struct cli *cli, struct diag *d)
{
	CLEANUP(change_free) struct change c = { .folder = VM_FOLDER_NONE };
	const char *name = cli_option(cli, "guardian");
	char undo[4300];
	struct grant_guardian *added;
	int r;

	if ((r = change_begin(cli, &c, d)) < 0)
		return r;
	if (find(&c) < c.grant.n_guardians)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s: guardian %s is granted already", c.path, name);
	if (c.grant.n_guardians == GRANT_GUARDIANS_MAX)
		return diag_fail(d, ERR_LIMIT, "%s: it has %d guardians",
		    c.path, GRANT_GUARDIANS_MAX);
	added = &c.grant.guardians[c.grant.n_guardians++];
	*added = (struct grant_guardian){ .sign_cert = c.guardian.g.sign_cert,
		.enc_cert = c.guardian.g.enc_cert };
	if ((r = apply(cli, &c, d)) < 0)
		return r;
	(void)snprintf(undo, sizeof(undo),
	    "shield protector revoke %s --guardian %s", c.path, name);
	reply_changed(cli, undo, "guardian %s granted in revision %llu", name,
	    (unsigned long long)c.grant.revision);
	return ERR_OK;
}

/* The last known good copy names the revoked one still. */
static int
drop_previous(const struct change *c, struct diag *d)
{
	struct diag ignored;
	auto_buf struct buf b = BUF_INIT(PROTECTOR_MAX);

	if (file_read(c->folder.fd, VM_FILE_PROTECTOR ".prev", PROTECTOR_MAX,
		&b, &ignored) == ERR_NOT_FOUND)
		return ERR_OK;
	if (unlinkat(c->folder.fd, VM_FILE_PROTECTOR ".prev", 0) != 0)
		return diag_errno(d, "%s/" VM_FILE_PROTECTOR ".prev", c->path);
	return ERR_OK;
}

int
cmd_protector_revoke(struct cli *cli, struct diag *d)
{
	CLEANUP(change_free) struct change c = { .folder = VM_FOLDER_NONE };
	const char *name = cli_option(cli, "guardian");
	char undo[4300];
	size_t at;
	int r;

	if ((r = change_begin(cli, &c, d)) < 0)
		return r;
	at = find(&c);
	if (at == c.grant.n_guardians)
		return diag_refuse(d, REASON_GuardianNotGranted,
		    "%s: guardian %s is not granted", c.path, name);
	for (; at + 1 < c.grant.n_guardians; at++)
		c.grant.guardians[at] = c.grant.guardians[at + 1];
	c.grant.n_guardians--;
	if ((r = apply(cli, &c, d)) < 0 || (r = drop_previous(&c, d)) < 0)
		return r;
	reply_line(cli,
	    "What %s could open before, it still can: every older "
	    "copy of this protector,",
	    name);
	reply_line(cli,
	    "and with the keys in it every copy of the disk, also "
	    "later ones: the keys stayed.");
	reply_line(cli,
	    "From now on no fabric of %s can start the VM from "
	    "this folder.",
	    name);
	reply_line(cli,
	    "Where that is not enough: recover the disk and "
	    "protect it anew.");
	(void)snprintf(undo, sizeof(undo),
	    "shield protector grant %s --guardian %s", c.path, name);
	reply_changed(cli, undo, "guardian %s revoked in revision %llu", name,
	    (unsigned long long)c.grant.revision);
	return ERR_OK;
}
