/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only client of a VM's QMP socket. QMP can do anything to a VM (read its
 * memory, add devices, open files), so there is no way to send a command of
 * one's own: these functions are all there is, and each verb stands in one
 * list, with the feature that a VM must have for it (vm/level.h). QEMU's
 * answers are those of a process that reads what a guest writes.
 */
#ifndef VM_QMP_H
#define VM_QMP_H

#include "base/secret.h"
#include "vm/level.h"
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
	uint8_t level;
	uint32_t features;
};

/* Until qmp_allow() only what every VM has. */
void qmp_init(struct qmp *q, int fd, qmp_event_fn on_event, void *arg);
void qmp_allow(struct qmp *q, uint8_t level, uint32_t features);
void qmp_free(struct qmp *q);

/* Greeting and capabilities: QEMU has started when this returns. */
MUST_CHECK int qmp_open(struct qmp *q, struct diag *d);
/* Events that have come; ERR_NOT_FOUND when QEMU has closed. */
MUST_CHECK int qmp_read(struct qmp *q, struct diag *d);

struct qmp_disk {
	size_t index;     /* first is 0: it boots */
	unsigned set;     /* qemu_disk_set() */
	const char *port; /* qemu_disk_port() */
	struct bytes key; /* the passphrase's 32 bytes, used as hex; or raw:
			     none, and the image is in clear */
	bool later;       /* the guest runs already: it does not boot it */
};

/* Opens LUKS, then attaches; QEMU's copy of the passphrase is gone then. */
MUST_CHECK int qmp_disk_add(struct qmp *q, const struct qmp_disk *disk,
    struct diag *d);
/* The file of a disk that comes later: O_RDONLY and O_RDWR. */
MUST_CHECK int qmp_disk_file(struct qmp *q, const struct qmp_disk *disk,
    int read_fd, int write_fd, struct diag *d);
/* Its file again, after qmp_disk_add() failed. */
MUST_CHECK int qmp_disk_close(struct qmp *q, const struct qmp_disk *disk,
    struct diag *d);
/*
 * Asks the guest to let go of it; ERR_TIMEOUT when it has not done so by then.
 * The disk is gone from QEMU when this returns ERR_OK.
 */
MUST_CHECK int qmp_disk_remove(struct qmp *q, const struct qmp_disk *disk,
    unsigned timeout_ms, struct diag *d);
/* The guest sees the new size, in bytes. */
MUST_CHECK int qmp_disk_resize(struct qmp *q, const struct qmp_disk *disk,
    uint64_t size, struct diag *d);
/* One more viewer on the display: a connected socket, spoken RFB over. */
MUST_CHECK int qmp_viewer_add(struct qmp *q, int fd, struct diag *d);
/*
 * Begins to write the guest's memory as an ELF core; the event DUMP_COMPLETED
 * ends it, and the guest stands still until then.
 */
MUST_CHECK int qmp_dump(struct qmp *q, int fd, struct diag *d);
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
