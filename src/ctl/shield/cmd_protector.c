/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield protector show|verify: what a key protector says, and whether it
 * holds. Nothing is shown of one that does not verify.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/folder.h"
#include "ctl/shield/guardians.h"

#define SHOWN_HEX 65

static void
put_hex(struct cli *cli, const char *key, struct bytes value)
{
	char hex[2 * 32 + 1];

	BUG_ON(value.len > 32);
	hex_format(value, hex);
	reply_line(cli, "%-17s %s", key, hex);
	reply_data_text(cli, key, hex);
}

static void
put_number(struct cli *cli, const char *key, uint64_t v)
{
	reply_line(cli, "%-17s %llu", key, (unsigned long long)v);
	reply_data_number(cli, key, v);
}

static void
put_text(struct cli *cli, const char *key, const char *v)
{
	reply_line(cli, "%-17s %s", key, v);
	reply_data_text(cli, key, v);
}

static void
put_flag(struct cli *cli, const char *key, bool v)
{
	reply_line(cli, "%-17s %s", key, v ? "yes" : "no");
	reply_data(cli, key, json_boolean(v));
}

static json_t *
party(struct cli *cli, const char *what, const struct grant_pair *pair)
{
	uint8_t fingerprint[GUARDIAN_FINGERPRINT_SIZE];
	char name[NAME_MAX_LEN + 1], hex[SHOWN_HEX];

	guardian_pair_digest(pair->sign_cert, pair->enc_cert, fingerprint);
	hex_format(BYTES_OF_ARRAY(fingerprint), hex);
	guardians_name_of(cli, pair, name);
	reply_line(cli, "%-17s %s %s", what, hex,
	    name[0] != '\0' ? name : "(not known here)");
	return json_pack("{s:s, s:s}", "fingerprint", hex, "name", name);
}

static void
put_parties(struct cli *cli, const struct grant_content *c)
{
	json_t *list = json_array();

	reply_data(cli, "owner", party(cli, "owner", &c->owner));
	for (size_t i = 0; i < c->n_guardians; i++) {
		const struct grant_pair pair = { c->guardians[i].sign_cert,
			c->guardians[i].enc_cert };

		(void)json_array_append_new(list,
		    party(cli, "guardian", &pair));
	}
	reply_data(cli, "guardians", list);
}

static void
put_modes(struct cli *cli, uint32_t modes)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ GRANT_MODE_TPM, "tpm" },
		{ GRANT_MODE_HOSTKEY, "hostkey" },
		{ GRANT_MODE_KERBEROS, "kerberos" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if ((modes & names[i].bit) == 0)
			continue;
		reply_line(cli, "%-17s %s", "attestation mode", names[i].name);
		(void)json_array_append_new(list, json_string(names[i].name));
	}
	reply_data(cli, "modes", list);
}

static void
put_grant(struct cli *cli, const struct grant *g)
{
	const struct grant_policy *p = &g->c.policy;

	put_hex(cli, "family", BYTES_OF_ARRAY(g->c.family));
	put_number(cli, "revision", g->c.revision);
	put_hex(cli, "grant", BYTES_OF_ARRAY(g->digest));
	put_hex(cli, "owner_id", BYTES_OF_ARRAY(g->owner_id));
	put_text(cli, "level", grant_level_name(p->level));
	put_flag(cli, "console", p->console);
	put_hex(cli, "secure_boot_keys", BYTES_OF_ARRAY(p->secure_boot_keys));
	put_flag(cli, "clean_stop", p->clean_stop);
	put_text(cli, "unknown_hgs",
	    p->unknown_vm == GRANT_UNKNOWN_VM_ALLOW ? "allow" : "refuse");
	put_flag(cli, "quorum_restore", p->quorum_restore);
	put_number(cli, "offline_starts", g->c.offline_starts);
	put_modes(cli, g->c.modes);
	put_parties(cli, &g->c);
}

static void
put_seal(struct cli *cli, const struct core *c)
{
	char by[32] = "owner";

	put_hex(cli, "vm_id", BYTES_OF_ARRAY(c->seal.vm_id));
	put_number(cli, "generation", c->seal.generation);
	put_hex(cli, "seal", BYTES_OF_ARRAY(c->seal_digest));
	put_hex(cli, "previous", BYTES_OF_ARRAY(c->seal.previous));
	if (c->seal.signer != 0)
		(void)snprintf(by, sizeof(by), "guardian %u", c->seal.signer);
	put_text(cli, "sealed_by", by);
	if (bytes_all_zero(BYTES_OF_ARRAY(c->seal.receipt.log_id)))
		return;
	put_hex(cli, "audit_log", BYTES_OF_ARRAY(c->seal.receipt.log_id));
	put_number(cli, "audit_sequence", c->seal.receipt.sequence);
	put_hex(cli, "audit_record", BYTES_OF_ARRAY(c->seal.receipt.record));
}

