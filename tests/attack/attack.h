/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack: what root of a guarded host can try against guard-tpm, guard-vm, QEMU
 * and swtpm. Each attempt prints one line that ends with a verdict:
 *
 *	refused  the kernel, the TPM or the product said no
 *	nothing  it was let through, and what it gave is no secret
 *	allowed  it was let through and does harm, but gives nothing to read
 *	READ     memory or descriptors of the process were read
 *	FOUND    and the marker was there, or the lock is gone
 *	broken   the attempt itself failed: it proves nothing
 *
 * doc/ATTACKS.md has the attempts, verdicts.txt what is expected of each.
 */
#ifndef ATTACK_ATTACK_H
#define ATTACK_ATTACK_H

#include <sys/types.h>

#include "base/base.h"

enum target { TARGET_TPM, TARGET_VM, TARGET_QEMU, TARGET_SWTPM, TARGETS };

enum verdict {
	VERDICT_BROKEN,
	VERDICT_REFUSED,
	VERDICT_NOTHING,
	VERDICT_ALLOWED,
	VERDICT_READ,
	VERDICT_FOUND
};

struct result {
	enum verdict verdict;
	char text[400];
};

/* What one attempt learned and a later one, in another process, may use. */
struct learned {
	uint64_t marker_at[TARGETS]; /* 0: not known */
};

struct attack {
	pid_t pid[TARGETS]; /* 0: not given */
	const char *marker;
	const char *folder;     /* of the VM */
	const char *vm;         /* its name */
	const char *module;     /* of the running kernel's distribution */
	const char *own_module; /* signed by a key that we made or enrolled */
	const char *kernel;     /* signed image of the running kernel */
	const char *swap;       /* file or device that may be overwritten */
	const char *state;      /* kept over a reboot */
	const char *socket;     /* guard-tpm's */
	const char *guard_vm;   /* its program */
	char self[512];
	struct learned *learned;
};

/* The target that this attempt is about; -1: none. */
typedef void (
    *attempt_fn)(const struct attack *a, int target, struct result *r);

struct attempt {
	const char *name;
	const char *tried;
	attempt_fn fn;
	bool each;        /* once for each process that was given */
	unsigned seconds; /* limit; 0: 20 */
};

struct group {
	const char *name;
	const char *about;
	const struct attempt *list;
	size_t n;
};

extern const struct group proc_group, calls_group, bpf_group, objects_group,
    perf_group, kernel_group, dumps_group, swap_group, cgroup_group, kill_group,
    leaks_group, mounts_group, tpm_group, tpm_last_group, guard_group,
    around_group, before_group;

void result_set(struct result *r, enum verdict verdict, const char *fmt, ...)
    PRINTF(3, 4);
/* "what: strerror(errno)", refused. */
void result_errno(struct result *r, const char *what);
/* A return value of a system call: allowed, or refused with errno. */
void result_call(struct result *r, long rc, const char *what);

bool holds_marker(const struct attack *a, const void *p, size_t n);
/* n bytes that came out of the process: READ, or FOUND with the marker. */
void result_bytes(struct result *r, const struct attack *a, const char *what,
    const void *p, size_t n);

/* Reads n bytes at an address of a process; as read(2). */
typedef ssize_t (*reader_fn)(void *arg, uint64_t at, void *p, size_t n);
/*
 * Goes through the process's writable memory, the known place of the marker
 * first, until the marker is found or the seconds are over.
 */
void search_memory(const struct attack *a, int target, reader_fn fn, void *arg,
    unsigned seconds, struct result *r);

/* A small file's contents, NUL-terminated; -1 with errno. */
ssize_t slurp(const char *path, void *p, size_t size);
/* Opens, writes the text and closes; -1 with errno. */
int spit(const char *path, const char *text);
int open_of(pid_t pid, const char *what, int flags);
double seconds_now(void);
void pause_ms(unsigned ms);

/* The sink of core dumps: `attack core-sink FILE`, started by the kernel. */
int core_sink(const char *path);

#endif
