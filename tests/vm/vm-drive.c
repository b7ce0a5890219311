/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm-drive FOLDER FIRMWARE: starts the VM in FOLDER (vtpm/, nvram, disk0.img,
 * and the keys in disk.key and vtpm.key) by the functions of src/vm, looks at
 * it from outside, talks to its guest and shuts it down. For run.sh.
 */
#include "t.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/text.h"
#include "vm/firmware.h"
#include "vm/launch.h"
#include "vm/qemu.h"
#include "vm/qga.h"
#include "vm/qmp.h"
#include "vm/swtpm.h"
#include "json/json.h"

#define VM_UID  61077
#define BOOT_MS 240000

struct vm {
	const char *folder;
	const char *firmware;
	uint8_t disk_key[32], vtpm_key[32];
	pid_t swtpm, qemu;
	struct qmp qmp;
	struct qga qga;
	bool guest_went_down;
};

static struct diag d;

static void
need(int r)
{
	if (r < 0)
		t_bail("%s: %s", err_name(r), d.text);
}

static int
in_folder(const struct vm *vm, const char *name, int flags)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", vm->folder, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		t_bail("%s: %s", path, strerror(errno));
	return fd;
}

static void
read_key(const struct vm *vm, const char *name, uint8_t ret[32])
{
	auto_buf struct buf b = BUF_INIT(128);
	auto_close int fd = in_folder(vm, name, O_RDONLY);

	need(file_read_fd(fd, name, 64, &b, &d));
	need(hex_decode_fixed(buf_bytes(&b), ret, 32, &d));
}

static void
on_event(struct bytes name, const struct json *data, void *arg)
{
	struct vm *vm = arg;
	bool guest;

	printf("# event %.*s\n", (int)name.len, (const char *)name.p);
	if (bytes_equal_text(name, "SHUTDOWN") && data != NULL &&
	    json_get_bool(data, "guest", &guest, NULL) == ERR_OK && guest)
		vm->guest_went_down = true;
}

static void
pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		t_bail("socketpair: %s", strerror(errno));
}

static void
start(struct vm *vm)
{
	int qmp[2], agent[2], tpm_fd, firmware_fd;
	char vtpm[4096];
	uint8_t digest[32];
	struct swtpm_start s = { .program = "/usr/bin/swtpm",
		.state_dir = vtpm,
		.uid = VM_UID,
		.key = BYTES_OF_ARRAY(vm->vtpm_key),
		.migration_key = BYTES_OF_ARRAY(vm->vtpm_key),
		.log_fd = STDERR_FILENO };
	struct qemu_start q = { .program = "/usr/bin/qemu-system-x86_64",
		.name = "driven",
		.uid = VM_UID,
		.cpus = 1,
		.memory = 512,
		.n_disks = 1,
		.serial_fd = -1,
		.log_fd = STDERR_FILENO };

	(void)snprintf(vtpm, sizeof(vtpm), "%s/vtpm", vm->folder);
	need(swtpm_start(&s, &vm->swtpm, &tpm_fd, &d));
	need(firmware_open(vm->firmware, digest, &firmware_fd, &d));
	pair(qmp);
	pair(agent);
	q.firmware_fd = firmware_fd;
	q.nvram.read_fd = in_folder(vm, "nvram", O_RDONLY);
	q.nvram.write_fd = in_folder(vm, "nvram", O_RDWR);
	q.disks[0].read_fd = in_folder(vm, "disk0.img", O_RDONLY);
	q.disks[0].write_fd = in_folder(vm, "disk0.img", O_RDWR);
	q.tpm_fd = tpm_fd;
	q.qmp_fd = qmp[1];
	q.agent_fd = agent[1];
	need(qemu_start(&q, &vm->qemu, &d));
	(void)close(qmp[1]);
	(void)close(agent[1]);
	(void)close(tpm_fd);
	(void)close(firmware_fd);
	(void)close(q.nvram.read_fd);
	(void)close(q.nvram.write_fd);
	(void)close(q.disks[0].read_fd);
	(void)close(q.disks[0].write_fd);
	qmp_init(&vm->qmp, qmp[0], on_event, vm);
	qga_init(&vm->qga, agent[0]);
	need(qmp_open(&vm->qmp, &d));
}

static int
add_disk(struct vm *vm, const uint8_t key[32])
{
	char port[16];
	struct qmp_disk disk = { .set = qemu_disk_set(0),
		.port = port,
		.key = bytes_of(key, 32) };

	qemu_disk_port(0, port);
	return qmp_disk_add(&vm->qmp, &disk, &d);
}

/* A file of /proc/PID, with its length. */
static uint8_t *
proc_file(pid_t pid, const char *name, size_t *ret_len)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return t_read_file(path, ret_len);
}

