/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over the files of its corpus directory, as a test. Every
 * file is tried whole and, when it is short, cut at every byte. The target
 * fails by crashing: what is not printed after that is missing from the plan.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define CUT_MAX 2048

#pragma weak LLVMFuzzerInitialize

/* On a copy of exactly n bytes, so that ASan sees a read past the end. */
static void
try_bytes(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static int
try_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t n, i;
	long size;

	if (f == NULL)
		return -1;
	if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 ||
	    fseek(f, 0, SEEK_SET) != 0 ||
	    (p = malloc((size_t)size + 1)) == NULL) {
		fclose(f);
		return -1;
	}
	n = fread(p, 1, (size_t)size, f);
	fclose(f);
	try_bytes(p, n);
	if (n <= CUT_MAX) {
		for (i = 0; i < n; i++)
			try_bytes(p, i);
	}
	free(p);
	return 0;
}

static int
seeds_only(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	struct dirent **list = NULL;
	char path[4096];
	int i, n, n_failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);

	n = scandir(argv[1], &list, seeds_only, alphasort);
	if (n <= 0) {
		printf("not ok 1 - there are seeds in %s\n1..1\n", argv[1]);
		return 1;
	}
	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1],
		    list[i]->d_name);
		if (try_file(path) != 0)
			n_failed++, printf("not ");
		printf("ok %d - survives %s\n", i + 1, list[i]->d_name);
		fflush(stdout);
		free(list[i]);
	}
	free(list);
	printf("1..%d\n", n);
	return n_failed == 0 ? 0 : 1;
}
