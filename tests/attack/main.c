/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attack GROUP... --pid guard-tpm=PID ... --marker TEXT: runs as root inside a
 * guarded host. Each attempt runs in a process of its own, with a time limit,
 * so that whatever it breaks there ends with it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "attack.h"
#include "base/text.h"

#define SECONDS 20

static const struct group *const groups[] = { &before_group, &proc_group,
	&calls_group, &bpf_group, &objects_group, &perf_group, &kernel_group,
	&leaks_group, &swap_group, &mounts_group, &tpm_group, &guard_group,
	&around_group, &cgroup_group, &dumps_group, &kill_group,
	&tpm_last_group };

static const char *const targets[TARGETS] = { "guard-tpm", "guard-vm", "qemu",
	"swtpm" };
static const char *const verdicts[] = { "broken", "refused", "nothing",
	"allowed", "READ", "FOUND" };

static void
usage(void)
{
	size_t i;

	(void)fprintf(stderr,
	    "usage: attack GROUP[,GROUP]... --marker TEXT|hex:HEX\n    "
	    "[--pid guard-tpm|guard-vm|qemu|swtpm=PID]...\n"
	    "    [--only ATTEMPT] [--folder DIR] [--vm NAME] [--module FILE] "
	    "[--own-module FILE]\n"
	    "    [--kernel FILE] [--swap FILE] [--state FILE] "
	    "[--socket PATH] [--guard-vm PROGRAM]\ngroups:\n");
	for (i = 0; i < ARRAY_LEN(groups); i++)
		(void)fprintf(stderr, "    %-10s%s\n", groups[i]->name,
		    groups[i]->about);
}

/* NAME=PID */
static bool
take_pid(struct attack *a, const char *text)
{
	const char *at = strchr(text, '=');
	unsigned long n;
	size_t i;

	if (at == NULL)
		return false;
	n = strtoul(at + 1, NULL, 10);
	for (i = 0; i < TARGETS; i++)
		if (strlen(targets[i]) == (size_t)(at - text) &&
		    strncmp(targets[i], text, (size_t)(at - text)) == 0 &&
		    n > 1) {
			a->pid[i] = (pid_t)n;
			return true;
		}
	return false;
}

/*
 * "hex:...": then the marker stands in no argument, script or file, so that a
 * copy of it on a swap device can only be out of the process.
 */
static const char *
decode_marker(const char *text)
{
	auto_buf struct buf b = BUF_INIT(256);

	if (text == NULL || strncmp(text, "hex:", 4) != 0)
		return text;
	if (hex_decode(bytes_of_text(text + 4), &b, NULL) < 0)
		return NULL;
	return text_dup(buf_bytes(&b));
}

static bool
take_option(struct attack *a, const char *name, const char *value,
    const char **ret_only)
{
	const struct {
		const char *name;
		const char **at;
	} options[] = {
		{ "--marker", &a->marker },
		{ "--folder", &a->folder },
		{ "--vm", &a->vm },
		{ "--module", &a->module },
		{ "--own-module", &a->own_module },
		{ "--kernel", &a->kernel },
		{ "--swap", &a->swap },
		{ "--state", &a->state },
		{ "--socket", &a->socket },
		{ "--guard-vm", &a->guard_vm },
		{ "--only", ret_only },
	};

	if (strcmp(name, "--pid") == 0)
		return take_pid(a, value);
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcmp(name, options[i].name) == 0) {
			*options[i].at = value;
			return true;
		}
	return false;
}

/* --- one attempt ---------------------------------------------------------- */

static void
in_child(const struct attack *a, const struct attempt *t, int target,
    struct result *r)
{
	(void)setpgid(0, 0);
	/* What an attempt starts must not write between the lines. */
	t->fn(a, target, r);
	_exit(0);
}

