/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-types ROOT GUARD-VM FABRIC-KEY PASSPHRASE MARKER: the three types of VM
 * while they run. VMs in ROOT: "shown" is shielded, its owner allows a console,
 * and alien.img in its folder is a disk of another VM's; "enc" is
 * encryption-supported; "plain" is regular. For run.sh.
 */
#include "ask.h"

#include <net/if.h>
#include <sys/stat.h>

#include "vm/config.h"

#define BOOT_MS 300000
#define MIB     ((uint64_t)1 << 20)

static const char *root, *marker;

static void
in_folder(const struct fabric *f, const char *file, char ret[static 600])
{
	(void)snprintf(ret, 600, "%s/var/lib/shieldwall/vms/%s/%s", root,
	    f->name, file);
}

static void
config_read(const struct fabric *f, struct vm_config *ret)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	char path[600];

	in_folder(f, VM_FILE_CONFIG, path);
	NEED(file_read(AT_FDCWD, path, b.max, &b, &fd_));
	NEED(vm_config_parse(buf_bytes(&b), ret, &fd_));
}

/* False if its type does not let vm.json say so. */
static bool
config_set(const struct fabric *f, enum vm_feature feature, bool on)
{
	auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);
	struct vm_config c;
	char path[600];

	config_read(f, &c);
	c.features &= ~VM_FEATURE_BIT(feature);
	if (on)
		c.features |= VM_FEATURE_BIT(feature);
	if (vm_config_write(&c, &b, &fd_) < 0)
		return false;
	in_folder(f, VM_FILE_CONFIG, path);
	NEED(file_write_atomic(AT_FDCWD, path, 0600, buf_bytes(&b), &fd_));
	return true;
}

static bool
file_has(const char *path, const char *text)
{
	size_t len;
	uint8_t *p = t_read_file(path, &len);
	bool r = memmem(p, len, text, strlen(text)) != NULL;

	free(p);
	return r;
}

static bool
proc_has(pid_t pid, const char *name, const char *text)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return file_has(path, text);
}

/* Root's: nobody of the VM's own user may look, nor will it be dumped. */
static bool
is_closed(pid_t pid)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	return stat(path, &st) == 0 && st.st_uid == 0;
}

/* --- shielded --- */

static void
test_shielded_refuses(struct fabric *f, const char *dump)
{
	static const char *const verbs[] = { "osinfo", "network", "exec" };
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	int fd = -1;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		CHECK(ask_guest(f, verbs[i], i == 2 ? "id" : NULL, &b) ==
			REASON_PolicyLowered,
		    "E1 shielded: guest %s: blocked", verbs[i]);
	CHECK(ask_console(f, "serial", &fd) == REASON_PolicyLowered,
	    "T74 shielded: the serial port: blocked");
	CHECK(ask_dump(f, dump) == REASON_PolicyLowered,
	    "T76 shielded: a dump of its memory: blocked");
	CHECK(!file_has(dump, "ELF"), "T76 and nothing was written");
	CHECK(is_closed((pid_t)f->qemu) &&
		!proc_has((pid_t)f->qemu, "cmdline", "chardev:serial"),
	    "T76 shielded: QEMU lets no debugger in, and has no serial port");
}

/* What the fabric brings opens with no key of the VM's. */
static void
test_shielded_disks(struct fabric *f)
{
	static const char iso[] = "#cloud-config\nruncmd: [id]\n";
	char path[600];

	CHECK(ask_disk(f, "attach", "alien.img", 0) == REASON_SecretsInvalid,
	    "T65 shielded: another VM's disk: refused");
	in_folder(f, "cidata.img", path);
	NEED(file_create(AT_FDCWD, path, 0600, bytes_of_text(iso), &fd_));
	CHECK(ask_disk(f, "attach", "cidata.img", 0) == REASON_FileInvalid,
	    "T96 shielded: a disk of the fabric's own making: refused");
	CHECK(ask_disk(f, "attach", "vm.json", 0) != REASON_NONE &&
		ask_disk(f, "attach", "protector", MIB) != REASON_NONE,
	    "T60 shielded: another part of the VM as a disk: refused");
	CHECK(ask_disk(f, "attach", "odd.img", MIB + 1) != REASON_NONE,
	    "half a sector: refused");
	CHECK(ask_disk(f, "detach", "disk0.img", 0) == REASON_InUse,
	    "the disk that it boots from stays");
	CHECK(ask_disk(f, "resize", "disk0.img", MIB) == REASON_InUse,
	    "no disk is made smaller");
	CHECK(ask_disk(f, "attach", "more.img", 8 * MIB) == REASON_NONE,
	    "E7 shielded: a data disk is attached while it runs");
	CHECK(ask_disk(f, "attach", "more.img", 8 * MIB) ==
		REASON_AlreadyExists,
	    "once");
	in_folder(f, "more.img", path);
	CHECK(file_has(path, "LUKS"), "E5 it is encrypted");
}

