/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measuring itself; see bench.h.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/file.h"

#define FILE_MAX ((size_t)4 << 20)

void
bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fputs("bench: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	exit(3);
}

static double
seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

double
bench_cpu(void)
{
	double sum = 0;
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	sum += seconds_of(&u.ru_utime) + seconds_of(&u.ru_stime);
	(void)getrusage(RUSAGE_CHILDREN, &u);
	return sum + seconds_of(&u.ru_utime) + seconds_of(&u.ru_stime);
}

/* One round: as many times as fill the seconds, at least once. */
static double
run_round(const struct bench_side *side, double seconds)
{
	double start = bench_cpu(), used = 0;
	unsigned long done = 0, batch = 1;

	while (used < seconds) {
		for (unsigned long i = 0; i < batch; i++)
			side->once(side->arg);
		done += batch;
		used = bench_cpu() - start;
		/* Reading the clock shall not be what is measured. */
		if (used < seconds / 10)
			batch *= 2;
	}
	return used / (double)done;
}

void
bench_run(struct bench_side *sides, size_t n, double seconds)
{
	for (size_t i = 0; i < n; i++)
		sides[i].once(sides[i].arg); /* warm */
	for (size_t round = 0; round < BENCH_ROUNDS; round++)
		for (size_t i = 0; i < n; i++)
			sides[i].cpu[round] = run_round(&sides[i], seconds);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
bench_median(const double *values, size_t n)
{
	double sorted[64];

	if (n == 0 || n > ARRAY_LEN(sorted))
		bench_die("median of %zu values", n);
	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), compare);
	return n % 2 == 1 ? sorted[n / 2]
			  : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double
bench_rate(const struct bench_side *side)
{
	return 1 / bench_median(side->cpu, BENCH_ROUNDS);
}

bool
bench_wanted(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc <= 1;
}

/* A number, or null where there is none. */
static void
print_number(const char *name, double value)
{
	if (value > 0)
		(void)printf(",\"%s\":%.6g", name, value);
	else
		(void)printf(",\"%s\":null", name);
}

void
bench_print(const struct bench_row *row)
{
	(void)printf("{\"name\":\"%s\",\"unit\":\"%s\"", row->name, row->unit);
	print_number("ours", row->ours);
	print_number("peer", row->peer);
	if (row->peer_name != NULL)
		(void)printf(",\"peer_name\":\"%s\"", row->peer_name);
	else
		(void)printf(",\"peer_name\":null");
	print_number("limit", row->limit);
	print_number("ratio_peer", row->peer > 0 ? row->ours / row->peer : 0);
	print_number("ratio_limit",
	    row->limit > 0 ? row->ours / row->limit : 0);
	(void)puts("}");
	(void)fflush(stdout);
}

void
bench_load(const char *path, struct buf *ret)
{
	const char *root = getenv("SW_ROOT");
	char full[4096];
	struct diag d;

	(void)snprintf(full, sizeof(full), "%s/%s",
	    root != NULL ? root : SOURCE_ROOT, path);
	*ret = (struct buf)BUF_INIT(FILE_MAX);
	if (file_read(AT_FDCWD, full, FILE_MAX, ret, &d) < 0)
		bench_die("%s", d.text);
}

void
bench_exec(const char *const argv[])
{
	int status, fd;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		fd = open("/dev/null", O_RDWR);
		(void)dup2(fd, 0);
		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bench_die("%s: cannot run", argv[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die("%s failed", argv[0]);
}