static void
wait_for(pid_t pid, const struct attempt *t, struct result *r)
{
	double until = seconds_now() + (t->seconds != 0 ? t->seconds : SECONDS);
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (seconds_now() > until) {
			(void)kill(-pid, SIGKILL);
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			result_set(r, VERDICT_BROKEN, "no end in time");
			return;
		}
		pause_ms(10);
	}
	if (WIFSIGNALED(status))
		result_set(r, VERDICT_BROKEN, "ended by signal %d",
		    WTERMSIG(status));
}

static enum verdict
run_attempt(const struct attack *a, const struct attempt *t, int target)
{
	struct result *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	enum verdict verdict;
	pid_t pid;

	if (r == MAP_FAILED)
		return VERDICT_BROKEN;
	result_set(r, VERDICT_BROKEN, "it said nothing");
	pid = fork();
	if (pid == 0)
		in_child(a, t, target, r);
	if (pid > 0)
		wait_for(pid, t, r);
	else
		result_set(r, VERDICT_BROKEN, "fork: %s", strerror(errno));
	(void)printf("%s%s%s: %s: %s [%s]\n", t->name, target >= 0 ? "@" : "",
	    target >= 0 ? targets[target] : "", t->tried, r->text,
	    verdicts[r->verdict]);
	verdict = r->verdict;
	(void)munmap(r, sizeof(*r));
	return verdict;
}

static void
run_group(const struct attack *a, const struct group *g, const char *only,
    unsigned *counts)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct attempt *t = &g->list[i];

		if (only != NULL && strcmp(only, t->name) != 0)
			continue;
		if (!t->each) {
			counts[run_attempt(a, t, -1)]++;
			continue;
		}
		for (int k = 0; k < TARGETS; k++)
			if (a->pid[k] != 0)
				counts[run_attempt(a, t, k)]++;
	}
}

static bool
run_named(const struct attack *a, const char *name, size_t len,
    const char *only, unsigned *counts)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strlen(groups[i]->name) == len &&
		    strncmp(groups[i]->name, name, len) == 0) {
			run_group(a, groups[i], only, counts);
			return true;
		}
	return false;
}

static int
run_all(const struct attack *a, const char *names, const char *only)
{
	unsigned counts[ARRAY_LEN(verdicts)] = { 0 };
	size_t i, len;

	for (; *names != '\0'; names += len + (names[len] == ',')) {
		len = strcspn(names, ",");
		if (!run_named(a, names, len, only, counts)) {
			usage();
			return 2;
		}
	}
	(void)printf("summary:");
	for (i = 0; i < ARRAY_LEN(counts); i++)
		(void)printf(" %u %s", counts[i], verdicts[i]);
	(void)printf("\n");
	if (counts[VERDICT_BROKEN] > 0)
		return 3;
	return counts[VERDICT_READ] + counts[VERDICT_FOUND] > 0 ? 1 : 0;
}

/* For whoever checks that each of them has left a line. */
static int
list_names(void)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		for (size_t k = 0; k < groups[i]->n; k++)
			(void)printf("%s\n", groups[i]->list[k].name);
	return 0;
}

int
main(int argc, char **argv)
{
	struct attack a = { .socket = "/run/shieldwall/guard-tpm.sock",
		.guard_vm = "/usr/libexec/shieldwall/guard-vm" };
	const char *only = NULL;
	ssize_t n;
	int i;

	if (argc == 3 && strcmp(argv[1], "core-sink") == 0)
		return core_sink(argv[2]);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list_names();
	for (i = 2; i + 1 < argc; i += 2)
		if (!take_option(&a, argv[i], argv[i + 1], &only))
			break;
	a.marker = decode_marker(a.marker);
	if (argc < 2 || i != argc || a.marker == NULL || a.marker[0] == '\0') {
		usage();
		return 2;
	}
	n = readlink("/proc/self/exe", a.self, sizeof(a.self) - 1);
	if (n < 0)
		a.self[0] = '\0';
	a.learned = mmap(NULL, sizeof(*a.learned), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a.learned == MAP_FAILED) {
		perror("attack");
		return 3;
	}
	/* What we know of the marker must not be what we find. */
	(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	return run_all(&a, argv[1], only);
}
