/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/common/guard_conf.h"

#include "conf/paths.h"

static const struct conf_key keys[] = {
	CONF_TEXT(struct guard_conf, "host", "name", name, ""),
	CONF_TEXT(struct guard_conf, "tpm", "tcti", tcti, "device:/dev/tpmrm0"),
	CONF_TEXT(struct guard_conf, "agent", "user", user, "_guard"),
	CONF_TEXT(struct guard_conf, "agent", "group", group,
	    "shieldwall-fabric"),
	CONF_TEXT(struct guard_conf, "hgs", "url", url, ""),
	CONF_TEXT(struct guard_conf, "hgs", "fallback", fallback, ""),
	CONF_TEXT(struct guard_conf, "hgs", "pin", pin, ""),
	CONF_DURATION(struct guard_conf, "attestation", "interval", interval,
	    60, 86400, "8h"),
	CONF_DURATION(struct guard_conf, "attestation", "retry_max", retry_max,
	    5, 3600, "5m"),
	CONF_PATH(struct guard_conf, "tpm", "boot_log", boot_log,
	    "/sys/kernel/security/tpm0/binary_bios_measurements"),
	CONF_PATH(struct guard_conf, "tpm", "ima_log", ima_log,
	    "/sys/kernel/security/ima/binary_runtime_measurements"),
	CONF_PATH(struct guard_conf, "tpm", "command_line", command_line,
	    "/proc/cmdline"),
	CONF_PATH(struct guard_conf, "vm", "dir", vm_dir,
	    "/var/lib/shieldwall/vms"),
	CONF_CHOICE(struct guard_conf, "vm", "accel", accel, "auto|tcg|kvm",
	    "auto"),
	CONF_NUMBER(struct guard_conf, "vm", "uid_base", uid_base, 1000,
	    4000000000, "1879048192"),
	CONF_PATH(struct guard_conf, "vm", "qemu", qemu,
	    "/usr/bin/qemu-system-x86_64"),
	CONF_PATH(struct guard_conf, "vm", "swtpm", swtpm, "/usr/bin/swtpm"),
	CONF_PATH(struct guard_conf, "vm", "firmware", firmware,
	    "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"),
};
static const struct conf_table table = { keys, ARRAY_LEN(keys),
	sizeof(struct guard_conf) };

int
guard_conf_load(const char *root, struct guard_conf *ret, struct diag *d)
{
	int rc = conf_load(&table, root, PATH_GUARD_CONF, ret, d);

	/* Before setup there is no file, and guard-early must run all the same. */
	return rc == ERR_NOT_FOUND ? conf_defaults(&table, ret, d) : rc;
}

int
guard_conf_parse(const char *file, struct bytes text, struct guard_conf *ret,
    struct diag *d)
{
	int rc = conf_defaults(&table, ret, d);

	return rc < 0 ? rc : conf_parse(&table, file, text, ret, d);
}
