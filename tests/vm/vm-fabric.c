/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-fabric ROOT NAME GUARD-VM FABRIC-KEY PASSPHRASE OTHER-VM: guard-vm on a VM that
 * `shield` made, killed at every step, lied to, and its files tampered with;
 * then a guest that really boots. For run.sh.
 */
#include "lives.h"

#include <sys/stat.h>

#include "vm/config.h"

#define BOOT_MS 240000

static const char *const steps[] = { "lock the VM's folder",
	"read the VM's files", "attest the host", "ask the HGS for the keys",
	"open the sealed secrets", "check the VM's state", "start the VM's TPM",
	"start QEMU", "unlock the disks", "write the new protector",
	"confirm to the HGS", "run the guest", "running" };

static void
test_kills(struct fabric *f)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		f->kill_at = steps[i];
		fabric_start(f);
		(void)fabric_serve(f, 0, START_MS);
		f->kill_at = NULL;
		CHECK(f->pid == 0 && strcmp(f->step, steps[i]) == 0,
		    "T86 killed before \"%s\"", steps[i]);
		CHECK(starts(f) && stops(f, true, 0),
		    "T86 the VM starts afterwards");
	}
}

static void
test_lost_replies(struct fabric *f)
{
	static const enum fault faults[] = { LOSE_ROLL, LOSE_CONFIRM };
	static const char *const names[] = { "roll", "confirm" };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		f->fault = faults[i];
		fabric_start(f);
		(void)fabric_serve(f, 0, START_MS);
		f->fault = NO_FAULT;
		CHECK(f->pid == 0, "T86 killed with the reply to %s on its way",
		    names[i]);
		CHECK(starts(f) && stops(f, true, 0),
		    "T86 the VM starts afterwards");
	}
	f->fault = UNSURE_CONFIRM;
	CHECK(fails(f, REASON_CertificateRevoked),
	    "T86 confirmed without an answer, then refused");
	f->fault = NO_FAULT;
	CHECK(starts(f) && stops(f, true, 0),
	    "T86 what the HGS confirmed is what the folder holds: it starts");
}

static void
test_lies(struct fabric *f)
{
	f->fault = REPLAY_ROLL;
	CHECK(fails(f, REASON_ProtectorInvalid),
	    "T56 guardd answers with an earlier release: refused");
	f->fault = SWAP_CORE;
	CHECK(fails(f, REASON_ProtectorInvalid),
	    "T56 guardd swaps the core that is to be written: refused");
	f->fault = REFUSE_CONFIRM;
	CHECK(fails(f, REASON_ProtectorSuperseded),
	    "T95 the HGS refuses to confirm: the guest never ran");
	f->fault = GUARDD_SILENT;
	CHECK(fails(f, REASON_TransientError), "no HGS: no start");
	f->fault = REFUSE_ROLL;
	CHECK(starts(f) && stops(f, true, 0) && f->n_rolls > 0,
	    "the HGS forgot the last seal: the one before it starts the VM");
	f->fault = NO_FAULT;
	CHECK(starts(f) && stops(f, true, 0), "and the VM starts after all");
}

static void
folder_path(const struct fabric *f, const char *file, char ret[600])
{
	(void)snprintf(ret, 600, "%s/var/lib/shieldwall/vms/%s/%s", f->root,
	    f->name, file);
}

/* One byte is changed; the start must fail; the byte is put back. */
static void
tampered(struct fabric *f, const char *file, off_t at, enum reason reason,
    const char *sentence)
{
	char path[600];
	uint8_t byte;
	int fd;

	folder_path(f, file, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, &byte, 1, at) != 1)
		t_bail("%s", path);
	byte ^= 1;
	if (pwrite(fd, &byte, 1, at) != 1)
		t_bail("%s", path);
	CHECK(fails(f, reason), "%s", sentence);
	byte ^= 1;
	if (pwrite(fd, &byte, 1, at) != 1)
		t_bail("%s", path);
	(void)close(fd);
}

