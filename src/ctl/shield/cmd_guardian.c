/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield guardian create|list|export|remove|backup|restore.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/key.h"
#include "crypto/random.h"
#include "ctl/common/ask.h"
#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/guardians.h"
#include "guardian/metadata.h"

#define YEARS   10
#define SECONDS ((uint64_t)86400)

static void
show_fingerprint(const struct guardian *g, char ret[static 65])
{
	uint8_t fingerprint[GUARDIAN_FINGERPRINT_SIZE];

	guardian_fingerprint(g, fingerprint);
	hex_format(BYTES_OF_ARRAY(fingerprint), ret);
}

static int
seal(const struct guardian *g, const struct key *sign, const struct key *enc,
    struct bytes passphrase, struct buf *ret, struct diag *d)
{
	uint8_t salt[PBE_SALT_SIZE], nonce[PBE_NONCE_SIZE];

	random_bytes(salt, sizeof(salt));
	random_bytes(nonce, sizeof(nonce));
	return guardian_private_write(g, sign, enc, passphrase, salt, nonce,
	    ret, d);
}

static int
generate(const char *name, struct own_guardian *ret, struct diag *d)
{
	uint64_t now = (uint64_t)time(NULL);
	struct guardian_new in = { .name = bytes_of_text(name) };
	int r;

	if ((r = key_generate(KEY_P256, 0, &ret->sign, d)) < 0 ||
	    (r = key_generate(KEY_P256, 0, &ret->enc, d)) < 0)
		return r;
	in.sign = ret->sign;
	in.enc = ret->enc;
	random_bytes(in.serial[0], sizeof(in.serial[0]));
	random_bytes(in.serial[1], sizeof(in.serial[1]));
	in.not_before = now - now % SECONDS;
	in.not_after = in.not_before + YEARS * 365 * SECONDS;
	return guardian_create(&in, &ret->file, d);
}

int
cmd_guardian_create(struct cli *cli, struct diag *d)
{
	auto_own_guardian struct own_guardian own = { 0 };
	auto_secret struct secret passphrase = SECRET_NONE;
	auto_buf struct buf out = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	const char *name = cli_arg(cli, 0);
	char fingerprint[65], undo[128];
	int r;

	if ((r = guardians_check_free(cli, name, d)) < 0 ||
	    (r = ask_passphrase(cli, "new passphrase", true, &passphrase, d)) <
		0 ||
	    (r = generate(name, &own, d)) < 0 ||
	    (r = seal(&own.file.g, own.sign, own.enc, secret_bytes(&passphrase),
		 &out, d)) < 0 ||
	    (r = guardians_add(cli, name, true, buf_bytes(&out), d)) < 0)
		return r;
	show_fingerprint(&own.file.g, fingerprint);
	(void)snprintf(undo, sizeof(undo), "shield guardian remove %s", name);
	reply_line(cli, "fingerprint %s", fingerprint);
	reply_data_text(cli, "name", name);
	reply_data_text(cli, "fingerprint", fingerprint);
	reply_changed(cli, undo,
	    "guardian %s created; make a backup: "
	    "shield guardian backup %s -o FILE",
	    name, name);
	return ERR_OK;
}

int
cmd_guardian_list(struct cli *cli, struct diag *d)
{
	auto_free struct known_guardians *all = calloc(1, sizeof(*all));
	json_t *list;
	int r;

	if (all == NULL)
		return diag_nomem(d);
	if ((r = guardians_list(cli, all, d)) < 0)
		return r;
	list = json_array();
	for (size_t i = 0; i < all->n; i++) {
		auto_guardian_file struct guardian_file f = { 0 };
		const char *name = all->list[i].name, *said = "damaged";
		const char *kind = all->list[i].own ? "own" : "imported";
		char fingerprint[65];
		struct diag why;

		if (guardians_load(cli, name, &f, NULL, &why) == ERR_OK) {
			show_fingerprint(&f.g, fingerprint);
			said = fingerprint;
		}
		reply_line(cli, "%-20s %-8s %s", name, kind, said);
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:b, s:s}", "name", name, "own",
			all->list[i].own ? 1 : 0, "fingerprint", said));
	}
	reply_data(cli, "guardians", list);
	return ERR_OK;
}

