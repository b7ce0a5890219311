/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's disks by QMP: opened with their keys, attached, and taken away.
 */
#include <stdio.h>
#include <string.h>

#include "vm/qmp.h"
#include "vm/qmp_impl.h"
#include "json/json.h"

#define RETRY 100000 /* microseconds, while the guest lets go of a disk */

static void
put_object(struct json_out *o, const char *key)
{
	json_out_key(o, key);
	json_out_begin_object(o);
}

static int
secret_add(struct qmp *q, const char *id, struct bytes key, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);

	json_out_begin_object(&o);
	json_out_put_string(&o, "qom-type", "secret");
	json_out_put_string(&o, "id", id);
	json_out_put_string(&o, "format", "raw");
	json_out_put_hex(&o, "data", key);
	json_out_end_object(&o);
	return qmp_command(q, "object-add", buf_bytes(&b), -1, NULL, d);
}

static void
put_file(struct json_out *o, unsigned set)
{
	char file[32];

	(void)snprintf(file, sizeof(file), "/dev/fdset/%u", set);
	put_object(o, "file");
	json_out_put_string(o, "driver", "file");
	json_out_put_string(o, "filename", file);
	json_out_put_string(o, "locking", "off");
	json_out_end_object(o);
}

/* secret: NULL for an image in clear. */
static int
node_add(struct qmp *q, const char *node, const char *secret, unsigned set,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);

	json_out_begin_object(&o);
	/* Always a named format: a guest writes what would be guessed from. */
	json_out_put_string(&o, "driver", secret != NULL ? "luks" : "raw");
	json_out_put_string(&o, "node-name", node);
	if (secret != NULL)
		json_out_put_string(&o, "key-secret", secret);
	json_out_put_string(&o, "discard", "unmap");
	put_file(&o, set);
	json_out_end_object(&o);
	return qmp_command(q, "blockdev-add", buf_bytes(&b), -1, NULL, d);
}

static int
device_add(struct qmp *q, const struct qmp_disk *disk, const char *node,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);
	char id[32];

	(void)snprintf(id, sizeof(id), "disk%zu", disk->index);
	json_out_begin_object(&o);
	json_out_put_string(&o, "driver", "virtio-blk-pci");
	json_out_put_string(&o, "id", id);
	json_out_put_string(&o, "bus", disk->port);
	json_out_put_string(&o, "drive", node);
	if (!disk->later)
		json_out_put_number(&o, "bootindex", disk->index);
	json_out_end_object(&o);
	return qmp_command(q, "device_add", buf_bytes(&b), -1, NULL, d);
}

/* One argument, and no answer that matters. */
static int
tell(struct qmp *q, const char *verb, const char *key, const char *value,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);

	json_out_begin_object(&o);
	json_out_put_string(&o, key, value);
	json_out_end_object(&o);
	return qmp_command(q, verb, buf_bytes(&b), -1, NULL, d);
}

static int
unlocked_node_add(struct qmp *q, const struct qmp_disk *disk, const char *node,
    struct diag *d)
{
	char secret[32];
	int r, removed;

	(void)snprintf(secret, sizeof(secret), "key%zu", disk->index);
	if ((r = secret_add(q, secret, disk->key, d)) < 0)
		return r;
	r = node_add(q, node, secret, disk->set, d);
	/* As long as it is there, QMP would tell it: qom-get. */
	removed = tell(q, "object-del", "id", secret, r < 0 ? NULL : d);
	return r < 0 ? r : removed;
}

int
qmp_disk_add(struct qmp *q, const struct qmp_disk *disk, struct diag *d)
{
	char node[32];
	int r;

	(void)snprintf(node, sizeof(node), "node%zu", disk->index);
	if (disk->key.len != 0)
		r = unlocked_node_add(q, disk, node, d);
	else
		r = node_add(q, node, NULL, disk->set, d);
	if (r < 0)
		return r;
	r = device_add(q, disk, node, d);
	/* What its caller takes back must not stay open here. */
	if (r < 0)
		(void)!tell(q, "blockdev-del", "node-name", node, NULL);
	return r;
}

/* fd: one more of the disk's set, or -1. */
static int
tell_set(struct qmp *q, const char *verb, const struct qmp_disk *disk, int fd,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);

	json_out_begin_object(&o);
	json_out_put_number(&o, "fdset-id", disk->set);
	json_out_end_object(&o);
	return qmp_command(q, verb, buf_bytes(&b), fd, NULL, d);
}

int
qmp_disk_file(struct qmp *q, const struct qmp_disk *disk, int read_fd,
    int write_fd, struct diag *d)
{
	int r = tell_set(q, "add-fd", disk, read_fd, d);

	return r < 0 ? r : tell_set(q, "add-fd", disk, write_fd, d);
}

int
qmp_disk_close(struct qmp *q, const struct qmp_disk *disk, struct diag *d)
{
	return tell_set(q, "remove-fd", disk, -1, d);
}

/* The node is in use for as long as the guest has the device. */
int
qmp_disk_remove(struct qmp *q, const struct qmp_disk *disk, unsigned timeout_ms,
    struct diag *d)
{
	uint64_t end = lines_now() + timeout_ms;
	char id[32], node[32];
	int r;

	(void)snprintf(id, sizeof(id), "disk%zu", disk->index);
	(void)snprintf(node, sizeof(node), "node%zu", disk->index);
	if ((r = tell(q, "device_del", "id", id, d)) < 0)
		return r;
	while ((r = tell(q, "blockdev-del", "node-name", node, d)) ==
	    ERR_REFUSED) {
		if (lines_now() >= end)
			return diag_fail(d, ERR_TIMEOUT,
			    "the guest does not let go of the disk");
		(void)usleep(RETRY);
	}
	return r < 0 ? r : qmp_disk_close(q, disk, d);
}

int
qmp_disk_resize(struct qmp *q, const struct qmp_disk *disk, uint64_t size,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);
	char node[32];

	(void)snprintf(node, sizeof(node), "node%zu", disk->index);
	json_out_begin_object(&o);
	json_out_put_string(&o, "node-name", node);
	json_out_put_number(&o, "size", size);
	json_out_end_object(&o);
	return qmp_command(q, "block_resize", buf_bytes(&b), -1, NULL, d);
}