static void
test_shielded(struct fabric *f, const char *dump)
{
	char record[600];
	int fd = -1;

	(void)snprintf(record, sizeof(record),
	    "%s/var/lib/shieldwall/vms/.audit", root);
	CHECK(starts(f), "shielded: it runs");
	test_shielded_refuses(f, dump);
	CHECK(ask_console(f, "display", &fd) == REASON_NONE &&
		display_is_shown(fd),
	    "E1 shielded: its display, which its owner allows, is shown");
	close_p(&fd);
	CHECK(file_has(record,
		  "\"uid\":4711,\"what\":\"dump\",\"outcome\":"
		  "\"PolicyLowered\"") &&
		file_has(record,
		    "\"what\":\"guest exec\",\"outcome\":"
		    "\"PolicyLowered\"") &&
		file_has(record,
		    "\"what\":\"console display\",\"outcome\":"
		    "\"ok\""),
	    "E1 what was tried, by whom, and what came of it is recorded");
	test_shielded_disks(f);
	fabric_kill(f);
	CHECK(starts(f) && f->unclean,
	    "T86 killed after a disk came: it starts, with that disk");
	CHECK(ask_disk(f, "attach", "more.img", 0) == REASON_AlreadyExists,
	    "which it has");
	CHECK(stops(f, true, 0), "it stops");
	CHECK(config_set(f, VM_FEATURE_CONSOLE, false) && starts(f) &&
		ask_console(f, "display", &fd) == REASON_PolicyLowered &&
		proc_has((pid_t)f->qemu, "cmdline", "-display"),
	    "E1 shielded: without it there is no display");
	CHECK(stops(f, true, 0), "it stops");
	CHECK(!config_set(f, VM_FEATURE_SERIAL, true) &&
		!config_set(f, VM_FEATURE_DEBUG, true) &&
		!config_set(f, VM_FEATURE_INTEGRATION, true) &&
		!config_set(f, VM_FEATURE_TPM, false) &&
		!config_set(f, VM_FEATURE_SECURE_BOOT, false) &&
		!config_set(f, VM_FEATURE_STATE_ENCRYPTION, false),
	    "E4 shielded: nothing else can be switched");
}

/* --- encryption-supported --- */

static bool
boots(struct fabric *f)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);

	for (int i = 0; i < BOOT_MS / 10000 && f->pid != 0; i++)
		if (ask_guest(f, "ping", NULL, &b) == REASON_NONE)
			return true;
	return false;
}

/* Looks again for a while: the guest sees a disk a moment later. */
static bool
guest_sees(struct fabric *f, const char *command, const char *want)
{
	const char *got = "";

	for (int i = 0; i < 20; i++) {
		got = ask_shell(f, command);
		if (strcmp(got, want) == 0)
			return true;
		(void)usleep(300000);
	}
	printf("# %s: %s\n", command, got);
	return false;
}

static bool
serial_says(int fd, const char *text)
{
	static char b[1 << 20];
	size_t n = 0;

	while (n < sizeof(b)) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t got;

		if (poll(&p, 1, 3000) != 1 ||
		    (got = recv(fd, b + n, sizeof(b) - n, 0)) <= 0)
			break;
		n += (size_t)got;
		if (memmem(b, n, text, strlen(text)) != NULL)
			return true;
	}
	return false;
}