int
cmd_protector_show(struct cli *cli, struct diag *d)
{
	auto_protector struct protector *p = NULL;
	int r;

	if ((r = protector_load(cli_arg(cli, 0), &p, d)) < 0)
		return r;
	put_seal(cli, p->core);
	put_grant(cli, p->core->grant);
	return ERR_OK;
}

/* The own guardian to open it with: the named one, or the owner, or any. */
static int
find_opener(const struct cli *cli, const struct core *core,
    char ret[static NAME_MAX_LEN + 1], size_t *ret_index, struct diag *d)
{
	auto_free struct known_guardians *all = calloc(1, sizeof(*all));
	const char *named = cli_option(cli, "guardian");
	size_t best = SIZE_MAX;
	int r;

	if (all == NULL)
		return diag_nomem(d);
	if ((r = guardians_list(cli, all, d)) < 0)
		return r;
	for (size_t i = 0; i < all->n; i++) {
		const char *name = all->list[i].name;
		auto_guardian_file struct guardian_file f = { 0 };
		struct diag ignored;
		size_t index;

		if (!all->list[i].own ||
		    (named != NULL && strcmp(named, name) != 0) ||
		    guardians_load(cli, name, &f, NULL, &ignored) < 0 ||
		    core_find(core, f.g.enc_cert, &index, &ignored) < 0 ||
		    index >= best)
			continue;
		best = index;
		memcpy(ret, name, NAME_MAX_LEN + 1);
	}
	*ret_index = best;
	if (best != SIZE_MAX)
		return ERR_OK;
	return diag_refuse(d, REASON_GuardianNotGranted,
	    "none of the guardians here%s%s may open it",
	    named != NULL ? " named " : "", named != NULL ? named : "");
}

/* In a VM's folder the secrets and the way back are tried as well. */
static int
open_folder_parts(struct cli *cli, const char *path,
    const struct own_guardian *own, size_t index, struct bytes tk,
    struct diag *d)
{
	auto_vm_folder struct vm_folder f = VM_FOLDER_NONE;
	auto_vm_secrets struct vm_secrets secrets = { 0 }, back = { 0 };
	char folder[4096];
	struct vm_binding binding;
	int r;

	if ((r = protector_folder(path, folder, sizeof(folder), d)) < 0 ||
	    (r = vm_folder_open(folder, &f, d)) < 0 ||
	    (r = vm_folder_binding(&f, f.p->core, &binding, d)) < 0 ||
	    (r = vm_secrets_open(f.p->secrets, tk, &binding, &secrets, d)) < 0)
		return r;
	put_text(cli, "state",
	    secrets.state == VM_STATE_CLEAN ? "clean" : "running");
	if (index != 0)
		return ERR_OK;
	if ((r = recovery_open(f.p->recovery, f.p->core->seal.vm_id,
		 f.p->core->grant->c.family, &f.p->core->grant->owner_enc,
		 own->enc, &back, d)) < 0)
		return r;
	put_flag(cli, "recoverable", true);
	return ERR_OK;
}

int
cmd_protector_verify(struct cli *cli, struct diag *d)
{
	auto_own_guardian struct own_guardian own = { 0 };
	auto_protector struct protector *p = NULL;
	auto_secret struct secret tk = SECRET_NONE;
	const char *path = cli_arg(cli, 0);
	char name[NAME_MAX_LEN + 1];
	size_t index;
	int r;

	if ((r = protector_load(path, &p, d)) < 0)
		return r;
	put_hex(cli, "seal", BYTES_OF_ARRAY(p->core->seal_digest));
	put_flag(cli, "signatures", true);
	if (!cli_flag(cli, "open"))
		return ERR_OK;
	if ((r = find_opener(cli, p->core, name, &index, d)) < 0 ||
	    (r = guardians_open(cli, name, &own, d)) < 0 ||
	    (r = core_open(p->core, own.enc, index, &tk, d)) < 0)
		return r;
	put_text(cli, "opened_by", name);
	return open_folder_parts(cli, path, &own, index, secret_bytes(&tk), d);
}
