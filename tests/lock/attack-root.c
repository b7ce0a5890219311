/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Something else in the place of what is executed: another interpreter by
 * binfmt_misc, other files for guarded processes, another table under the
 * root's device.
 */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "attack.h"

/* --- binfmt_misc ---------------------------------------------------------- */

#define BINFMT "/binfmt"
#define LATE   "/run/x.late"

static bool
writes(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 &&
	    write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* A file that is no program of any kind. */
static void
make_file(const char *path)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	if (write(fd, "x\n", 2) != 2)
		t_bail("%s: %s", path, strerror(errno));
}

static void
make_program(const char *path)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	if (!copy_file("/bin/busybox", fd))
		t_bail("%s: %s", path, strerror(errno));
}

void
start_early(void)
{
	make_file(EARLY);
	make_program("/run/true");
	(void)mkdir(BINFMT, 0755);
	CHECK(mount("none", BINFMT, "binfmt_misc", 0, NULL) == 0 &&
		writes(BINFMT "/register", ":early:E::early::/run/true:F"),
	    "an interpreter is registered before there is a lock");
	CHECK(exec_works(EARLY), "and it starts");
}

void
attack_binfmt(const struct scene *s)
{
	make_file(LATE);
	attack(s, WORKS,
	    writes(BINFMT "/register", ":late:E::late::/bin/true:F"),
	    "an interpreter is registered");
	CHECK(exec_works(LATE) == !s->locked &&
		(!s->locked || errno == ENOEXEC),
	    "it %s", s->locked ? "does not start" : "starts");
	(void)mount("none", "/mnt", "binfmt_misc", 0, NULL);
	attack(s, WORKS, writes("/mnt/register", ":other:E::other::/bin/true:"),
	    "one in another mount");
	(void)umount2("/mnt", MNT_DETACH);
	attack(s, WORKS, writes(BINFMT "/early", "1"),
	    "an interpreter is switched on");
	attack(s, WORKS, writes(BINFMT "/status", "1"),
	    "binfmt_misc is switched on");
	CHECK(exec_works(EARLY), "the one from before starts what root has");
}

/* --- what guarded processes execute --------------------------------------- */

static void
executes(const struct scene *s, enum ask ask, bool with_lock, const char *what)
{
	struct answer a = guarded_ask(s->guarded, ask, NULL);

	if (!s->locked || with_lock)
		CHECK(a.rc == 0, "a guarded process executes %s", what);
	else
		CHECK(a.rc == EPERM, "it does not execute %s (%s)", what,
		    strerror(a.rc));
}

void
attack_guarded(const struct scene *s)
{
	auto_close int fd = -1;

	make_program(FOREIGN);
	executes(s, ASK_HOME, true, "a program of its own file system");
	executes(s, ASK_FOREIGN, false, "a program that root made");
	executes(s, ASK_EARLY, false,
	    "an interpreter of root's in place of its own program");
	executes(s, ASK_MEMFD, false, "a memory file");
	CHECK(guarded_ask(s->guarded, ASK_MAKE, NULL).rc == 0,
	    "it makes a copy");
	executes(s, ASK_COPY, true, "a copy that it made");
	fd = open(COPY, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0, "root opens the copy");
	close_p(&fd);
	executes(s, ASK_COPY, false, "a copy that root may have changed");
}

/* --- device-mapper -------------------------------------------------------- */

#define DEVICE "test"

/* As libdevmapper sends it: the request, then what it is about. */
struct request {
	struct dm_ioctl head;
	union {
		struct dm_target_spec target;
		char name[64];
	} u;
};

static struct request
new_request(const char *device)
{
	struct request r = { .head = { .version = { 4, 0, 0 },
				 .data_size = sizeof(r),
				 .data_start = offsetof(struct request, u) } };

	(void)snprintf(r.head.name, sizeof(r.head.name), "%s", device);
	return r;
}

static bool
control(unsigned long command, struct request r)
{
	auto_close int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	return fd >= 0 && ioctl(fd, command, &r) == 0;
}

static bool
dm(unsigned long command)
{
	return control(command, new_request(DEVICE));
}

static struct request
table(void)
{
	struct request r = new_request(DEVICE);

	r.head.target_count = 1;
	r.u.target = (struct dm_target_spec){ .length = 8,
		.next = sizeof(r.u),
		.target_type = "zero" };
	return r;
}

static bool
renames(const char *from, const char *to)
{
	struct request r = new_request(from);

	(void)snprintf(r.u.name, sizeof(r.u.name), "%s", to);
	return control(DM_DEV_RENAME, r);
}

static bool
loads32(void)
{
	auto_close int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	const struct request r = table();
	char *low = low_text("");

	memcpy(low, &r, sizeof(r));
	return call32(54, fd, (uint32_t)DM_TABLE_LOAD,
		   (uint32_t)(uintptr_t)low) == 0;
}

void
dm_setup(void)
{
	CHECK(dm(DM_DEV_CREATE) && control(DM_TABLE_LOAD, table()) &&
		dm(DM_DEV_SUSPEND),
	    "the initramfs sets a device up");
	CHECK(control(DM_TABLE_LOAD, table()) && dm(DM_TABLE_CLEAR),
	    "and clears a table");
}

void
attack_dm(const struct scene *s)
{
	attack(s, WORKS, control(DM_TABLE_LOAD, table()),
	    "another table is loaded");
	attack(s, WORKS, loads32(), "the same as a 32-bit program");
	/* Of no direction and size: the kernel takes it. */
	attack(s, WORKS, control(_IO(DM_IOCTL, DM_TABLE_LOAD_CMD), table()),
	    "the same by a number that only looks like another");
	attack(s, WORKS, dm(DM_DEV_SUSPEND), "a device is resumed with it");
	attack(s, WORKS, dm(DM_TABLE_CLEAR), "a table is cleared");
	attack(s, WORKS, renames(DEVICE, "other"), "a device is renamed");
	if (!s->locked)
		(void)renames("other", DEVICE);
	CHECK(dm(DM_DEV_STATUS), "its state can be asked for");
	attack(s, WORKS, dm(DM_DEV_REMOVE), "a device is removed");
	attack(s, WORKS, dm(DM_REMOVE_ALL), "all devices are removed");
}