static void
test_growing_disk(struct fabric *f)
{
	char path[600];

	CHECK(ask_disk(f, "attach", "data.img", 16 * MIB) == REASON_NONE &&
		guest_sees(f, "cat /sys/block/vdb/size", "32768\n"),
	    "E7 the guest sees a disk that comes");
	(void)ask_shell(f, "echo what the guest wrote >/dev/vdb; sync");
	in_folder(f, "data.img", path);
	CHECK(!file_has(path, "what the guest wrote"),
	    "E5 what it writes there is encrypted");
	CHECK(ask_disk(f, "resize", "data.img", 32 * MIB) == REASON_NONE &&
		guest_sees(f, "cat /sys/block/vdb/size", "65536\n"),
	    "E7 and that it grows");
	CHECK(ask_disk(f, "detach", "data.img", 0) == REASON_NONE &&
		guest_sees(f, "test -e /sys/block/vdb || echo gone", "gone\n"),
	    "E7 and that it goes");
	CHECK(ask_disk(f, "attach", "data.img", 0) == REASON_NONE &&
		guest_sees(f, "head -n 1 /dev/vdb", "what the guest wrote\n"),
	    "E7 and comes back as it was");
}

static void
test_encrypted_looks(struct fabric *f, const char *dump)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	int fd = -1;

	CHECK(ask_console(f, "display", &fd) == REASON_NONE &&
		display_is_shown(fd),
	    "E1 encryption-supported: its display is shown");
	close_p(&fd);
	CHECK(ask_console(f, "serial", &fd) == REASON_NONE &&
		serial_says(fd, "guest"),
	    "E1 encryption-supported: its serial port, where it has one");
	close_p(&fd);
	CHECK(ask_guest(f, "network", NULL, &b) == REASON_NONE,
	    "E1 encryption-supported: data exchange");
	CHECK(ask_guest(f, "time", NULL, &b) == REASON_NONE &&
		ask_guest(f, "freeze", NULL, &b) == REASON_NONE &&
		ask_guest(f, "thaw", NULL, &b) == REASON_NONE,
	    "E1 encryption-supported: time, freeze, thaw");
	CHECK(ask_dump(f, dump) == REASON_NONE && file_has(dump, "ELF") &&
		file_has(dump, marker),
	    "E1 encryption-supported: its memory, where it may be looked at");
	CHECK(!is_closed((pid_t)f->qemu),
	    "E1 encryption-supported: and a debugger let in");
}

static void
test_encrypted(struct fabric *f, const char *dump)
{
	char want[200];

	CHECK(!config_set(f, VM_FEATURE_CONSOLE, false) &&
		!config_set(f, VM_FEATURE_TPM, false) &&
		!config_set(f, VM_FEATURE_SECURE_BOOT, false) &&
		!config_set(f, VM_FEATURE_STATE_ENCRYPTION, false),
	    "E4 encryption-supported: what is required cannot be switched off");
	CHECK(config_set(f, VM_FEATURE_SERIAL, true) &&
		config_set(f, VM_FEATURE_DEBUG, true) &&
		config_set(f, VM_FEATURE_INTEGRATION, true),
	    "E1 encryption-supported: the rest is the fabric's choice");
	CHECK(starts(f) && boots(f), "encryption-supported: the guest boots");
	(void)snprintf(want, sizeof(want), "%s\n", marker);
	CHECK(guest_sees(f, "cat /data/marker", want),
	    "E1 encryption-supported: a command in the guest");
	test_growing_disk(f);
	test_encrypted_looks(f, dump);
	CHECK(stops(f, false, 60), "it shuts down");
	CHECK(config_set(f, VM_FEATURE_SERIAL, false) &&
		config_set(f, VM_FEATURE_DEBUG, false) &&
		config_set(f, VM_FEATURE_INTEGRATION, false) && starts(f) &&
		!f->unclean,
	    "with all of it off, and a disk more, it starts again");
	CHECK(ask_dump(f, dump) == REASON_VmFeatureOff &&
		ask_disk(f, "resize", "data.img", 8 * MIB) == REASON_InUse,
	    "E1 encryption-supported: what is off is refused");
	CHECK(is_closed((pid_t)f->qemu), "and no debugger is let in");
	CHECK(stops(f, true, 0), "it stops");
}

/* --- regular --- */

/* CAP_NET_ADMIN, bit 12 of what it may use or take up again. */
static bool
may_change_networks(pid_t pid)
{
	static const char *const sets[] = { "CapPrm:\t", "CapEff:\t" };
	char path[64];
	uint8_t *p;
	size_t len;
	bool may = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	p = t_read_file(path, &len);
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		size_t n = strlen(sets[i]);
		const char *at = memmem(p, len, sets[i], n);

		/* Not said: then nobody knows that it may not. */
		may |=
		    at == NULL || (strtoull(at + n, NULL, 16) >> 12 & 1) != 0;
	}
	free(p);
	return may;
}

