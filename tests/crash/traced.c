/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands where guard-vm does, in a copy of the programs' folder, and runs the
 * real one, guard-vm.real, in its place: alone, or under strace with what the
 * file "inject" beside it says (one argument per line). strace is a detached
 * grandchild, so guard-tpm has the real program as its child, and a signal
 * that strace injects at a system call ends it right there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARGS_MAX 64

static char self[4096];

static void
beside(const char *name, char *ret, size_t size)
{
	char *slash = strrchr(self, '/');

	(void)snprintf(ret, size, "%.*s/%s",
	    slash != NULL ? (int)(slash - self) : 0, self, name);
}

int
main(int argc, char **argv)
{
	static char real[4200], inject[4200], text[4096];
	const char *args[ARGS_MAX] = { "strace", "-D", "-qq" };
	size_t n = 3, len;
	char *line, *rest = text;
	FILE *file;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		return 126;
	beside("guard-vm.real", real, sizeof(real));
	beside("inject", inject, sizeof(inject));
	file = fopen(inject, "re");
	if (file == NULL) {
		(void)execv(real, argv);
		return 126;
	}
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL && n < ARGS_MAX / 2)
		if (line[0] != '\0')
			args[n++] = line;
	args[n++] = real;
	for (int i = 1; i < argc && n + 1 < ARGS_MAX; i++)
		args[n++] = argv[i];
	args[n] = NULL;
	(void)execv("/usr/bin/strace", (char *const *)(unsigned long)args);
	return 126;
}
