/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Benchmarks: what one operation costs in CPU time, beside what a peer and the
 * bare primitives cost in the same run. Rounds are interleaved and the median
 * counts, so that other load on the machine moves all sides alike. Nothing
 * here decides whether a test passes.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/buf.h"

#define BENCH_ROUNDS 9

/* One way of doing the operation. */
struct bench_side {
	void (*once)(void *arg); /* ends the program when it fails */
	void *arg;
	double cpu[BENCH_ROUNDS]; /* seconds for one, a round each */
};

/* User and system CPU seconds of this process and its ended children. */
double bench_cpu(void);
/* Fills cpu[] of every side; each round takes about `seconds` for a side. */
void bench_run(struct bench_side *sides, size_t n, double seconds);
double bench_median(const double *values, size_t n);
/* Operations per CPU second. */
double bench_rate(const struct bench_side *side);

/* Whether the user asked for this row (or for none by name). */
bool bench_wanted(int argc, char **argv, const char *name);
struct bench_row {
	const char *name;
	const char *unit;
	double ours;
	double peer; /* 0: none */
	const char *peer_name;
	double limit; /* 0: none */
};
/* The JSON line; ratios are ours by theirs. */
void bench_print(const struct bench_row *row);

/* A file of bench/data or of the source tree; ends the program on failure. */
void bench_load(const char *path, struct buf *ret);
NORETURN void bench_die(const char *fmt, ...) PRINTF(1, 2);
/* Runs a program with its output thrown away; it must succeed. */
void bench_exec(const char *const argv[]);

#endif