static void
test_network(struct fabric *f)
{
	struct vm_config c;
	char path[600];

	config_read(f, &c);
	NEED(vm_mac_parse(bytes_of_text("52:54:00:12:34:56"), c.nets[0].mac,
	    &fd_));
	(void)snprintf(c.nets[0].bridge, sizeof(c.nets[0].bridge), "nowhere");
	c.n_nets = 1;
	for (int good = 0; good < 2; good++) {
		auto_buf struct buf b = BUF_INIT(VM_CONFIG_MAX);

		NEED(vm_config_write(&c, &b, &fd_));
		in_folder(f, VM_FILE_CONFIG, path);
		NEED(file_write_atomic(AT_FDCWD, path, 0600, buf_bytes(&b),
		    &fd_));
		if (!good)
			CHECK(fails(f, REASON_VmFailed),
			    "E7 a network that the host has not: refused");
		(void)snprintf(c.nets[0].bridge, sizeof(c.nets[0].bridge),
		    "br0");
	}
}

static void
test_regular(struct fabric *f)
{
	/* guest/README.md: what the guest says when Secure Boot is off. */
	static const char unsafe[] =
	    "{\"enabled\": false, \"name\": \"guest-get-osinfo\"";
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	char path[600], want[200];
	int fd = -1;

	test_network(f);
	CHECK(starts(f) && f->n_rolls == 0 && f->n_attests == 0,
	    "E1 regular: it runs, and no HGS is asked");
	CHECK(if_nametoindex("swtap0") != 0,
	    "E7 regular: its card is on the bridge");
	CHECK(!may_change_networks(f->pid),
	    "guard-vm can no longer change the host's network");
	CHECK(ask_console(f, "display", &fd) == REASON_NONE &&
		display_is_shown(fd),
	    "E1 regular: its display is shown");
	close_p(&fd);
	CHECK(boots(f), "regular: the guest boots");
	(void)snprintf(want, sizeof(want), "%s\n", marker);
	CHECK(guest_sees(f, "cat /data/marker", want),
	    "E1 regular: a command in the guest");
	CHECK(guest_sees(f, "test -e /dev/tpm0 || echo none", "none\n") &&
		ask_guest(f, "info", NULL, &b) == REASON_NONE &&
		memmem(b.p, b.len, unsafe, strlen(unsafe)) != NULL,
	    "E1 regular: without TPM and Secure Boot, as its fabric chose");
	CHECK(guest_sees(f, "cat /sys/class/net/*/address | sort | tail -n 1",
		  "52:54:00:12:34:56\n"),
	    "E7 regular: it has the card that vm.json says");
	CHECK(ask_disk(f, "attach", "extra.img", 4 * MIB) == REASON_NONE &&
		guest_sees(f, "cat /sys/block/vdb/size", "8192\n"),
	    "E7 regular: a disk comes");
	in_folder(f, "disk0.img", path);
	CHECK(file_has(path, marker), "regular: its disk is in clear");
	CHECK(stops(f, false, 60) && f->n_confirms == 0,
	    "it shuts down, and no HGS hears of it");
	CHECK(if_nametoindex("swtap0") == 0, "and its card is gone");
}

static void
begin(struct fabric *f, const char *name)
{
	f->name = name;
	f->known = false;
	f->vm = (struct vm_record){ 0 };
	f->n_rolls = f->n_confirms = f->n_attests = 0;
}

int
main(int argc, char **argv)
{
	struct fabric f;
	char dump[600];

	if (argc != 6)
		t_bail("usage: vm-types ROOT GUARD-VM KEY PASSPHRASE MARKER");
	root = argv[1];
	f = fabric_of(root, NULL, argv[2]);
	marker = argv[5];
	(void)snprintf(dump, sizeof(dump), "%s/dump", root);
	fabric_keys(&f, argv[3], argv[4]);
	begin(&f, "shown");
	test_shielded(&f, dump);
	begin(&f, "enc");
	test_encrypted(&f, dump);
	(void)unlink(dump);
	begin(&f, "plain");
	test_regular(&f);
	return t_done();
}
