/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF objects that are there already: the lock's own, above all.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "attack.h"
#include "code.h"

#define ENOTSUPP 524 /* the kernel's own: not a BPF descriptor */

static const struct kind_of_object {
	const char *name;
	int next, open;
} objects[] = {
	{ "programs", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID },
	{ "maps", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID },
	{ "links", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID },
};

/* How many there are; -1: refused. */
static int
count_objects(const struct kind_of_object *o, int *ret_open, bool detach)
{
	union bpf_attr attr = { 0 };
	uint32_t id = 0;
	int n = 0;

	for (;; n++) {
		attr = (union bpf_attr){ .start_id = id };
		if (code_bpf(o->next, &attr) != 0)
			return errno == ENOENT ? n : -1;
		id = attr.next_id;
		attr = (union bpf_attr){ .prog_id = id };
		int fd = (int)code_bpf(o->open, &attr);

		if (fd < 0)
			continue;
		if (detach) {
			attr = (union bpf_attr){ 0 };
			attr.link_detach.link_fd = (uint32_t)fd;
			*ret_open += code_bpf(BPF_LINK_DETACH, &attr) == 0;
		} else {
			*ret_open += 1;
		}
		(void)close(fd);
	}
}

static void
try_ids(const struct attack *a, int target, struct result *r)
{
	char text[200];
	size_t used = 0;
	bool refused = true;

	(void)a;
	(void)target;
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		int opened = 0, n = count_objects(&objects[i], &opened, false);

		refused = refused && n < 0;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s: ", i > 0 ? ", " : "", objects[i].name);
		if (n < 0)
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, "%s", strerror(errno));
		else
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, "%d of %d open", opened, n);
	}
	result_set(r, refused ? VERDICT_REFUSED : VERDICT_NOTHING, "%s", text);
}

static void
try_detach(const struct attack *a, int target, struct result *r)
{
	int detached = 0, n = count_objects(&objects[2], &detached, true);

	(void)a;
	(void)target;
	if (n < 0)
		result_errno(r, "next id");
	else
		result_set(r, detached > 0 ? VERDICT_FOUND : VERDICT_NOTHING,
		    "%d of %d links detached", detached, n);
}

/* A file of a bpffs is opened by bpf() alone. */
static long
get(const char *path)
{
	union bpf_attr attr = { 0 };

	attr.pathname = (uintptr_t)path;
	return code_bpf(BPF_OBJ_GET, &attr);
}

static void
try_obj_get(const struct attack *a, int target, struct result *r)
{
	char path[600];
	unsigned seen = 0, opened = 0;
	struct dirent *e;
	DIR *list;

	(void)a;
	(void)target;
	(void)mkdir("/tmp/attack-bpffs", 0700);
	(void)mount("bpf", "/tmp/attack-bpffs", "bpf", 0, NULL);
	list = opendir("/sys/fs/bpf");
	while (list != NULL && (e = readdir(list)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "/sys/fs/bpf/%s", e->d_name);
		seen++;
		opened += get(path) >= 0;
	}
	if (list != NULL)
		(void)closedir(list);
	if (opened > 0)
		result_set(r, VERDICT_READ, "%u of %u pins opened", opened,
		    seen);
	else if (get("/tmp/attack-bpffs/none") < 0 && errno == ENOENT)
		result_set(r, VERDICT_NOTHING, "no pins; the call is open");
	else
		result_errno(r, "BPF_OBJ_GET");
	(void)umount2("/tmp/attack-bpffs", MNT_DETACH);
}

/* Which program hangs on a descriptor of another process. */
static void
try_task_query(const struct attack *a, int target, struct result *r)
{
	char name[128];
	unsigned seen = 0;
	int errnum = 0;

	for (unsigned fd = 0; fd < 64; fd++) {
		union bpf_attr attr = { 0 };

		attr.task_fd_query.pid = (uint32_t)a->pid[target];
		attr.task_fd_query.fd = fd;
		attr.task_fd_query.buf = (uintptr_t)name;
		attr.task_fd_query.buf_len = sizeof(name);
		if (code_bpf(BPF_TASK_FD_QUERY, &attr) == 0)
			seen++;
		else if (errno != EBADF && errno != ENOTSUPP)
			errnum = errno;
	}
	errno = errnum;
	if (seen > 0)
		result_set(r, VERDICT_READ, "%u of its descriptors are BPF's",
		    seen);
	else if (errnum != 0 && errnum != ENOENT)
		result_errno(r, "BPF_TASK_FD_QUERY");
	else
		result_set(r, VERDICT_NOTHING, "none of them is BPF's");
}

static const struct attempt list[] = {
	{ "object-ids", "list and open programs, maps and links by id", try_ids,
	    false, 0 },
	{ "object-pins", "open what is pinned in a bpffs", try_obj_get, false,
	    0 },
	{ "object-fds", "ask bpf() about each of its descriptors",
	    try_task_query, true, 0 },
	{ "object-detach", "detach each link by id", try_detach, false, 0 },
};

const struct group objects_group = { "objects",
	"the BPF objects that are there", list, ARRAY_LEN(list) };