int
cmd_guardian_export(struct cli *cli, struct diag *d)
{
	auto_guardian_file struct guardian_file f = { 0 };
	auto_buf struct buf out = BUF_INIT(METADATA_MAX);
	const char *name = cli_arg(cli, 0);
	char fingerprint[65];
	int r;

	if ((r = guardians_load(cli, name, &f, NULL, d)) < 0 ||
	    (r = metadata_write(&f.g, &out, d)) < 0 ||
	    (r = cli_write_output(cli, cli_option(cli, "o"), 0644,
		 buf_bytes(&out), d)) < 0)
		return r;
	show_fingerprint(&f.g, fingerprint);
	reply_line(cli, "fingerprint %s", fingerprint);
	reply_data_text(cli, "fingerprint", fingerprint);
	reply_changed(cli, NULL, "guardian %s exported", name);
	return ERR_OK;
}

int
cmd_guardian_remove(struct cli *cli, struct diag *d)
{
	auto_guardian_file struct guardian_file f = { 0 };
	const char *name = cli_arg(cli, 0);
	char text[512], undo[160];
	bool own;
	int r;

	if ((r = guardians_load(cli, name, &f, &own, d)) < 0)
		return r;
	(void)snprintf(text, sizeof(text), "Remove guardian %s%s?", name,
	    own ? " and its private keys? Without a backup, VMs that it owns "
		  "can never be recovered or granted anew"
		: "");
	if (own && (r = ask_confirm(cli, text, d)) < 0)
		return r;
	if ((r = guardians_remove(cli, name, own, d)) < 0)
		return r;
	(void)snprintf(undo, sizeof(undo),
	    own ? "shield guardian restore BACKUP --name %s"
		: "shield guardian import FILE --name %s --fingerprint ...",
	    name);
	reply_changed(cli, undo, "guardian %s removed", name);
	return ERR_OK;
}

/* The copy is encrypted as the original is; that it opens is tried first. */
int
cmd_guardian_backup(struct cli *cli, struct diag *d)
{
	auto_own_guardian struct own_guardian own = { 0 };
	auto_buf struct buf b = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	const char *name = cli_arg(cli, 0);
	int r;

	if ((r = guardians_open(cli, name, &own, d)) < 0 ||
	    (r = guardians_read_private(cli, name, &b, d)) < 0 ||
	    (r = cli_write_output(cli, cli_option(cli, "o"), 0600,
		 buf_bytes(&b), d)) < 0)
		return r;
	reply_changed(cli, NULL,
	    "guardian %s backed up, under the same passphrase", name);
	return ERR_OK;
}

int
cmd_guardian_restore(struct cli *cli, struct diag *d)
{
	auto_own_guardian struct own_guardian own = { 0 };
	auto_secret struct secret passphrase = SECRET_NONE;
	auto_buf struct buf b = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	const char *file = cli_arg(cli, 0), *name = cli_option(cli, "name");
	char fingerprint[65], undo[128], kept[NAME_MAX_LEN + 1];
	int r;

	if ((r = cli_read_input(cli, file, GUARDIAN_PRIVATE_MAX, &b, d)) < 0)
		return r;
	if ((r = guardian_private_peek(buf_bytes(&b), &own.file, d)) < 0) {
		diag_prefix(d, "%s", file);
		return r;
	}
	(void)snprintf(kept, sizeof(kept), "%.*s", (int)own.file.g.name.len,
	    (const char *)own.file.g.name.p);
	guardian_file_free(&own.file);
	own.file = (struct guardian_file){ 0 };
	if (name == NULL)
		name = kept;
	if ((r = name_check("--name", bytes_of_text(name), d)) < 0 ||
	    (r = guardians_check_free(cli, name, d)) < 0 ||
	    (r = ask_passphrase(cli, "passphrase of the backup", false,
		 &passphrase, d)) < 0)
		return r;
	r = guardian_private_open(buf_bytes(&b), secret_bytes(&passphrase),
	    &own.file, &own.sign, &own.enc, d);
	if (r < 0) {
		diag_prefix(d, "%s", file);
		return r;
	}
	if ((r = guardians_add(cli, name, true, buf_bytes(&b), d)) < 0)
		return r;
	show_fingerprint(&own.file.g, fingerprint);
	(void)snprintf(undo, sizeof(undo), "shield guardian remove %s", name);
	reply_line(cli, "fingerprint %s", fingerprint);
	reply_data_text(cli, "name", name);
	reply_data_text(cli, "fingerprint", fingerprint);
	reply_changed(cli, undo, "guardian %s restored", name);
	return ERR_OK;
}
