/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/checks.h"

#include <fcntl.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "ctl/guardctl/guardd.h"
#include "measure/pcr15.h"
#include "tpm/public.h"

#define REMEDY_EARLY                                                \
	"Put guard-early into the initramfs and boot the machine: " \
	"guard-early(8)."

/* Its owner alone may write it; a secret it is not. */
static int
check_conf_file(const char *path, struct diag *d)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return diag_errno(d, "%s", path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "%s: no plain file, or others may write it", path);
	return ERR_OK;
}

bool
check_config(const struct cli *cli, struct report *r, struct host *ret)
{
	char path[PATH_TEXT_MAX];
	struct diag why = { 0 };

	if (host_load(cli, ret, &why) < 0 ||
	    cli_path(cli, PATH_GUARD_CONF, path, sizeof(path), &why) < 0) {
		report_diag(r, "configuration", &why,
		    "Correct guard.conf: guard.conf(5).");
		return false;
	}
	if (check_conf_file(path, &why) < 0)
		report_diag(r, "configuration", &why,
		    "Run 'guardctl setup --hgs URL' as root.");
	else if (ret->conf.url[0] == '\0')
		report_failed(r, "configuration", REASON_NONE,
		    "Run 'guardctl setup --hgs URL' as root.",
		    "%s: no HGS is named", path);
	else
		report_ok(r, "configuration", "%s", path);
	return true;
}

static void
check_program(const char *what, const char *path, struct report *r)
{
	if (access(path, X_OK) == 0)
		report_ok(r, what, "%s", path);
	else
		report_failed(r, what, REASON_NONE,
		    "Install it, or name another in guard.conf, [vm].",
		    "%s: cannot be run", path);
}

void
check_programs(const struct host *h, struct report *r)
{
	char firmware[PATH_TEXT_MAX];
	struct diag why = { 0 };
	auto_close int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	check_program("qemu", h->conf.qemu, r);
	check_program("swtpm", h->conf.swtpm, r);
	if (host_firmware(h, firmware, sizeof(firmware), &why) < 0)
		report_diag(r, "firmware", &why, NULL);
	else if (access(firmware, R_OK) != 0)
		report_failed(r, "firmware", REASON_NONE,
		    "Install OVMF, or name another in guard.conf, [vm].",
		    "%s: cannot be read", firmware);
	else
		report_ok(r, "firmware", "%s", firmware);
	if (kvm >= 0)
		report_ok(r, "kvm",
		    "/dev/kvm opens; a VM's start shows if it serves");
	else if (strcmp(h->conf.accel, "kvm") == 0)
		report_failed(r, "kvm", REASON_NONE,
		    "Switch virtualisation on in the firmware, or set [vm] "
		    "accel to auto.",
		    "/dev/kvm does not open, but guard.conf says kvm");
	else
		report_note(r, "kvm",
		    "/dev/kvm does not open: VMs run in software");
}

static void
tell_record(const struct pcr15_facts *facts, struct report *r)
{
	char hex[2 * SHA256_SIZE + 1];

	hex_format(BYTES_OF_ARRAY(facts->lock_digest), hex);
	if (bytes_all_zero(BYTES_OF_ARRAY(facts->lock_digest)))
		report_note(r, "kernel lock",
		    "none: policy MemoryAccessBlocked does not hold here");
	else
		report_ok(r, "kernel lock", "%s", hex);
	hex_format(BYTES_OF_ARRAY(facts->ima_policy), hex);
	if (bytes_all_zero(BYTES_OF_ARRAY(facts->ima_policy)))
		report_note(r, "IMA policy",
		    "none loaded: policy CiPolicy does not hold here");
	else
		report_ok(r, "IMA policy", "%s", hex);
}

void
check_early(const struct host *h, struct report *r)
{
	auto_buf struct buf record = BUF_INIT(8192);
	struct diag why = { 0 };
	struct pcr15_facts facts;
	char path[PATH_TEXT_MAX];
	int rc =
	    path_under(h->root, PATH_RUN "/pcr15", path, sizeof(path), &why);

	if (rc == ERR_OK)
		rc = file_read(AT_FDCWD, path, record.max, &record, &why);
	if (rc == ERR_NOT_FOUND) {
		report_failed(r, "early boot", REASON_HostKeyPresent,
		    REMEDY_EARLY, "guard-early did not run at this boot");
		return;
	}
	if (rc == ERR_OK)
		rc = pcr15_examine(buf_bytes(&record), &facts, &why);
	if (rc < 0) {
		report_diag(r, "early boot", &why, REMEDY_EARLY);
		return;
	}
	if (!facts.recorded) {
		report_failed(r, "early boot", REASON_HostKeyPresent,
		    REMEDY_EARLY,
		    "the first events of PCR 15 are not guard-early's");
		return;
	}
	report_ok(r, "early boot", "the host key is recorded in PCR 15");
	tell_record(&facts, r);
}

/* The record's key is the one that guard-tpm holds. */
static int
check_host_key(const struct tpm_identity *id, struct diag *d)
{
	struct pcr15_facts facts;
	uint8_t name[TPM_NAME_SIZE];
	int r;

	if ((r = public_is_ek(id->ek_public, d)) < 0 ||
	    (r = public_is_ak(id->ak_public, d)) < 0 ||
	    (r = public_is_hk(id->hk_public, d)) < 0 ||
	    (r = pcr15_examine(id->pcr15, &facts, d)) < 0)
		return r;
	tpm_name(id->hk_public, name);
	if (!facts.recorded ||
	    !bytes_equal(BYTES_OF_ARRAY(name), BYTES_OF_ARRAY(facts.hk_name)))
		return diag_refuse(d, REASON_HostKeyPresent,
		    "guard-tpm's host key is not the recorded one");
	return ERR_OK;
}

