/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lets somebody look at a VM: its display, its memory.
 */
#include "vm/qmp.h"
#include "vm/qmp_impl.h"
#include "json/json.h"

#define VIEWER "viewer"
#define DUMP   "dump"

/* Under a name that the next command uses up. */
static int
hand_over(struct qmp *q, const char *name, int fd, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);

	json_out_begin_object(&o);
	json_out_put_string(&o, "fdname", name);
	json_out_end_object(&o);
	return qmp_command(q, "getfd", buf_bytes(&b), fd, NULL, d);
}

int
qmp_viewer_add(struct qmp *q, int fd, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);
	int r;

	if ((r = qmp_may(q, "add_client", d)) < 0 ||
	    (r = hand_over(q, VIEWER, fd, d)) < 0)
		return r;
	json_out_begin_object(&o);
	json_out_put_string(&o, "protocol", "vnc");
	json_out_put_string(&o, "fdname", VIEWER);
	json_out_put_bool(&o, "skipauth", true);
	json_out_end_object(&o);
	return qmp_command(q, "add_client", buf_bytes(&b), -1, NULL, d);
}

int
qmp_dump(struct qmp *q, int fd, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(QMP_COMMAND_MAX);
	struct json_out o = json_out_of(&b);
	int r;

	if ((r = qmp_may(q, "dump-guest-memory", d)) < 0 ||
	    (r = hand_over(q, DUMP, fd, d)) < 0)
		return r;
	json_out_begin_object(&o);
	json_out_put_bool(&o, "paging", false);
	json_out_put_string(&o, "protocol", "fd:" DUMP);
	json_out_put_bool(&o, "detach", true);
	json_out_end_object(&o);
	return qmp_command(q, "dump-guest-memory", buf_bytes(&b), -1, NULL, d);
}
