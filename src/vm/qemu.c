/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/qemu.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"
#include "vm/launch.h"

#define ARGS_MAX     128
#define TEXT_MAX     8192
#define SET_FIRMWARE 1
#define SET_NVRAM    2
#define SET_DISKS    10
#define FIRST_PORT   1
#define FIRST_SLOT   0x10

unsigned
qemu_disk_set(size_t i)
{
	return SET_DISKS + (unsigned)i;
}

void
qemu_disk_port(size_t i, char ret[static 16])
{
	(void)snprintf(ret, 16, "port%zu", i);
}

/* Arguments one after another in one buffer, pointed to at the end. */
struct line {
	struct buf text;
	size_t at[ARGS_MAX];
	size_t n;
	int fds[LAUNCH_FDS_MAX];
	size_t n_fds;
};

static void add(struct line *l, const char *fmt, ...) PRINTF(2, 3);

static void
add(struct line *l, const char *fmt, ...)
{
	char arg[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(arg, sizeof(arg), fmt, ap);
	va_end(ap);
	BUG_ON(n < 0 || (size_t)n >= sizeof(arg) || l->n == ARGS_MAX);
	l->at[l->n++] = l->text.len;
	(void)buf_put(&l->text, bytes_of(arg, (size_t)n + 1));
}

/* The number that the descriptor will have in the child. */
static int
give_fd(struct line *l, int fd)
{
	BUG_ON(l->n_fds == LAUNCH_FDS_MAX || fd < 0);
	l->fds[l->n_fds] = fd;
	return LAUNCH_FIRST_FD + (int)l->n_fds++;
}

static void
add_to_set(struct line *l, int fd, unsigned set)
{
	add(l, "-add-fd");
	add(l, "fd=%d,set=%u", give_fd(l, fd), set);
}

/* The set's descriptor is chosen by the mode in which QEMU opens it. */
static void
add_both(struct line *l, const struct qemu_disk_fds *fds, unsigned set)
{
	add_to_set(l, fds->read_fd, set);
	add_to_set(l, fds->write_fd, set);
}

static void
add_machine(struct line *l, const struct qemu_start *s)
{
	add(l, "-name");
	add(l, "guest=%s", s->name);
	/* Programs are run from a copy: where its data files are. */
	add(l, "-L");
	add(l, "/usr/share/qemu");
	add(l, "-nodefaults");
	add(l, "-no-user-config");
	add(l, "-machine");
	add(l,
	    "q35,smm=on,vmport=off,dump-guest-core=off,mem-merge=off,"
	    "pflash0=code,pflash1=vars");
	add(l, "-accel");
	add(l, "%s", s->kvm ? "kvm" : "tcg");
	add(l, "-cpu");
	add(l, "%s", s->kvm ? "host" : "max");
	add(l, "-smp");
	add(l, "%u", s->cpus);
	add(l, "-m");
	add(l, "size=%uM", s->memory);
	add(l, "-overcommit");
	add(l, "mem-lock=%s", s->lock_memory ? "on" : "off");
	add(l, "-global");
	add(l, "driver=cfi.pflash01,property=secure,value=on");
	/* Resuming would need a lock box that OVMF keeps outside of SMM. */
	add(l, "-global");
	add(l, "ICH9-LPC.disable_s3=1");
	add(l, "-S");
}

/* The display has no listener: each viewer's socket comes by QMP. */
static void
add_console(struct line *l, const struct qemu_start *s)
{
	add(l, "-vga");
	add(l, "%s", s->console ? "std" : "none");
	add(l, "%s", s->console ? "-vnc" : "-display");
	add(l, "none");
	if (s->serial_fd < 0) {
		add(l, "-serial");
		add(l, "none");
		return;
	}
	add(l, "-chardev");
	add(l, "socket,id=serial,fd=%d", give_fd(l, s->serial_fd));
	add(l, "-serial");
	add(l, "chardev:serial");
}

static void
add_nothing(struct line *l)
{
	static const char *const off[] = { "-parallel", "-monitor" };

	for (size_t i = 0; i < ARRAY_LEN(off); i++) {
		add(l, "%s", off[i]);
		add(l, "none");
	}
	add(l, "-sandbox");
	add(l,
	    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
	    "resourcecontrol=deny");
}

static void
add_firmware(struct line *l, const struct qemu_start *s)
{
	add_to_set(l, s->firmware_fd, SET_FIRMWARE);
	add(l, "-blockdev");
	add(l,
	    "driver=file,node-name=code,filename=/dev/fdset/%d,"
	    "read-only=on,locking=off",
	    SET_FIRMWARE);
	add_both(l, &s->nvram, SET_NVRAM);
	add(l, "-blockdev");
	add(l, "driver=file,node-name=vars,filename=/dev/fdset/%d,locking=off",
	    SET_NVRAM);
}

static void
add_disks(struct line *l, const struct qemu_start *s)
{
	char port[16];

	/* Ports for all there may be: a disk can come while the guest runs. */
	for (size_t i = 0; i < QEMU_DISKS_MAX; i++) {
		if (i < s->n_disks)
			add_both(l, &s->disks[i], qemu_disk_set(i));
		qemu_disk_port(i, port);
		add(l, "-device");
		add(l, "pcie-root-port,id=%s,chassis=%zu,port=%zu,addr=0x%zx",
		    port, FIRST_PORT + i, FIRST_PORT + i, FIRST_SLOT + i);
	}
}

static void
add_nets(struct line *l, const struct qemu_start *s)
{
	for (size_t i = 0; i < s->n_nets; i++) {
		add(l, "-netdev");
		add(l, "tap,id=net%zu,vhost=off,fd=%d", i,
		    give_fd(l, s->nets[i].tap_fd));
		add(l, "-device");
		/* No boot ROM: a guest is not started from the network. */
		add(l, "virtio-net-pci,netdev=net%zu,romfile=,mac=%s", i,
		    s->nets[i].mac);
	}
}

static void
add_devices(struct line *l, const struct qemu_start *s)
{
	if (s->tpm_fd >= 0) {
		add(l, "-chardev");
		add(l, "socket,id=tpm,fd=%d", give_fd(l, s->tpm_fd));
		add(l, "-tpmdev");
		add(l, "emulator,id=tpm0,chardev=tpm");
		add(l, "-device");
		add(l, "tpm-crb,tpmdev=tpm0");
	}
	add(l, "-object");
	add(l, "rng-builtin,id=rng0");
	add(l, "-device");
	add(l, "virtio-rng-pci,rng=rng0");
	if (s->agent_fd >= 0) {
		add(l, "-device");
		add(l, "virtio-serial-pci");
		add(l, "-chardev");
		add(l, "socket,id=agent,fd=%d", give_fd(l, s->agent_fd));
		add(l, "-device");
		add(l,
		    "virtserialport,chardev=agent,name=org.qemu.guest_agent.0");
	}
	add(l, "-chardev");
	add(l, "socket,id=qmp,fd=%d", give_fd(l, s->qmp_fd));
	add(l, "-mon");
	add(l, "chardev=qmp,mode=control");
	for (size_t i = 0; i < s->n_held; i++)
		(void)give_fd(l, s->held_fds[i]);
}

int
qemu_start(const struct qemu_start *s, pid_t *ret_pid, struct diag *d)
{
	struct line line = { .text = BUF_INIT(TEXT_MAX) };
	const char *args[ARGS_MAX + 1] = { NULL };
	struct launch l = { .program = s->program,
		.args = args,
		.uid = s->uid,
		.fds = line.fds,
		.log_fd = s->log_fd,
		.kvm = s->kvm,
		.debuggable = s->debuggable };
	int r;

	BUG_ON(s->n_disks > QEMU_DISKS_MAX || s->n_nets > QEMU_NETS_MAX);
	if ((r = name_check("qemu: name", bytes_of_text(s->name), d)) < 0)
		return r;
	add_machine(&line, s);
	add_console(&line, s);
	add_nothing(&line);
	add_firmware(&line, s);
	add_disks(&line, s);
	add_nets(&line, s);
	add_devices(&line, s);
	r = buf_check(&line.text, "qemu: arguments", d);
	if (r == ERR_OK) {
		for (size_t i = 0; i < line.n; i++)
			args[i] = (const char *)line.text.p + line.at[i];
		l.n_fds = line.n_fds;
		r = launch(&l, ret_pid, d);
	}
	buf_free(&line.text);
	return r;
}
