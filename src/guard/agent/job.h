/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that waits for the network, the TPM or a guest, done in a child so that
 * guardd always answers its administrators. The child ends with one frame.
 */
#ifndef GUARD_AGENT_JOB_H
#define GUARD_AGENT_JOB_H

#include <sys/types.h>

#include "ipc/channel.h"

#define JOBS_MAX 32

/* In the child: fills ret or fails. */
typedef int (*job_fn)(void *arg, struct buf *ret, struct diag *d);
/* In guardd, once: r and why are the child's, body its result. */
typedef void (*job_done_fn)(void *owner, int r, struct bytes body,
    const struct diag *why);

struct job {
	pid_t pid;
	int fd; /* -1: free */
	job_done_fn done;
	void *owner;
};

struct jobs {
	struct job list[JOBS_MAX];
};

void jobs_init(struct jobs *j);
/* arg must live until this returns only: the child has its own copy. */
MUST_CHECK int job_start(struct jobs *j, job_fn fn, void *arg, job_done_fn done,
    void *owner, struct diag *d);
/* Reads the result of a job whose descriptor is readable, and ends it. */
void job_finish(struct job *job);
/* SIGKILL to all that run: guardd ends. */
void jobs_kill(struct jobs *j);

#endif
