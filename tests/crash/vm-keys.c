/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-keys seal|keys PROTECTOR ...: what a protector says to whom.
 *
 *   seal      the seal's digest, generation and audit sequence, for anybody
 *   keys KEY-FILE PASSPHRASE-FILE
 *             every secret in it as hex, one "name hex" per line, opened with
 *             the owner's private container: for those who search for them
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/key.h"
#include "guardian/guardian.h"
#include "protector/protector.h"

static void
print_key(const char *name, const uint8_t *key, size_t len)
{
	printf("%s ", name);
	for (size_t i = 0; i < len; i++)
		printf("%02x", key[i]);
	printf("\n");
}

static void
print_seal(const struct protector *p)
{
	char hex[65];

	hex_format(BYTES_OF_ARRAY(p->core->seal_digest), hex);
	printf("%s %llu %llu\n", hex,
	    (unsigned long long)p->core->seal.generation,
	    (unsigned long long)p->core->seal.receipt.sequence);
}

static int
print_keys(const struct protector *p, const struct key *enc, struct diag *d)
{
	auto_secret struct secret tk = SECRET_NONE;
	const struct grant *g = p->core->grant;
	struct vm_secrets s;
	int r;

	if ((r = core_open(p->core, enc, 0, &tk, d)) < 0 ||
	    (r = recovery_open(p->recovery, p->core->seal.vm_id, g->c.family,
		 p->core->enc[0], enc, &s, d)) < 0)
		return r;
	print_key("tk", tk.p, tk.len);
	print_key("vtpm", s.vtpm_key, sizeof(s.vtpm_key));
	print_key("vtpm-migration", s.vtpm_migration_key,
	    sizeof(s.vtpm_migration_key));
	print_key("nvram", s.nvram_key, sizeof(s.nvram_key));
	print_key("checkpoint", s.checkpoint_key, sizeof(s.checkpoint_key));
	for (size_t i = 0; i < s.n_disks; i++)
		print_key("disk", s.disks[i].key, sizeof(s.disks[i].key));
	vm_secrets_wipe(&s);
	return ERR_OK;
}

static int
open_owner(const char *file, const char *passphrase, struct key **ret_enc,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	auto_buf struct buf text = BUF_INIT(1024);
	auto_guardian_file struct guardian_file g = { 0 };
	struct key *sign = NULL;
	int r;

	if ((r = file_read(AT_FDCWD, file, b.max, &b, d)) < 0 ||
	    (r = file_read(AT_FDCWD, passphrase, text.max, &text, d)) < 0)
		return r;
	while (text.len > 0 && text.p[text.len - 1] == '\n')
		text.len--;
	r = guardian_private_open(buf_bytes(&b), buf_bytes(&text), &g, &sign,
	    ret_enc, d);
	key_free(sign);
	return r;
}

static int
run(int argc, char **argv, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(PROTECTOR_MAX);
	auto_protector struct protector *p = NULL;
	struct key *enc = NULL;
	int r;

	if (argc < 3)
		return diag_fail(d, ERR_USAGE, "seal|keys PROTECTOR ...");
	if ((r = file_read(AT_FDCWD, argv[2], b.max, &b, d)) < 0 ||
	    (r = protector_parse(buf_bytes(&b), &p, d)) < 0)
		return r;
	if (argc == 3 && strcmp(argv[1], "seal") == 0) {
		print_seal(p);
		return ERR_OK;
	}
	if (argc != 5 || strcmp(argv[1], "keys") != 0)
		return diag_fail(d, ERR_USAGE,
		    "keys PROTECTOR KEY-FILE PASSPHRASE-FILE");
	if ((r = open_owner(argv[3], argv[4], &enc, d)) == ERR_OK)
		r = print_keys(p, enc, d);
	key_free(enc);
	return r;
}

int
main(int argc, char **argv)
{
	struct diag d = { 0 };

	if (run(argc, argv, &d) < 0) {
		(void)fprintf(stderr, "vm-keys: %s\n", d.text);
		return 1;
	}
	return 0;
}
