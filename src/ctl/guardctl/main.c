/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardctl: the fabric administrator's command line on a host.
 */
#include "ctl/common/remote.h"
#include "ctl/guardctl/commands.h"

static const struct option_spec setup_options[] = {
	{ "hgs", "URL", "the Host Guardian Service", false },
	{ "fallback", "URL", "asked when the first cannot be reached", false },
	{ "pin", "HEX", "SHA-256 of the service's TLS certificate", false },
	{ "name", "NAME", "what the host calls itself", false },
	{ "cpu", "intel|amd", "whose IOMMU, where /proc/cpuinfo does not tell",
	    false },
	{ "no-initramfs", NULL, "do not make the initramfs anew", false },
	{ "dry-run", NULL, "say what would be written, and write nothing",
	    false },
	{ "undo", NULL, "take back what setup wrote", false },
	{ "check", NULL, "change nothing, say what is missing", false },
	{ NULL },
};
static const struct option_spec attest_options[] = {
	{ "fresh", NULL, "whatever the last attestation's age (always so)",
	    false },
	{ NULL },
};
static const struct option_spec diagnose_options[] = {
	{ "evidence", "FILE", "write the last evidence bundle there", false },
	{ NULL },
};
static const struct option_spec enrol_options[] = {
	{ "name", "NAME", "of the host and of its baseline", false },
	{ "o", "FILE", "output; - is standard output", false },
	{ "vary", "WHAT", "PCR=REASON or PCR:EVENT=REASON that may differ",
	    true },
	{ "open", "ARGUMENT", "of the command line whose value may differ",
	    true },
	{ "skip-validation", NULL, "even if no policy could pass", false },
	{ "test", NULL, "a baseline for tests, not for production", false },
	{ NULL },
};
static const struct option_spec identity_options[] = {
	{ "name", "NAME", "of the host", false },
	{ "o", "FILE", "output; - is standard output", false },
	{ NULL },
};
static const struct option_spec capture_options[] = {
	{ "name", "NAME", "of the baseline", false },
	{ "description", "TEXT", "for people", false },
	{ "o", "FILE", "output; - is standard output", false },
	{ "vary", "WHAT", "PCR=REASON or PCR:EVENT=REASON that may differ",
	    true },
	{ "open", "ARGUMENT", "of the command line whose value may differ",
	    true },
	{ "skip-validation", NULL, "even if no policy could pass", false },
	{ "test", NULL, "a baseline for tests, not for production", false },
	{ NULL },
};
static const struct option_spec predict_options[] = {
	{ "from", "FILE", "the baseline of the boot before the update", false },
	{ "from-running", NULL, "this boot is the one before", false },
	{ "uki", "FILE", "the new unified kernel image", false },
	{ "kernel", "FILE", "the new kernel", false },
	{ "initrd", "FILE", "the new initramfs", false },
	{ "cmdline", "FILE", "the new command line of a loader's entry",
	    false },
	{ "grub-cfg", "FILE", "the new grub.cfg", false },
	{ "boot-loader", "FILE", "the new boot loader", false },
	{ "shim", "FILE", "the new shim", false },
	{ "dbx", "FILE", "the contents of the new dbx", false },
	{ "old-uki", "FILE", "what it takes the place of", false },
	{ "old-kernel", "FILE", "the same", false },
	{ "old-initrd", "FILE", "the same", false },
	{ "old-grub-cfg", "FILE", "the same", false },
	{ "old-boot-loader", "FILE", "the same", false },
	{ "old-shim", "FILE", "the same", false },
	{ "old-dbx", "FILE", "the same", false },
	{ "name", "NAME", "of the baseline", false },
	{ "description", "TEXT", "for people", false },
	{ "o", "FILE", "output; - is standard output", false },
	{ "skip-validation", NULL, "even if no policy could pass", false },
	{ "test", NULL, "a baseline for tests, not for production", false },
	{ NULL },
};
static const struct option_spec scan_options[] = {
	{ "o", "FILE", "output; - is standard output", false },
	{ "name", "NAME", "of the policy (scan)", false },
	{ "mode", "MODE", "enforced (default) or audit", false },
	{ "level", "LEVEL", "signer, hash, path, signer,hash (default) ...",
	    false },
	{ "signer", "CERT", "who signed files for IMA", true },
	{ "ima-log", "FILE", "a list of measurements to allow too", false },
	{ "all-files", NULL, "also what is no code", false },
	{ "jobs", "N", "how many processes read (one for each processor)",
	    false },
	{ "resume", NULL, "go on with a scan that was ended", false },
	{ NULL },
};
static const struct option_spec ci_sign_options[] = {
	{ "key", "FILE", "private key, PEM, or a guardian's NAME.key", false },
	{ "cert", "FILE", "its certificate", false },
	{ "o", "FILE", "output; - is standard output", false },
	{ NULL },
};
static const struct option_spec ci_install_options[] = {
	{ "signer", "CERT", "the certificate that signed it", false },
	{ NULL },
};
static const struct option_spec ci_events_options[] = {
	{ "policy", "FILE", "instead of the installed one", false },
	{ "ima-log", "FILE", "instead of the running kernel's", false },
	{ NULL },
};
static const struct option_spec image_options[] = {
	{ "keys", "DIR", "sign it with db.key and db.crt there", false },
	{ "grub", NULL, "start it as the distribution signed it", false },
	{ "word", "WORD", "one more word of its command line", true },
	{ "no-word", "WORD", "one word less", true },
	{ "var", "MIB", "size of /var (256)", false },
	{ NULL },
};
static const struct option_spec create_options[] = {
	{ "type", "TYPE", "regular; other types are their owners' to make",
	    false },
	{ "disk", "FILE", "a raw image, which is copied", false },
	{ "disk-size", "SIZE", "an empty disk instead: 10G", false },
	{ "memory", "SIZE", "2G (default)", false },
	{ "cpus", "N", "2 (default) to 64", false },
	{ "net", "BRIDGE", "a network card on it; BRIDGE/MAC", true },
	{ "secure-boot", "KEYS",
	    "microsoft (default), a folder with PK.crt, KEK.crt, db.crt, off",
	    false },
	{ "tpm", "YES|NO", "a virtual TPM (yes)", false },
	{ "state-encryption", "YES|NO", "of the virtual TPM (yes)", false },
	{ "console", "YES|NO", "display and keyboard (yes)", false },
	{ "serial", "YES|NO", "a serial port (no)", false },
	{ "integration", "YES|NO", "data and commands to the guest (yes)",
	    false },
	{ "debug", "YES|NO", "debugger and memory dumps (no)", false },
	{ NULL },
};
static const struct option_spec disk_options[] = {
	{ "size", "SIZE", "of a new disk, or what it is to grow to: 10G",
	    false },
	{ NULL },
};
static const struct option_spec console_options[] = {
	{ "display", NULL, "the display, for a viewer (with --listen)", false },
	{ "serial", NULL, "the serial port (default)", false },
	{ "listen", "SOCKET", "for one viewer, instead of the terminal",
	    false },
	{ "timeout", "SECONDS", "end after so long", false },
	{ NULL },
};
static const struct option_spec guest_options[] = {
	{ "command", "TEXT", "of exec: a line for the guest's shell", false },
	{ NULL },
};
static const struct option_spec dump_options[] = {
	{ "o", "FILE", "a new file", false },
	{ NULL },
};
static const struct option_spec import_options[] = {
	{ "name", "NAME", "another name for the VM", false },
	{ NULL },
};
static const struct option_spec export_options[] = {
	{ "o", "DIR", "a new folder", false },
	{ NULL },
};
static const struct option_spec start_options[] = {
	{ "wait", "SECONDS", "how long to watch it start (300); 0: not",
	    false },
	{ NULL },
};
static const struct option_spec stop_options[] = {
	{ "all", NULL, "every VM of this host, at once", false },
	{ "timeout", "SECONDS", "how long the guest may take (90)", false },
	{ NULL },
};

