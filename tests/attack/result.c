/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results, and the search for the marker in a process's memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "attack.h"

#define CHUNK   ((size_t)1 << 20)
#define PAGE    ((uint64_t)4096)
#define REGIONS 4096

void
result_set(struct result *r, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	r->verdict = verdict;
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
}

void
result_errno(struct result *r, const char *what)
{
	result_set(r, VERDICT_REFUSED, "%s: %s", what, strerror(errno));
}

void
result_call(struct result *r, long rc, const char *what)
{
	if (rc < 0)
		result_errno(r, what);
	else
		result_set(r, VERDICT_ALLOWED, "%s: done", what);
}

bool
holds_marker(const struct attack *a, const void *p, size_t n)
{
	return memmem(p, n, a->marker, strlen(a->marker)) != NULL;
}

void
result_bytes(struct result *r, const struct attack *a, const char *what,
    const void *p, size_t n)
{
	if (holds_marker(a, p, n))
		result_set(r, VERDICT_FOUND, "%s: %zu bytes with the marker",
		    what, n);
	else
		result_set(r, VERDICT_READ, "%s: %zu bytes, not the marker",
		    what, n);
}

ssize_t
slurp(const char *path, void *p, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n = 0;
	int saved;

	if (fd < 0)
		return -1;
	while (have < size - 1 &&
	    (n = read(fd, (char *)p + have, size - 1 - have)) > 0)
		have += (size_t)n;
	saved = errno;
	(void)close(fd);
	((char *)p)[have] = '\0';
	errno = saved;
	return have == 0 && n < 0 ? -1 : (ssize_t)have;
}

int
spit(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int saved;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	saved = errno;
	(void)close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

int
open_of(pid_t pid, const char *what, int flags)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	return open(path, flags | O_CLOEXEC);
}

double
seconds_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
pause_ms(unsigned ms)
{
	const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* --- the search ----------------------------------------------------------- */

struct region {
	uint64_t at, end;
};

struct search {
	const struct attack *a;
	int target;
	reader_fn fn;
	void *arg;
	double until;
	char *chunk;
	uint64_t read; /* bytes that really came */
	int errnum;    /* of the last read that failed */
};

static int
by_size(const void *p, const void *q)
{
	const struct region *a = p, *b = q;

	return (a->end - a->at > b->end - b->at) -
	    (a->end - a->at < b->end - b->at);
}

/* Writable memory, small regions first; -1: maps are closed. */
static int
list_regions(pid_t pid, struct region *list, size_t max)
{
	char path[64], line[512], *end;
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	while (n < max && fgets(line, sizeof(line), f) != NULL) {
		list[n].at = strtoull(line, &end, 16);
		if (*end != '-')
			continue;
		list[n].end = strtoull(end + 1, &end, 16);
		if (end[0] == ' ' && end[1] == 'r' && end[2] == 'w')
			n++;
	}
	(void)fclose(f);
	if (n == 0)
		return -1;
	qsort(list, n, sizeof(*list), by_size);
	return (int)n;
}

static bool
look_at(struct search *s, uint64_t at, size_t n)
{
	ssize_t got = s->fn(s->arg, at, s->chunk, n);
	const char *hit;

	if (got <= 0) {
		s->errnum = got < 0 ? errno : s->errnum;
		return false;
	}
	s->read += (uint64_t)got;
	hit = memmem(s->chunk, (size_t)got, s->a->marker, strlen(s->a->marker));
	if (hit == NULL)
		return false;
	s->a->learned->marker_at[s->target] = at + (uint64_t)(hit - s->chunk);
	return true;
}

/* Chunks overlap by a page, so that no marker lies across two. */
static bool
look_through(struct search *s, const struct region *region)
{
	uint64_t at = region->at;

	while (at < region->end && seconds_now() < s->until) {
		size_t n = region->end - at < CHUNK ? (size_t)(region->end - at)
						    : CHUNK;

		if (look_at(s, at, n))
			return true;
		at += n;
		if (at < region->end)
			at -= PAGE;
	}
	return false;
}

static bool
look_everywhere(struct search *s, int *ret_regions)
{
	static struct region list[REGIONS];
	uint64_t known = s->a->learned->marker_at[s->target];
	int i, n = list_regions(s->a->pid[s->target], list, REGIONS);

	*ret_regions = n;
	if (known != 0 && look_at(s, known & ~(PAGE - 1), 2 * PAGE))
		return true;
	for (i = 0; i < n; i++)
		if (look_through(s, &list[i]))
			return true;
	return false;
}

void
search_memory(const struct attack *a, int target, reader_fn fn, void *arg,
    unsigned seconds, struct result *r)
{
	struct search s = { a, target, fn, arg, seconds_now() + seconds,
		malloc(CHUNK), 0, 0 };
	int regions = -1;
	bool found = s.chunk != NULL && look_everywhere(&s, &regions);

	if (found)
		result_set(r, VERDICT_FOUND,
		    "the marker at 0x%llx, after %llu bytes",
		    (unsigned long long)a->learned->marker_at[target],
		    (unsigned long long)s.read);
	else if (s.read > 0)
		result_set(r, VERDICT_READ,
		    "%llu bytes of %d regions, not the marker",
		    (unsigned long long)s.read, regions);
	else if (regions < 0)
		result_set(r, VERDICT_NOTHING,
		    "open, but maps is closed: no address to read at");
	else
		result_set(r, s.errnum != 0 ? VERDICT_REFUSED : VERDICT_NOTHING,
		    "not a byte of %d regions: %s", regions,
		    s.errnum != 0 ? strerror(s.errnum) : "nothing came");
	free(s.chunk);
}