void
check_tpm(const struct host *h, struct report *r)
{
	auto_host_identity struct host_identity id = { 0 };
	struct diag why = { 0 };
	uint8_t host_id[TPM_SHA256_SIZE];
	char hex[2 * TPM_SHA256_SIZE + 1];

	if (geteuid() != 0) {
		report_note(r, "tpm", "only root may ask guard-tpm");
		return;
	}
	if (host_identity(h, &id, &why) < 0) {
		report_diag(r, "tpm", &why,
		    "guard-tpm is started at boot, by guard-early, and never "
		    "again: boot the machine.");
		return;
	}
	if (check_host_key(&id.tpm, &why) < 0) {
		report_diag(r, "tpm", &why, NULL);
		return;
	}
	tpm_host_id(id.tpm.ek_public, host_id);
	hex_format(BYTES_OF_ARRAY(host_id), hex);
	report_ok(r, "tpm", "guard-tpm answers; EK fingerprint %s", hex);
}

static void
tell_finding(const struct finding_check *c, const char *check,
    enum reason reason, const char *good, struct report *r)
{
	if (c->state == FINDING_GOOD)
		report_ok(r, check, "%s", good);
	else if (c->state == FINDING_NONE)
		report_failed(r, check, reason, NULL,
		    "there is nothing to see");
	else
		report_failed(r, check, reason, NULL, "%.*s", (int)c->text.len,
		    (const char *)c->text.p);
}

static void
tell_secure_boot(const struct findings *f, struct report *r)
{
	if (f->secureboot_check.state != FINDING_GOOD)
		tell_finding(&f->secureboot_check, "secure boot",
		    REASON_SecureBoot, "", r);
	else if (f->secureboot.state != SECUREBOOT_ON ||
	    !f->secureboot.user_mode)
		report_failed(r, "secure boot", REASON_SecureBoot, NULL,
		    "off, or the firmware is in set-up mode");
	else if (f->secureboot.shim_insecure)
		report_failed(r, "secure boot", REASON_SecureBoot, NULL,
		    "shim verifies nothing");
	else
		report_ok(r, "secure boot", "on, with a platform key");
}

/* What root can read guardd may not: then the HGS sees no log at all. */
static void
check_readable(const struct host *h, struct report *r)
{
	const struct passwd *user = getpwnam(h->conf.user);
	char path[PATH_TEXT_MAX];
	struct diag why = { 0 };
	struct stat st;

	if (user == NULL ||
	    path_under(h->root, h->conf.boot_log, path, sizeof(path), &why) <
		0 ||
	    stat(path, &st) != 0)
		return;
	if ((st.st_mode & S_IROTH) != 0 ||
	    (st.st_uid == user->pw_uid && (st.st_mode & S_IRUSR) != 0) ||
	    (st.st_gid == user->pw_gid && (st.st_mode & S_IRGRP) != 0))
		report_ok(r, "log's rights", "guardd may read the boot log");
	else
		report_failed(r, "log's rights", REASON_NONE,
		    "Install units/tmpfiles.conf and run 'systemd-tmpfiles "
		    "--create'.",
		    "%s: user %s cannot read it", path, h->conf.user);
}

void
check_boot(const struct host *h, struct report *r)
{
	auto_host_boot struct host_boot *b = NULL;
	struct diag why = { 0 };
	const struct findings *f;

	if (host_boot(h, BYTES_NONE, &b, &why) < 0) {
		report_diag(r, "boot log", &why,
		    "Run as root; see [tpm] in guard.conf(5).");
		return;
	}
	f = &b->findings;
	check_readable(h, r);
	tell_finding(&f->log, "boot log", REASON_TcgLogVerification,
	    "whole, and replays", r);
	if (f->log.state != FINDING_GOOD)
		return;
	tell_finding(&f->structure, "boot order", REASON_TcgLogVerification,
	    "one full boot", r);
	tell_secure_boot(f, r);
	tell_finding(&f->cmdline_check, "command line",
	    REASON_TcgLogVerification, "is the measured one", r);
}

/* The reasons of the HGS become ours. */
static void
tell_refusal(const struct guardd_answer *a, struct report *r)
{
	const json_t *list = guardd_reasons(a);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		const char *code =
		    json_string_value(json_object_get(v, "code"));
		const char *text =
		    json_string_value(json_object_get(v, "text"));
		const char *remedy =
		    json_string_value(json_object_get(v, "remedy"));
		enum reason reason = code == NULL
		    ? REASON_NONE
		    : reason_find(bytes_of_text(code));

		report_failed(r, "attestation", reason, remedy, "%s: %s",
		    code != NULL ? code : "refused",
		    text != NULL ? text : "no reason is given");
	}
}

void
check_guardd(const struct cli *cli, struct report *r)
{
	auto_guardd_answer struct guardd_answer a = { 0 };
	struct diag why = { 0 };
	const char *status;

	if (guardd_ask(cli, "status", NULL, &a, &why) < 0) {
		report_diag(r, "guardd", &why,
		    "Run 'systemctl start guardd', or ask to join the group "
		    "shieldwall-fabric.");
		return;
	}
	report_ok(r, "guardd", "answers");
	status = guardd_text(&a, "AttestationStatus");
	if (guardd_true(&a, "IsHostGuarded")) {
		report_ok(r, "attestation", "%s; certificate until %s", status,
		    guardd_text(&a, "CertificateExpires"));
		return;
	}
	if (json_array_size(guardd_reasons(&a)) != 0)
		tell_refusal(&a, r);
	else
		report_failed(r, "attestation", REASON_HostNotGuarded,
		    "Mend what else is found here, then 'guardctl attest'.",
		    "%s %s", status, guardd_text(&a, "message"));
}