static bool
has(pid_t pid, const char *name, const char *text)
{
	size_t len;
	uint8_t *p = proc_file(pid, name, &len);
	bool r = memmem(p, len, text, strlen(text)) != NULL;

	free(p);
	return r;
}

static void
look_at_secrets(const struct vm *vm, pid_t pid, const char *who)
{
	static const char *const files[] = { "cmdline", "environ" };
	char disk[65], vtpm[65];

	hex_format(BYTES_OF_ARRAY(vm->disk_key), disk);
	hex_format(BYTES_OF_ARRAY(vm->vtpm_key), vtpm);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		CHECK(!has(pid, files[i], disk) && !has(pid, files[i], vtpm),
		    "%s: no key in its %s", who, files[i]);
}

/* How many of the process's descriptors lead there. */
static unsigned
count_fds(const char *dir, const char *target)
{
	char other[256];
	unsigned n = 0;
	struct dirent *e;
	DIR *d2 = opendir(dir);
	ssize_t len;

	while (d2 != NULL && (e = readdir(d2)) != NULL) {
		len =
		    readlinkat(dirfd(d2), e->d_name, other, sizeof(other) - 1);
		if (len < 0)
			continue;
		other[len] = '\0';
		n += strcmp(other, target) == 0;
	}
	if (d2 != NULL)
		(void)closedir(d2);
	return n;
}

/*
 * Pipes and memory files can be opened again through /proc. A pipe with both
 * ends here is the program's own: it came with no key.
 */
static void
look_at_fds(pid_t pid, const char *who)
{
	char path[64], target[256];
	unsigned bad = 0;
	struct dirent *e;
	ssize_t n;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		n = readlinkat(dirfd(dir), e->d_name, target,
		    sizeof(target) - 1);
		if (n < 0 || strtoul(e->d_name, NULL, 10) < LAUNCH_FIRST_FD)
			continue;
		target[n] = '\0';
		if ((strncmp(target, "pipe:", 5) == 0 &&
			count_fds(path, target) != 2) ||
		    (strstr(target, "memfd:") != NULL &&
			strstr(target, "memfd:firmware") == NULL)) {
			printf("# %s: %s -> %s\n", who, e->d_name, target);
			bad++;
		}
	}
	CHECK(dir != NULL && bad == 0,
	    "%s: no pipe and no memory file but the firmware", who);
	if (dir != NULL)
		(void)closedir(dir);
}

static bool
other_namespace(pid_t pid, const char *kind)
{
	char path[64], ours[64], theirs[64];
	ssize_t a, b;

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	a = readlink(path, ours, sizeof(ours) - 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	b = readlink(path, theirs, sizeof(theirs) - 1);
	return a > 0 && b > 0 && (a != b || memcmp(ours, theirs, (size_t)a));
}

static void
look_at_rights(pid_t pid, const char *who)
{
	char path[64];
	struct stat st;

	CHECK(has(pid, "status", "Uid:\t61077\t61077\t61077\t61077\n"),
	    "%s: runs as the VM's user", who);
	CHECK(has(pid, "status", "CapEff:\t0000000000000000\n") &&
		has(pid, "status", "CapBnd:\t0000000000000000\n") &&
		has(pid, "status", "NoNewPrivs:\t1\n") &&
		has(pid, "status", "Seccomp:\t2\n"),
	    "%s: no capability, no new privileges, seccomp", who);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	CHECK(stat(path, &st) == 0 && st.st_uid == 0, "T76 %s: is not dumpable",
	    who);
	CHECK(other_namespace(pid, "net") && other_namespace(pid, "mnt") &&
		other_namespace(pid, "pid") && other_namespace(pid, "ipc"),
	    "%s: namespaces of its own", who);
	(void)snprintf(path, sizeof(path), "/proc/%d/root/etc", (int)pid);
	CHECK(access(path, F_OK) != 0, "T97 %s: sees no /etc of the host", who);
}

static void
look(const struct vm *vm)
{
	static const char *const words[] = { "-vnc", "-spice", "-gdb",
		"-kernel", "-fw_cfg", "-smbios", "-virtfs", "vfio", "-usb",
		"-netdev", "tcp:", "file=/dev/fd/" };

	look_at_secrets(vm, vm->qemu, "qemu");
	look_at_secrets(vm, vm->swtpm, "swtpm");
	look_at_fds(vm->qemu, "qemu");
	look_at_fds(vm->swtpm, "swtpm");
	look_at_rights(vm->qemu, "qemu");
	look_at_rights(vm->swtpm, "swtpm");
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		CHECK(!has(vm->qemu, "cmdline", words[i]),
		    "T74 qemu: no %s on its command line", words[i]);
}

static bool
answers(struct vm *vm, enum qga_verb verb, unsigned ms, struct buf *ret)
{
	uint64_t end = lines_now() + ms;

	while (lines_now() < end) {
		buf_reset(ret);
		if (qga_call(&vm->qga, verb, 3000, ret, &d) == ERR_OK)
			return true;
		if (qmp_read(&vm->qmp, &d) < 0)
			return false;
	}
	return false;
}

static void
talk(struct vm *vm)
{
	/* guest/README.md: what the guest found to be as it should be. */
	static const char *const signs[] = { "guest-get-osinfo",
		"guest-get-timezone", "guest-get-host-name" };
	auto_buf struct buf b = BUF_INIT(QGA_REPLY_MAX);
	uint64_t begin = lines_now();

	CHECK(answers(vm, QGA_PING, BOOT_MS, &b),
	    "the guest boots and answers");
	printf("# after %llu ms\n", (unsigned long long)(lines_now() - begin));
	CHECK(answers(vm, QGA_INFO, 30000, &b), "the guest tells what it can");
	(void)buf_put_u8(&b, 0);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		char want[100];

		(void)snprintf(want, sizeof(want),
		    "{\"enabled\": true, \"name\": \"%s\"", signs[i]);
		CHECK(b.len > 1 && strstr((char *)b.p, want) != NULL,
		    "the guest allows %s", signs[i]);
	}
	CHECK(answers(vm, QGA_SHUTDOWN, 10000, &b), "it is told to go down");
}

