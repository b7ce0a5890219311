/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/xts.h"

#define CHUNK       ((size_t)1 << 20) /* what a worker takes at a time */
#define BLOCK       ((size_t)4096)
#define WORKERS_MAX 8

struct worker;

/* What the workers share: who is first takes the next chunk. */
struct job {
	const struct payload *p;
	enum xts_way way;
	int (*chunk)(struct worker *w, uint64_t at, size_t n);
	atomic_uint_fast64_t next;
	atomic_uint_fast64_t done;
	atomic_bool failed;
};

struct worker {
	struct job *job;
	struct xts *xts;
	uint8_t *buf; /* CHUNK bytes */
	pthread_t thread;
	unsigned shown; /* percent; by the caller's own worker */
	int result;
	struct diag why;
};

/* Also true behind the end of a file that was cut: check_size() sees that. */
static bool
is_hole(int fd, uint64_t at, size_t n)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);

	return data < 0 ? errno == ENXIO : (uint64_t)data >= at + n;
}

static int
fill_chunk(struct worker *w, uint64_t at, size_t n)
{
	const struct payload *p = w->job->p;
	int r;

	if (is_hole(p->plain_fd, at, n))
		explicit_bzero(w->buf, n);
	else if ((r = file_read_at(p->plain_fd, "image", at, w->buf, n,
		      &w->why)) < 0)
		return r;
	xts_run(w->xts, at / XTS_SECTOR, w->buf, n);
	return file_write_at(p->disk_fd, "disk", p->start + at,
	    bytes_of(w->buf, n), &w->why);
}

/* The length of the block at this place. */
static size_t
block(size_t at, size_t n)
{
	return n - at < BLOCK ? n - at : BLOCK;
}

static bool
is_zero(const struct worker *w, size_t at, size_t n)
{
	static const uint8_t zeros[BLOCK];
	size_t len = block(at, n);

	return bytes_equal(bytes_of(w->buf + at, len), bytes_of(zeros, len));
}

static int
extract_chunk(struct worker *w, uint64_t at, size_t n)
{
	const struct payload *p = w->job->p;
	size_t from, to;
	int r;

	if ((r = file_read_at(p->disk_fd, "disk", p->start + at, w->buf, n,
		 &w->why)) < 0)
		return r;
	xts_run(w->xts, at / XTS_SECTOR, w->buf, n);
	for (from = 0; from < n; from = to) {
		to = from + block(from, n);
		if (is_zero(w, from, n))
			continue;
		while (to < n && !is_zero(w, to, n))
			to += block(to, n);
		if ((r = file_write_at(p->plain_fd, "image", at + from,
			 bytes_of(w->buf + from, to - from), &w->why)) < 0)
			return r;
	}
	return ERR_OK;
}

/* --- workers --- */

static void
show(struct worker *w)
{
	const struct payload *p = w->job->p;
	unsigned percent =
	    (unsigned)(100 * atomic_load(&w->job->done) / p->size);

	if (percent == w->shown)
		return;
	w->shown = percent;
	(void)fprintf(stderr, "    (%u/100%%)\r", percent);
}

static void
work(struct worker *w, bool shows)
{
	struct job *job = w->job;
	uint64_t at, left;
	size_t n;

	while (!atomic_load(&job->failed)) {
		at = atomic_fetch_add(&job->next, CHUNK);
		if (at >= job->p->size)
			return;
		left = job->p->size - at;
		n = left < CHUNK ? (size_t)left : CHUNK;
		if ((w->result = job->chunk(w, at, n)) < 0) {
			atomic_store(&job->failed, true);
			return;
		}
		atomic_fetch_add(&job->done, n);
		if (shows)
			show(w);
	}
}

static void *
work_thread(void *arg)
{
	work(arg, false);
	return NULL;
}

static size_t
count_workers(uint64_t size)
{
	uint64_t chunks = (size + CHUNK - 1) / CHUNK;
	cpu_set_t set;
	size_t n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (size_t)CPU_COUNT(&set);
	if (n > chunks)
		n = (size_t)chunks;
	return n > WORKERS_MAX ? WORKERS_MAX : n;
}

static int
worker_init(struct worker *w, struct job *job, struct diag *d)
{
	w->job = job;
	w->buf = aligned_alloc(BLOCK, CHUNK);
	if (w->buf == NULL)
		return diag_nomem(d);
	return xts_new(job->p->key, job->way, &w->xts, d);
}

static void
worker_free(struct worker *w)
{
	xts_free(w->xts);
	if (w->buf != NULL)
		explicit_bzero(w->buf, CHUNK);
	free(w->buf);
}

/* The caller is the first worker. Where no more threads are had, fewer do. */
static int
run_workers(struct worker *workers, size_t n, bool shows, struct diag *d)
{
	size_t started = 1;

	while (started < n &&
	    pthread_create(&workers[started].thread, NULL, work_thread,
		&workers[started]) == 0)
		started++;
	work(&workers[0], shows);
	for (size_t i = 1; i < started; i++)
		BUG_ON(pthread_join(workers[i].thread, NULL) != 0);
	if (shows) {
		show(&workers[0]);
		(void)fputc('\n', stderr);
	}
	for (size_t i = 0; i < started; i++)
		if (workers[i].result < 0) {
			if (d != NULL)
				*d = workers[i].why;
			return workers[i].result;
		}
	return ERR_OK;
}

static int
run(struct job *job, struct diag *d)
{
	struct worker workers[WORKERS_MAX] = { 0 };
	size_t n = count_workers(job->p->size);
	int r = ERR_OK;

	BUG_ON(job->p->size == 0 || job->p->size % XTS_SECTOR != 0);
	for (size_t i = 0; i < n && r == ERR_OK; i++)
		r = worker_init(&workers[i], job, d);
	if (r == ERR_OK)
		r = run_workers(workers, n, job->p->shows_progress, d);
	for (size_t i = 0; i < n; i++)
		worker_free(&workers[i]);
	return r;
}

/* --- the two ways --- */

static int
check_size(const struct payload *p, const char *when, struct diag *d)
{
	struct stat st;

	if (fstat(p->plain_fd, &st) != 0)
		return diag_errno(d, "image");
	if ((uint64_t)st.st_size != p->size)
		return diag_refuse(d, REASON_FileInvalid,
		    "image: %lld bytes long %s, not %llu",
		    (long long)st.st_size, when, (unsigned long long)p->size);
	return ERR_OK;
}

int
payload_fill(const struct payload *p, struct diag *d)
{
	struct job job = { .p = p, .way = XTS_ENCRYPT, .chunk = fill_chunk };
	int r;

	if ((r = check_size(p, "before it is read", d)) < 0 ||
	    (r = run(&job, d)) < 0)
		return r;
	return check_size(p, "after it was read", d);
}

int
payload_extract(const struct payload *p, struct diag *d)
{
	struct job job = { .p = p, .way = XTS_DECRYPT, .chunk = extract_chunk };

	return run(&job, d);
}
