/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only client of a VM's QMP socket. QMP can do anything to a VM (read its
 * memory, add devices, open files), so there is no way to send a command of
 * one's own: these functions are all there is, and each verb stands in one
 * list. QEMU's answers are those of a process that reads what a guest writes.
 */
#ifndef VM_QMP_H
#define VM_QMP_H

#include "base/secret.h"
#include "vm/lines.h"

struct json;

/* data may be NULL. Name and data are views that end with the call. */
typedef void (
    *qmp_event_fn)(struct bytes name, const struct json *data, void *arg);

struct qmp {
	struct lines lines;
	uint64_t last_id;
	qmp_event_fn on_event;
	void *arg;
};

void qmp_init(struct qmp *q, int fd, qmp_event_fn on_event, void *arg);
void qmp_free(struct qmp *q);

/* Greeting and capabilities: QEMU has started when this returns. */
MUST_CHECK int qmp_open(struct qmp *q, struct diag *d);
/* Events that have come; ERR_NOT_FOUND when QEMU has closed. */
MUST_CHECK int qmp_read(struct qmp *q, struct diag *d);

struct qmp_disk {
	size_t index;     /* first is 0: it boots */
	unsigned set;     /* qemu_disk_set() */
	const char *port; /* qemu_disk_port() */
	struct bytes key; /* the passphrase's 32 bytes, used as hex */
};

/* Opens LUKS, then attaches; QEMU's copy of the passphrase is gone then. */
MUST_CHECK int qmp_disk_add(struct qmp *q, const struct qmp_disk *disk,
    struct diag *d);
/* Once after the disks, so that the firmware finds them and their order. */
MUST_CHECK int qmp_reset(struct qmp *q, struct diag *d);
MUST_CHECK int qmp_continue(struct qmp *q, struct diag *d);
/* The guest's processors stand still until qmp_continue(). */
MUST_CHECK int qmp_stop(struct qmp *q, struct diag *d);
MUST_CHECK int qmp_powerdown(struct qmp *q, struct diag *d);
MUST_CHECK int qmp_quit(struct qmp *q, struct diag *d);
/* True while the guest's processors run. */
MUST_CHECK int qmp_running(struct qmp *q, bool *ret, struct diag *d);

#endif
