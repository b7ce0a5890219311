/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield: the tenant's command line. It holds the owner's private keys while
 * it runs, so the process is protected before anything else happens.
 */
#include <stdio.h>

#include "base/secret.h"
#include "ctl/shield/commands.h"

static const struct option_spec output_options[] = {
	{ "o", "FILE", "output; - is standard output", false },
	{ NULL },
};
static const struct option_spec import_options[] = {
	{ "name", "N", "how it is to be known here", false },
	{ "fingerprint", "H", "what it must be, from another channel", false },
	{ "ca", "FILE", "for https: certificates to trust, PEM", false },
	{ NULL },
};
static const struct option_spec restore_options[] = {
	{ "name", "N", "another name than the one it had", false },
	{ NULL },
};
static const struct option_spec verify_options[] = {
	{ "open", NULL, "open it as well, and what is sealed in its folder",
	    false },
	{ "guardian", "N", "with this guardian", false },
	{ NULL },
};
static const struct option_spec guardian_options[] = {
	{ "guardian", "N", "a guardian's name here", false },
	{ NULL },
};
static const struct option_spec protect_options[] = {
	{ "owner", "N", "the guardian of one's own that is to own it", false },
	{ "guardian", "N[,N]", "fabrics that may run it", true },
	{ "policy", "LEVEL", "shielded (default) or encrypted", false },
	{ "secure-boot", "KEYS",
	    "microsoft (default), or a folder with PK.crt, KEK.crt, db.crt",
	    false },
	{ "firmware", "FILE", "the code volume that hosts will use", false },
	{ "console", NULL, "let the fabric see and use a shielded VM's display",
	    false },
	{ "secure-boot-configurable", NULL,
	    "with encrypted: let the fabric change the Secure Boot keys",
	    false },
	{ "name", "NAME", "the VM's name (that of the folder)", false },
	{ "memory", "SIZE", "512M (default), 2G", false },
	{ "cpus", "N", "1 (default) to 64", false },
	{ "clean-stop", NULL, "refuse to start after an unclean stop", false },
	{ "administrators-restore", NULL,
	    "let the HGS's administrators allow a start from an older state",
	    false },
	{ "unknown-hgs", "RULE",
	    "an HGS that never saw the VM run: refuse (default) or allow",
	    false },
	{ "o", "DIR", "the folder to make", false },
	{ NULL },
};
static const struct option_spec recover_options[] = {
	{ "disk", "FILE", "another disk of the folder than the one that boots",
	    false },
	{ "o", "IMAGE", "a new file", false },
	{ NULL },
};
static const struct option_spec run_options[] = {
	{ "timeout", "SECONDS", "stop the guest after so long", false },
	{ "restore-ticket", NULL,
	    "leave a restore ticket in the folder, for an HGS", false },
	{ NULL },
};
static const struct option_spec ticket_options[] = {
	{ "host", "ID", "any, or the id of one host", false },
	{ "expires", "TIME", "24h (default)", false },
	{ "o", "FILE", "output; - is standard output", false },
	{ NULL },
};

static const struct command commands[] = {
	{ "guardian", "create", "NAME", NULL,
	    "make a guardian of one's own, under a passphrase",
	    cmd_guardian_create },
	{ "guardian", "import", "SOURCE", import_options,
	    "take a guardian from an HGS's address or a file",
	    cmd_guardian_import },
	{ "guardian", "list", "", NULL, "list guardians", cmd_guardian_list },
	{ "guardian", "export", "NAME", output_options,
	    "write a guardian's public part", cmd_guardian_export },
	{ "guardian", "remove", "NAME", NULL, "forget a guardian",
	    cmd_guardian_remove },
	{ "guardian", "backup", "NAME", output_options,
	    "write a guardian's keys, encrypted", cmd_guardian_backup },
	{ "guardian", "restore", "FILE", restore_options,
	    "take a guardian from its backup", cmd_guardian_restore },
	{ "protector", "show", "FILE", NULL, "say what a key protector says",
	    cmd_protector_show },
	{ "protector", "verify", "FILE", verify_options,
	    "check a key protector", cmd_protector_verify },
	{ "protector", "grant", "FILE", guardian_options,
	    "let one more fabric run the VM", cmd_protector_grant },
	{ "protector", "revoke", "FILE", guardian_options,
	    "no longer let a fabric run the VM", cmd_protector_revoke },
	{ "vm", "protect", "DISK", protect_options,
	    "make a shielded VM from a disk image", cmd_vm_protect },
	{ "vm", "recover", "DIR", recover_options,
	    "get a disk back with the owner's keys alone", cmd_vm_recover },
	{ "vm", "run", "DIR", run_options,
	    "run a VM here, without an HGS, by the owner's keys", cmd_vm_run },
	{ "vm", "restore-ticket", "DIR", ticket_options,
	    "permit one start from this folder's state",
	    cmd_vm_restore_ticket },
	{ "evidence", "show", "FILE", evidence_show_options,
	    "say what a boot log, IMA list, quote or bundle says",
	    cmd_evidence_show },
	{ "evidence", "verify", "[FILE]", evidence_verify_options,
	    "judge evidence as an HGS would, without one",
	    cmd_evidence_verify },
};

static const struct program program = { "shield", "the tenant's tool", commands,
	ARRAY_LEN(commands) };

int
main(int argc, char **argv)
{
	struct diag d = { 0 };

	if (process_protect(&d) < 0) {
		(void)fprintf(stderr, "shield: %s\n", d.text);
		return 3;
	}
	return cli_main(&program, argc, argv);
}
