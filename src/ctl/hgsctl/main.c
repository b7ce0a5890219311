/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgsctl: the HGS administrator's command line.
 */
#include "ctl/hgsctl/commands.h"

static const struct option_spec init_options[] = {
	{ "name", "FQDN", "the service's name", false },
	{ "mode", "tpm", "attestation mode", false },
	{ "keys", "passphrase", "how private keys are kept", false },
	{ "passphrase-file", "PATH",
	    "root's file with the passphrase, for hgsd", false },
	{ "signing-cert", "FILE", "PEM of certificate and key", false },
	{ "encryption-cert", "FILE", "PEM of certificate and key", false },
	{ "listen", "URL", "http://ADDRESS:PORT for hgs.conf", false },
	{ "url", "URL", "what hosts and tenants use, for hgs.conf", false },
	{ "backup", "FILE", "write an encrypted backup of the keys", false },
	{ "no-backup", NULL, "do without a backup", false },
	{ "from-backup", "FILE", "take name and keys from a backup", false },
	{ NULL },
};
static const struct option_spec host_add_options[] = {
	{ "with-policies", NULL, "register its baseline too", false },
	{ "pin-ek", NULL, "accept this very endorsement key", false },
	{ NULL },
};
static const struct option_spec host_list_options[] = {
	{ "state", "STATE", "passed, refused or never", false },
	{ NULL },
};
static const struct option_spec tpmca_remove_options[] = {
	{ "hosts", NULL, "and the hosts that only it vouches for", false },
	{ NULL },
};
static const struct option_spec policy_enable_options[] = {
	{ "vendor", "LIST", "TpmVendor: accepted vendors", false },
	{ "minimum", "LIST", "TpmFirmware: VENDOR>=MAJOR.MINOR", false },
	{ NULL },
};
static const struct option_spec baseline_remove_options[] = {
	{ "unused", NULL, "all that no host's last attestation matched",
	    false },
	{ NULL },
};
static const struct option_spec accept_options[] = {
	{ "diff", "DIGEST", "of the differences that were read", false },
	{ "name", "NAME", "of the new baseline", false },
	{ NULL },
};
static const struct option_spec ci_add_options[] = {
	{ "signer", "CERT", "the certificate that signed it", false },
	{ NULL },
};
static const struct option_spec deny_options[] = {
	{ "time", "TIME", "2026-01-31T12:00:00Z instead of now", false },
	{ NULL },
};
static const struct option_spec output_options[] = {
	{ "o", "FILE", "output; - is standard output", false },
	{ NULL },
};
static const struct option_spec audit_list_options[] = {
	{ "last", "N", "how many records (50)", false },
	{ "subject", "TEXT", "only these", false },
	{ NULL },
};
static const struct option_spec verify_options[] = {
	{ "key", "DIGEST", "SHA-256 of the audit key", false },
	{ "receipt", "SEQ:DIGEST", "a record that must be there", false },
	{ NULL },
};

static const struct command commands[] = {
	{ "init", NULL, "", init_options, "make this machine an HGS",
	    cmd_init },
	{ "clear", NULL, "", NULL, "remove the HGS from this machine",
	    cmd_clear },
	{ "unlock", NULL, "", NULL, "open the service's keys", cmd_unlock },
	{ "status", NULL, "", NULL, "say how the service is", cmd_remote },
	{ "diagnose", NULL, "[NAME]", NULL, "find what is wrong, and a remedy",
	    cmd_remote },
	{ "report", NULL, "", NULL, "attestation report of all hosts",
	    cmd_remote },
	{ "host", "add", "NAME FILE", host_add_options,
	    "register a host by its enrolment file", cmd_host_add },
	{ "host", "list", "", host_list_options, "list hosts", cmd_remote },
	{ "host", "show", "NAME", NULL, "show a host and its last attestation",
	    cmd_remote },
	{ "host", "remove", "NAME", NULL, "remove a host at once", cmd_remote },
	{ "tpmca", "add", "NAME FILE", NULL,
	    "trust a TPM vendor's certification authority", cmd_remote },
	{ "tpmca", "list", "", NULL, "list TPM authorities", cmd_remote },
	{ "tpmca", "remove", "NAME", tpmca_remove_options,
	    "remove a TPM authority", cmd_remote },
	{ "baseline", "add", "NAME FILE", NULL, "register a baseline",
	    cmd_remote },
	{ "baseline", "list", "", NULL, "list baselines", cmd_remote },
	{ "baseline", "remove", "[NAME]", baseline_remove_options,
	    "remove a baseline at once", cmd_remote },
	{ "baseline", "diff", "HOST", NULL, "say what changed on a host",
	    cmd_remote },
	{ "baseline", "accept", "HOST", accept_options,
	    "make a read difference a baseline", cmd_remote },
	{ "ci", "add", "NAME FILE", ci_add_options,
	    "register a signed CI policy", cmd_ci_add },
	{ "ci", "list", "", NULL, "list CI policies", cmd_remote },
	{ "ci", "show", "NAME", NULL, "show a CI policy", cmd_remote },
	{ "ci", "remove", "NAME", NULL, "remove a CI policy at once",
	    cmd_remote },
	{ "policy", "list", "", NULL, "list the built-in policies",
	    cmd_remote },
	{ "policy", "enable", "POLICY", policy_enable_options, "enable one",
	    cmd_remote },
	{ "policy", "disable", "POLICY", NULL, "disable one", cmd_remote },
	{ "mode", "show", "", NULL, "show the attestation mode", cmd_remote },
	{ "signer", "list", "", NULL, "list attestation signers", cmd_remote },
	{ "signer", "deny-before", "", deny_options,
	    "refuse all certificates issued before", cmd_remote },
	{ "key", "list", "", NULL, "list keys", cmd_remote },
	{ "metadata", NULL, "", output_options, "the guardian's metadata.xml",
	    cmd_remote },
	{ "vm", "list", "", NULL, "list VMs that this HGS remembers",
	    cmd_remote },
	{ "vm", "show", "ID", NULL, "show a VM", cmd_remote },
	{ "vm", "allow", "ID", NULL,
	    "let a VM start once from an older protector", cmd_remote },
	{ "audit", "list", "", audit_list_options, "show audit records",
	    cmd_remote },
	{ "audit", "verify", "[FILE]", verify_options,
	    "verify an export, or the service's log", cmd_audit_verify },
	{ "audit", "export", "", output_options, "export the audit log",
	    cmd_remote },
};

int
main(int argc, char **argv)
{
	static const struct program program = { "hgsctl",
		"administration of the Host Guardian Service", commands,
		ARRAY_LEN(commands) };

	return cli_main(&program, argc, argv);
}