static void
test_tampering(struct fabric *f)
{
	auto_buf struct buf old = BUF_INIT(1 << 20), now = BUF_INIT(1 << 20);
	char state[600], prev[600], path[600];

	tampered(f, VM_FILE_NVRAM, 400000, REASON_VmStateTampered,
	    "T73 one bit of the firmware's variables changed: refused");
	tampered(f, VM_DIR_VTPM "/tpm2-00.permall", 2000,
	    REASON_VmStateTampered,
	    "T73 one bit of the TPM's state changed: refused");
	tampered(f, "disk0.img", 100000, REASON_VmStateTampered,
	    "T70 one bit of the disk's key material changed: refused");
	tampered(f, VM_FILE_PROTECTOR, 2000, REASON_ProtectorInvalid,
	    "T63 one bit of the protector changed: refused");

	folder_path(f, VM_DIR_VTPM "/tpm2-00.permall", state);
	NEED(file_read(AT_FDCWD, state, old.max, &old, &fd_));
	CHECK(starts(f), "nothing tampered with: it starts");
	CHECK(!f->unclean, "the stop before was in order");
	(void)fabric_serve(f, 0, 8000);
	CHECK(stops(f, true, 0) && strcmp(f->step, "stopped") == 0,
	    "and stops in order");
	NEED(file_read(AT_FDCWD, state, now.max, &now, &fd_));
	if (CHECK(!bytes_equal(buf_bytes(&old), buf_bytes(&now)),
		"the firmware wrote to the TPM's state")) {
		NEED(file_write_atomic(AT_FDCWD, state, 0600, buf_bytes(&old),
		    &fd_));
		CHECK(fails(f, REASON_VmStateTampered),
		    "T73 an earlier state of its TPM put back: refused");
		NEED(file_write_atomic(AT_FDCWD, state, 0600, buf_bytes(&now),
		    &fd_));
	}

	/* The whole folder as it was before the last start. */
	folder_path(f, VM_FILE_PROTECTOR ".prev", prev);
	folder_path(f, VM_FILE_PROTECTOR, path);
	buf_reset(&old);
	buf_reset(&now);
	NEED(file_read(AT_FDCWD, prev, old.max, &old, &fd_));
	NEED(file_read(AT_FDCWD, path, now.max, &now, &fd_));
	NEED(file_write_atomic(AT_FDCWD, path, 0600, buf_bytes(&old), &fd_));
	CHECK(fails(f, REASON_ProtectorSuperseded),
	    "T66 an earlier protector put back: refused");
	NEED(file_write_atomic(AT_FDCWD, path, 0600, buf_bytes(&now), &fd_));
}

/* A file of the folder is another one for one start. */
static void
replaced(struct fabric *f, const char *file, struct bytes with,
    enum reason reason, const char *sentence)
{
	auto_buf struct buf old = BUF_INIT((size_t)64 << 20);
	char path[600];

	folder_path(f, file, path);
	NEED(file_read(AT_FDCWD, path, old.max, &old, &fd_));
	NEED(file_write_atomic(AT_FDCWD, path, 0600, with, &fd_));
	CHECK(fails(f, reason), "%s", sentence);
	NEED(file_write_atomic(AT_FDCWD, path, 0600, buf_bytes(&old), &fd_));
}

static void
test_foreign_parts(struct fabric *f, const char *other)
{
	static const struct {
		const char *file;
		enum reason reason;
		const char *sentence;
	} parts[] = {
		{ "disk0.img", REASON_SecretsInvalid,
		    "T65 another VM's disk in its place: refused" },
		{ VM_DIR_VTPM "/tpm2-00.permall", REASON_VmStateTampered,
		    "T73 another VM's TPM in its place: refused" },
		{ VM_FILE_NVRAM, REASON_VmStateTampered,
		    "T75 another VM's firmware variables in place: refused" },
		/* Its grant names other Secure Boot keys: seen first. */
		{ VM_FILE_PROTECTOR, REASON_VmStateTampered,
		    "T65 another VM's protector in place: refused" },
	};
	auto_buf struct buf b = BUF_INIT((size_t)64 << 20);
	struct vm_record vm = f->vm;
	char path[600];

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", other,
		    parts[i].file);
		buf_reset(&b);
		NEED(file_read(AT_FDCWD, path, b.max, &b, &fd_));
		/* To this HGS the other VM is new. */
		f->known = strcmp(parts[i].file, VM_FILE_PROTECTOR) != 0;
		replaced(f, parts[i].file, buf_bytes(&b), parts[i].reason,
		    parts[i].sentence);
	}
	f->known = true;
	f->vm = vm;
}

static void
test_firmware(struct fabric *f)
{
	/* Where a relocated installation would have its own. */
	static const char firmware[] =
	    "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
	auto_buf struct buf b = BUF_INIT((size_t)16 << 20);
	char path[600], *slash;

	(void)snprintf(path, sizeof(path), "%s%s", f->root, firmware);
	NEED(file_read(AT_FDCWD, firmware, b.max, &b, &fd_));
	b.p[b.len / 2] ^= 1;
	slash = strrchr(path, '/');
	*slash = '\0';
	NEED(dir_make_all(path, 0755, &fd_));
	*slash = '/';
	NEED(file_write_atomic(AT_FDCWD, path, 0644, buf_bytes(&b), &fd_));
	CHECK(fails(f, REASON_SecretsInvalid),
	    "T97 one bit of the firmware changed: refused");
	(void)unlink(path);
}

