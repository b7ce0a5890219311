/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ctl/guardctl/checks.h"
#include "ctl/guardctl/guardd.h"
#include "ctl/guardctl/vm_folder.h"
#include "ctl/guardctl/vm_local.h"
#include "vm/security.h"

static void
check_rights(const char *name, int fd, struct report *r)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		report_failed(r, "vm folder", REASON_FileInvalid,
		    "Give it to root, with mode 0700.",
		    "%s: not root's, or others may write it", name);
	else
		report_ok(r, "vm folder", "root's alone");
}

static void
check_firmware(const struct host *h, const struct vm_config *c,
    struct report *r)
{
	auto_buf struct buf b = BUF_INIT(VM_FIRMWARE_MAX);
	char path[PATH_TEXT_MAX];
	uint8_t digest[SHA256_SIZE];
	struct diag why = { 0 };

	if (host_firmware(h, path, sizeof(path), &why) < 0 ||
	    file_read(AT_FDCWD, path, VM_FIRMWARE_MAX, &b, &why) < 0) {
		report_diag(r, "vm firmware", &why, "Install OVMF.");
		return;
	}
	sha256(buf_bytes(&b), digest);
	if (bytes_equal(BYTES_OF_ARRAY(digest), BYTES_OF_ARRAY(c->firmware)))
		report_ok(r, "vm firmware", "is the one it was made for");
	else
		report_failed(r, "vm firmware", REASON_SecretsInvalid,
		    "Use the firmware that the VM was made for ([vm] firmware).",
		    "%s: not the firmware that the VM was made for", path);
}

static void
check_files(const struct host *h, const char *name, int fd, struct report *r)
{
	auto_vm_folder struct vm_folder f = { 0 };
	struct diag why = { 0 };

	if (vm_folder_read(fd, name, &f, &why) < 0) {
		report_diag(r, "vm files", &why, NULL);
		return;
	}
	if (f.protector != NULL)
		report_ok(r, "vm files", "whole: %s, generation %llu",
		    vm_level_name(f.config.level),
		    (unsigned long long)f.protector->core->seal.generation);
	else
		report_ok(r, "vm files", "whole: %s",
		    vm_level_name(f.config.level));
	if (strcmp(f.config.name, name) != 0)
		report_failed(r, "vm name", REASON_FileInvalid,
		    "Import it anew, with --name.",
		    "the folder is %s, but " VM_FILE_CONFIG " says %s", name,
		    f.config.name);
	/* A regular VM is bound to none. */
	if (f.protector != NULL)
		check_firmware(h, &f.config, r);
}

static void
check_last_start(const struct cli *cli, const char *name, struct report *r)
{
	auto_guardd_answer struct guardd_answer a = { 0 };
	struct diag why = { 0 };
	const char *phase;

	if (guardd_ask(cli, "vm status", name, &a, &why) < 0) {
		report_note(r, "vm start", "guardd knows of no start: %s",
		    why.text);
		return;
	}
	phase = guardd_text(&a, "phase");
	if (strcmp(phase, "failed") == 0)
		report_failed(r, "vm start",
		    reason_find(bytes_of_text(guardd_text(&a, "reason"))),
		    guardd_text(&a, "remedy"), "%s: %s",
		    guardd_text(&a, "step"), guardd_text(&a, "text"));
	else
		report_ok(r, "vm start", "%s: %s", phase,
		    guardd_text(&a, "step"));
}

void
check_vm(const struct cli *cli, const struct host *h, const char *name,
    struct report *r)
{
	auto_vm_local struct vm_local v = VM_LOCAL_NONE;
	struct diag why = { 0 };

	if (vm_local_open(h, name, &v, &why) < 0) {
		report_diag(r, "vm folder", &why, NULL);
		return;
	}
	check_rights(name, v.fd, r);
	check_files(h, name, v.fd, r);
	check_last_start(cli, name, r);
}
