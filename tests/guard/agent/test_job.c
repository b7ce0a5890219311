/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work in children: its result, its refusal, its death, and how much of it.
 */
#include "guard/agent/job.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "../../t.h"

static struct done {
	int n;
	int r;
	char body[64];
	enum reason reason;
	bool slot_was_free;
	struct jobs *jobs;
} done;

static void
on_done(void *owner, int r, struct bytes body, const struct diag *why)
{
	struct done *o = owner;

	o->n++;
	o->r = r;
	o->reason = why->reason;
	(void)snprintf(o->body, sizeof(o->body), "%.*s", (int)body.len,
	    (const char *)body.p);
	o->slot_was_free = o->jobs->list[0].fd < 0;
}

static int
work(void *arg, struct buf *ret, struct diag *d)
{
	if (!buf_put_text(ret, arg))
		return buf_check(ret, "work", d);
	return ERR_OK;
}

static int
refuse(void *arg, struct buf *ret, struct diag *d)
{
	(void)arg;
	(void)buf_put_text(ret, "half");
	return diag_refuse(d, REASON_VmNotFound, "no");
}

static int
die(void *arg, struct buf *ret, struct diag *d)
{
	(void)arg;
	(void)ret;
	(void)d;
	(void)raise(SIGKILL);
	return ERR_OK;
}

static int
leave(void *arg, struct buf *ret, struct diag *d)
{
	(void)arg;
	(void)ret;
	(void)d;
	_exit(0);
}

static int
wait_for_ever(void *arg, struct buf *ret, struct diag *d)
{
	(void)arg;
	(void)ret;
	(void)d;
	for (;;)
		(void)pause();
	return ERR_OK;
}

/* Runs one job to its end. */
static void
run(struct jobs *j, job_fn fn, char *arg)
{
	struct diag d = { 0 };
	struct pollfd p;

	done = (struct done){ .jobs = j };
	if (job_start(j, fn, arg, on_done, &done, &d) < 0)
		t_bail("%s", d.text);
	p = (struct pollfd){ j->list[0].fd, POLLIN, 0 };
	if (poll(&p, 1, 10000) != 1)
		t_bail("the job does not end");
	job_finish(&j->list[0]);
}

static void
test_results(struct jobs *j)
{
	char text[] = "a result";

	run(j, work, text);
	CHECK(done.n == 1 && done.r == ERR_OK &&
		strcmp(done.body, "a result") == 0,
	    "a child's result arrives, once");
	CHECK(done.slot_was_free,
	    "its place is free when its owner hears of it");
	run(j, refuse, NULL);
	CHECK(done.r == ERR_REFUSED && done.reason == REASON_VmNotFound &&
		done.body[0] == '\0',
	    "a child's refusal arrives with its reason and no half result");
	run(j, die, NULL);
	CHECK(done.n == 1 && done.r < 0 && done.body[0] == '\0',
	    "a child that is killed has failed");
	run(j, leave, NULL);
	CHECK(done.n == 1 && done.r < 0,
	    "so has one that leaves without a word");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	    "no child is left unwaited");
}

static void
test_many(struct jobs *j)
{
	struct diag d = { 0 };
	bool all = true;
	pid_t pids[JOBS_MAX];

	for (size_t i = 0; i < JOBS_MAX; i++)
		all = all &&
		    job_start(j, wait_for_ever, NULL, on_done, &done, &d) ==
			ERR_OK;
	CHECK(all, "%d jobs at once", JOBS_MAX);
	CHECK(job_start(j, work, NULL, on_done, &done, &d) == ERR_REFUSED &&
		d.reason == REASON_TooManyRequests,
	    "and one more is refused");
	for (size_t i = 0; i < JOBS_MAX; i++)
		pids[i] = j->list[i].pid;
	jobs_kill(j);
	for (size_t i = 0; i < JOBS_MAX; i++)
		all = all && j->list[i].fd < 0 && kill(pids[i], 0) != 0 &&
		    errno == ESRCH;
	CHECK(all, "all of them end with guardd");
	jobs_kill(j);
	CHECK(job_start(j, leave, NULL, on_done, &done, &d) == ERR_OK,
	    "after that there is room again");
	jobs_kill(j);
}

int
main(void)
{
	struct jobs j;

	jobs_init(&j);
	test_results(&j);
	test_many(&j);
	return t_done();
}