static void
test_config(struct fabric *f)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	static const uint8_t lower[] = { VM_LEVEL_ENCRYPTION_SUPPORTED,
		VM_LEVEL_REGULAR };
	struct vm_config c;
	auto_buf struct buf out = BUF_INIT(VM_CONFIG_MAX);
	char path[600];

	folder_path(f, VM_FILE_CONFIG, path);
	NEED(file_read(AT_FDCWD, path, b.max, &b, &fd_));
	NEED(vm_config_parse(buf_bytes(&b), &c, &fd_));
	for (size_t i = 0; i < ARRAY_LEN(lower); i++) {
		c.level = lower[i];
		c.features = vm_features_default(c.level, 0);
		buf_reset(&out);
		NEED(vm_config_write(&c, &out, &fd_));
		replaced(f, VM_FILE_CONFIG, buf_bytes(&out),
		    REASON_PolicyLowered,
		    "E4 the fabric lowers the VM's level: refused");
	}
	c.level = VM_LEVEL_SHIELDED;
	c.features = vm_features_default(c.level, 0) |
	    VM_FEATURE_BIT(VM_FEATURE_CONSOLE);
	buf_reset(&out);
	NEED(vm_config_write(&c, &out, &fd_));
	replaced(f, VM_FILE_CONFIG, buf_bytes(&out), REASON_PolicyLowered,
	    "E4 the fabric gives itself a console: refused");
	buf_reset(&out);
	(void)buf_put_text(&out, "{\"version\":1,\"args\":[\"-serial\"]}");
	replaced(f, VM_FILE_CONFIG, buf_bytes(&out), REASON_FileInvalid,
	    "T74 a serial port asked for in vm.json: refused");
	CHECK(starts(f) && stops(f, true, 0),
	    "with all its own parts it starts again");
}

static void
test_second_start(struct fabric *f)
{
	struct fabric other = *f;

	other.tpm_fd = other.control_fd = other.relay_fd = -1;
	other.n_rolls = 0;
	CHECK(fails(&other, REASON_VmRunning) && other.n_rolls == 0,
	    "T79 a second start of a running VM: refused before anything");
}

static void
test_unclean(struct fabric *f)
{
	pid_t qemu;

	CHECK(starts(f), "it starts");
	qemu = (pid_t)f->qemu;
	test_second_start(f);
	fabric_kill(f);
	CHECK(starts(f) && f->unclean,
	    "killed while it ran: the next start is reported as unclean");
	CHECK(is_gone(qemu), "the killed one's QEMU is gone");
	CHECK(stops(f, true, 0) && starts(f) && !f->unclean &&
		stops(f, true, 0),
	    "after a stop in order the next one is not");
}

static void
test_guest(struct fabric *f)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	struct vm_guest q = { bytes_of_text("exec"), bytes_of_text("id"), 0 };
	auto_buf struct buf none = BUF_INIT(1024);

	CHECK(starts(f), "it starts to stay");
	CHECK(fabric_ask(f, GUARD_OP_VM_GUEST, &vm_guest_fields, &q, 15000,
		  &none) == ERR_REFUSED &&
		fd_.reason == REASON_PolicyLowered,
	    "E1 guest-exec: refused");
	CHECK(guest_says(f, "ping", BOOT_MS, &b),
	    "the guest boots and answers");
	CHECK(guest_says(f, "info", 10000, &b), "the guest tells what it can");
	CHECK(memmem(b.p, b.len, "guest-get-osinfo", 16) != NULL,
	    "its answer is handed on");
	CHECK(stops(f, false, 60), "it shuts down when it is asked to");
	CHECK(!f->vm.running && f->vm.clean,
	    "the HGS knows that it stopped, and in order");
	CHECK(starts(f) && !f->unclean && stops(f, true, 0) && !f->vm.clean,
	    "the HGS is told when the guest was not asked");
}

int
main(int argc, char **argv)
{
	struct fabric f;

	if (argc != 7)
		t_bail("usage: vm-fabric ROOT NAME GUARD-VM KEY PASSPHRASE "
		       "OTHER-VM");
	f = fabric_of(argv[1], argv[2], argv[3]);
	fabric_keys(&f, argv[4], argv[5]);
	CHECK(starts(&f) && !f.unclean && stops(&f, true, 0),
	    "the VM that shield made starts and stops");
	test_kills(&f);
	test_lost_replies(&f);
	test_lies(&f);
	test_tampering(&f);
	test_foreign_parts(&f, argv[6]);
	test_firmware(&f);
	test_config(&f);
	test_unclean(&f);
	test_guest(&f);
	return t_done();
}
