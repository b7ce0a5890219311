/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's display and serial port, for whoever its type lets look. The display
 * is QEMU's affair: it gets the viewer's socket. The serial port's bytes pass
 * here, so that QEMU never waits for a viewer and the last of them are shown
 * to one that comes late.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "guard/vm/vm.h"

#define CHUNK 4096

void
serial_init(struct serial *s)
{
	s->viewer_fd = -1;
	s->n_ever = 0;
}

void
serial_close(struct vm *vm)
{
	close_p(&vm->serial.viewer_fd);
}

static void
keep(struct serial *s, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->kept[s->n_ever++ % SERIAL_KEPT] = p[i];
}

/* A viewer that does not keep up loses bytes; the guest does not wait. */
static bool
show(int fd, const uint8_t *p, size_t n)
{
	ssize_t sent = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent >= 0 || errno == EAGAIN || errno == EINTR;
}

static void
show_kept(const struct serial *s, int fd)
{
	size_t n = s->n_ever < SERIAL_KEPT ? s->n_ever : SERIAL_KEPT;
	size_t first = (s->n_ever - n) % SERIAL_KEPT;
	size_t head = n < SERIAL_KEPT - first ? n : SERIAL_KEPT - first;

	if (head != 0 && show(fd, s->kept + first, head) && n > head)
		(void)show(fd, s->kept, n - head);
}

void
serial_from_guest(struct vm *vm)
{
	struct serial *s = &vm->serial;
	uint8_t b[CHUNK];
	ssize_t n = recv(vm->machine.serial_fd, b, sizeof(b), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close_p(&vm->machine.serial_fd);
		return;
	}
	if (n < 0)
		return;
	keep(s, b, (size_t)n);
	if (s->viewer_fd >= 0 && !show(s->viewer_fd, b, (size_t)n))
		serial_close(vm);
}

void
serial_from_viewer(struct vm *vm)
{
	uint8_t b[CHUNK];
	ssize_t n = recv(vm->serial.viewer_fd, b, sizeof(b), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		serial_close(vm);
		return;
	}
	/* A guest that does not read its port loses what is typed. */
	if (vm->machine.serial_fd >= 0)
		(void)send(vm->machine.serial_fd, b, (size_t)n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The one that looks last is shown; two would mix what they type. */
static int
serial_show(struct vm *vm, int fd, struct diag *d)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return diag_errno(d, "cannot show the serial port");
	serial_close(vm);
	vm->serial.viewer_fd = own;
	show_kept(&vm->serial, own);
	return ERR_OK;
}

int
console_show(struct vm *vm, struct bytes kind, int fd, struct diag *d)
{
	const struct vm_config *c = &vm->folder.config;
	int r;

	if (bytes_equal_text(kind, "display"))
		return qmp_viewer_add(&vm->machine.qmp, fd, d);
	if (!bytes_equal_text(kind, "serial"))
		return diag_fail(d, ERR_USAGE, "display or serial");
	if ((r = vm_feature_need(c->level, c->features, VM_FEATURE_SERIAL, d)) <
	    0)
		return r;
	return serial_show(vm, fd, d);
}