static void
end(struct vm *vm)
{
	uint64_t stop = lines_now() + 60000;
	int status = -1, r = ERR_OK;

	while (r == ERR_OK && lines_now() < stop) {
		(void)usleep(100000);
		r = qmp_read(&vm->qmp, &d);
	}
	CHECK(r == ERR_NOT_FOUND, "QEMU ends");
	CHECK(launch_wait(vm->qemu, 10000, &status, &d) == ERR_OK &&
		status == 0,
	    "QEMU's exit status is 0");
	CHECK(vm->guest_went_down, "QEMU says that the guest shut itself down");
	CHECK(launch_wait(vm->swtpm, 10000, &status, &d) == ERR_OK &&
		status == 0,
	    "swtpm ends with it, with status 0");
	qmp_free(&vm->qmp);
	qga_free(&vm->qga);
}

/* Started by a child that is then killed: nothing may stay behind. */
static void
orphan(struct vm *vm)
{
	pid_t pids[2], starter;
	int fds[2];

	if (pipe(fds) != 0)
		t_bail("pipe");
	starter = fork();
	if (starter == 0) {
		start(vm);
		pids[0] = vm->qemu;
		pids[1] = vm->swtpm;
		(void)!write(fds[1], pids, sizeof(pids));
		for (;;)
			(void)pause();
	}
	/* Ours too, or a starter that failed would be waited for for ever. */
	(void)close(fds[1]);
	if (read(fds[0], pids, sizeof(pids)) != (ssize_t)sizeof(pids))
		t_bail("the starter failed");
	(void)close(fds[0]);
	(void)kill(starter, SIGKILL);
	(void)waitpid(starter, NULL, 0);
	for (int i = 0;
	     i < 100 && (kill(pids[0], 0) == 0 || kill(pids[1], 0) == 0); i++)
		(void)usleep(50000);
	CHECK(kill(pids[0], 0) != 0 && kill(pids[1], 0) != 0,
	    "T86 with its starter killed, nothing of the VM is left");
}

int
main(int argc, char **argv)
{
	struct vm vm = { 0 };
	uint8_t wrong[32] = { 1 };
	bool running = true;

	if (argc != 3)
		t_bail("usage: vm-drive FOLDER FIRMWARE");
	vm.folder = argv[1];
	vm.firmware = argv[2];
	read_key(&vm, "disk.key", vm.disk_key);
	read_key(&vm, "vtpm.key", vm.vtpm_key);
	orphan(&vm);
	start(&vm);
	CHECK(qmp_running(&vm.qmp, &running, &d) == ERR_OK && !running,
	    "QEMU starts paused");
	CHECK(add_disk(&vm, wrong) == ERR_REFUSED,
	    "a disk is not opened by another key");
	printf("# %s\n", d.text);
	CHECK(add_disk(&vm, vm.disk_key) == ERR_OK, "its own key opens it");
	look(&vm);
	need(qmp_reset(&vm.qmp, &d));
	CHECK(qmp_running(&vm.qmp, &running, &d) == ERR_OK && !running,
	    "after the reset it still waits");
	need(qmp_continue(&vm.qmp, &d));
	talk(&vm);
	end(&vm);
	return t_done();
}
