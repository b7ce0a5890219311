/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guard-vm's start, stop and failure, as the fabric (fabric.h) sees them.
 */
#ifndef TESTS_VM_LIVES_H
#define TESTS_VM_LIVES_H

#include "fabric.h"

#define START_MS 60000
#define STOP_MS  60000

/* Ended, though perhaps not yet collected by its new parent. */
static inline bool
is_gone(pid_t pid)
{
	char path[64], line[256];
	size_t n;
	FILE *file;

	for (int i = 0; i < 100; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		file = fopen(path, "re");
		if (file == NULL)
			return true;
		n = fread(line, 1, sizeof(line) - 1, file);
		(void)fclose(file);
		line[n] = '\0';
		if (strstr(line, ") Z ") != NULL)
			return true;
		(void)usleep(50000);
	}
	return false;
}

static inline bool
starts(struct fabric *f)
{
	fabric_start(f);
	if (fabric_serve(f, VM_PHASE_RUNNING, START_MS) &&
	    f->phase == VM_PHASE_RUNNING)
		return true;
	printf("# %s: %s (%s)\n", f->step, f->text, f->reason);
	return false;
}

static inline bool
stops(struct fabric *f, bool kill, uint32_t seconds)
{
	auto_buf struct buf reply = BUF_INIT(8192);
	struct vm_stop q = { kill, seconds };
	int r = fabric_ask(f, GUARD_OP_VM_STOP, &vm_stop_fields, &q,
	    STOP_MS + (int)seconds * 1000, &reply);

	if (r < 0)
		printf("# %s\n", fd_.text);
	(void)fabric_serve(f, 0, STOP_MS);
	return r == ERR_OK && f->pid == 0 && f->exit_status == 0 &&
	    f->phase == VM_PHASE_STOPPED;
}

/* Ends by itself with this reason, and leaves no process behind. */
static inline bool
fails(struct fabric *f, enum reason reason)
{
	fabric_start(f);
	(void)fabric_serve(f, 0, START_MS);
	printf("# %s: %s (%s)\n", f->step, f->text, f->reason);
	return f->pid == 0 && f->exit_status == 1 &&
	    f->phase == VM_PHASE_FAILED &&
	    strcmp(f->reason, reason_name(reason)) == 0 &&
	    (f->qemu == 0 || is_gone((pid_t)f->qemu));
}

/* What the guest's agent answers, once it does. */
static inline bool
guest_says(struct fabric *f, const char *verb, int ms, struct buf *ret)
{
	struct vm_guest q = { bytes_of_text(verb) };

	for (int waited = 0; waited < ms && f->pid != 0; waited += 3000) {
		auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);

		if (fabric_ask(f, GUARD_OP_VM_GUEST, &vm_guest_fields, &q,
			15000, &b) == ERR_OK)
			return buf_put(ret, buf_bytes(&b));
		(void)fabric_serve(f, 0, 500);
	}
	return false;
}

#endif
