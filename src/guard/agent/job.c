/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/job.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

void
jobs_init(struct jobs *j)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		j->list[i] = (struct job){ .fd = -1 };
}

static void NORETURN
run_child(int fd, job_fn fn, void *arg)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	const struct frame to = FRAME_INIT;
	struct diag why = { 0 }, d = { 0 };
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	r = fn(arg, &body, &why);
	if (r < 0)
		r = channel_reply_error(fd, &to, r, &why, &d);
	else
		r = channel_reply(fd, &to, buf_bytes(&body), NULL, 0, &d);
	/* Not exit(): nothing of the parent's may be flushed or run here. */
	_exit(r < 0 ? 1 : 0);
}

int
job_start(struct jobs *j, job_fn fn, void *arg, job_done_fn done, void *owner,
    struct diag *d)
{
	struct job *job = NULL;
	int fds[2], r;
	pid_t pid;

	for (size_t i = 0; i < JOBS_MAX && job == NULL; i++)
		if (j->list[i].fd < 0)
			job = &j->list[i];
	if (job == NULL)
		return diag_refuse(d, REASON_TooManyRequests,
		    "%d requests are being worked on", JOBS_MAX);
	if ((r = channel_pair(fds, d)) < 0)
		return r;
	pid = fork();
	if (pid < 0) {
		r = diag_errno(d, "cannot start a worker");
		close_p(&fds[0]);
		close_p(&fds[1]);
		return r;
	}
	if (pid == 0) {
		close_p(&fds[0]);
		run_child(fds[1], fn, arg);
	}
	close_p(&fds[1]);
	*job = (struct job){ pid, fds[0], done, owner };
	return ERR_OK;
}

void
job_finish(struct job *job)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	struct job ended = *job;
	struct diag why = { 0 };
	int r;

	r = channel_receive(ended.fd, 0, &storage, &f, &why);
	if (r == ERR_OK && f.kind == FRAME_ERROR)
		r = channel_error_decode(&f, &why);
	close_p(&job->fd);
	(void)waitpid(ended.pid, NULL, 0);
	/* The slot is free before the owner may start the next one. */
	ended.done(ended.owner, r, r == ERR_OK ? f.body : BYTES_NONE, &why);
}

void
jobs_kill(struct jobs *j)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *job = &j->list[i];

		if (job->fd < 0)
			continue;
		(void)kill(job->pid, SIGKILL);
		(void)waitpid(job->pid, NULL, 0);
		close_p(&job->fd);
	}
}