static const struct command commands[] = {
	{ "setup", NULL, "", setup_options, "make this machine a host",
	    cmd_setup },
	{ "status", NULL, "", NULL, "say whether the host is guarded",
	    cmd_remote },
	{ "attest", NULL, "", attest_options, "attest now", cmd_remote },
	{ "diagnose", NULL, "[VM]", diagnose_options,
	    "find what is wrong, and a remedy", cmd_diagnose },
	{ "enrol", NULL, "", enrol_options,
	    "write identity and baseline for 'hgsctl host add'", cmd_enrol },
	{ "identity", NULL, "", identity_options,
	    "write an enrolment file without a baseline", cmd_identity },
	{ "baseline", "capture", "", capture_options,
	    "write a baseline from this boot", cmd_baseline_capture },
	{ "baseline", "predict", "", predict_options,
	    "write the baseline of the boot behind an update",
	    cmd_baseline_predict },
	{ "ci", "scan", "", scan_options,
	    "write a policy that allows what this machine runs", cmd_ci_scan },
	{ "ci", "show", "FILE", NULL, "say what a CI policy allows",
	    cmd_ci_show },
	{ "ci", "sign", "FILE", ci_sign_options, "compile and sign a policy",
	    cmd_ci_sign },
	{ "ci", "install", "FILE", ci_install_options,
	    "make a signed policy this host's", cmd_ci_install },
	{ "ci", "events", "", ci_events_options,
	    "list what the policy would refuse of what ran", cmd_ci_events },
	{ "image", NULL, "ROOT OUT", image_options,
	    "make a guarded host's disk from its root folder", cmd_image },
	{ "vm", "list", "", NULL, "list VMs", cmd_vm_list },
	{ "vm", "show", "NAME", NULL, "show a VM and its protector",
	    cmd_vm_show },
	{ "vm", "create", "NAME", create_options,
	    "make a VM of the fabric's own", cmd_vm_create },
	{ "vm", "set", "NAME KEY=VALUE...", NULL,
	    "change what a stopped VM has", cmd_vm_set },
	{ "vm", "import", "DIR", import_options, "take over a VM's folder",
	    cmd_vm_import },
	{ "vm", "export", "NAME", export_options, "copy a stopped VM's folder",
	    cmd_vm_export },
	{ "vm", "remove", "NAME", NULL, "remove a stopped VM's folder",
	    cmd_vm_remove },
	{ "vm", "start", "NAME", start_options, "start a VM", cmd_vm_start },
	{ "vm", "stop", "[NAME]", stop_options, "have the guest shut down",
	    cmd_vm_stop },
	{ "vm", "kill", "NAME", NULL, "end a VM without asking the guest",
	    cmd_vm_kill },
	{ "vm", "status", "NAME", NULL, "say how a VM is", cmd_vm_status },
	{ "vm", "console", "NAME", console_options,
	    "use a VM's display or serial port", cmd_vm_console },
	{ "vm", "disk", "ACTION NAME DISK", disk_options,
	    "attach, detach or resize a disk", cmd_vm_disk },
	{ "vm", "guest", "NAME VERB", guest_options,
	    "ask the guest's agent: ping, info, exec ...", cmd_vm_guest },
	{ "vm", "dump", "NAME", dump_options, "write a VM's memory to a file",
	    cmd_vm_dump },
	{ "vm", "audit", "[NAME]", NULL,
	    "show who asked what of the VMs, and what was refused",
	    cmd_vm_audit },
	{ "vm", "log", "NAME", NULL, "show what a VM went through",
	    cmd_remote },
};

int
cmd_remote(struct cli *cli, struct diag *d)
{
	return remote_command(cli, REMOTE_GUARD_SOCKET, d);
}

int
main(int argc, char **argv)
{
	static const struct program program = { "guardctl",
		"administration of a guarded host", commands,
		ARRAY_LEN(commands) };

	return cli_main(&program, argc, argv);
}
