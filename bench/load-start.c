/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load-start SHIELD VM TENANT PASSPHRASE PLAIN [steps]: how much longer a
 * shielded VM takes to its guest's first instruction than the same QEMU with
 * the same firmware and a swtpm, started directly. PLAIN is a folder with
 * code, vars, disk and tpm/. For start.sh.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "bench.h"
#include "vm/qmp.h"

#define STEPS_MAX 24
#define LINE_MAX_ 256

struct sides {
	const char *shield, *vm, *tenant, *passphrase, *plain;
	double open[BENCH_ROUNDS], start[BENCH_ROUNDS], direct[BENCH_ROUNDS];
	/* When each step began, after the key was open. */
	char step[STEPS_MAX][LINE_MAX_];
	double at[STEPS_MAX][BENCH_ROUNDS];
	size_t n_steps;
};

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* In the child: everything but standard output to nowhere. */
static void
be_quiet(int out)
{
	int null = open("/dev/null", O_RDWR);

	(void)dup2(null, 0);
	(void)dup2(out >= 0 ? out : null, 1);
	(void)dup2(null, 2);
}

static pid_t
start_shield(const struct sides *s, int out)
{
	pid_t pid = fork();
	int pass;

	if (pid != 0)
		return pid;
	be_quiet(out);
	pass = open(s->passphrase, O_RDONLY);
	if (pass != 3)
		(void)dup2(pass, 3);
	(void)execl(s->shield, "shield", "vm", "run", s->vm, "--root",
	    s->tenant, "--passphrase-fd", "3", (char *)NULL);
	_exit(127);
}

/* One line, and when it came; false at the end. */
static bool
read_line(FILE *in, char ret[static LINE_MAX_], double *ret_at)
{
	if (fgets(ret, LINE_MAX_, in) == NULL)
		return false;
	*ret_at = now_ms();
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

static void
note_step(struct sides *s, size_t round, size_t i, const char *step, double ms)
{
	if (i >= STEPS_MAX)
		bench_die("more than %d steps", STEPS_MAX);
	(void)snprintf(s->step[i], sizeof(s->step[i]), "%s", step);
	s->at[i][round] = ms;
	if (i + 1 > s->n_steps)
		s->n_steps = i + 1;
}

static void
run_shield(struct sides *s, size_t round)
{
	double begin = now_ms(), at = 0, open_at = 0;
	char line[LINE_MAX_];
	bool runs = false;
	int fds[2];
	size_t n = 0;
	pid_t pid;
	FILE *in;

	if (pipe2(fds, O_CLOEXEC) != 0)
		bench_die("pipe: cannot make one");
	pid = start_shield(s, fds[1]);
	(void)close(fds[1]);
	in = fdopen(fds[0], "r");
	while (!runs && in != NULL && read_line(in, line, &at)) {
		if (open_at == 0) {
			open_at = at;
			continue;
		}
		runs = strncmp(line, "running, in ", 12) == 0;
		note_step(s, round, n++, runs ? "running" : line, at - open_at);
	}
	if (!runs)
		bench_die("shield vm run: %s", line);
	s->open[round] = open_at - begin;
	s->start[round] = at - open_at;
	(void)kill(pid, SIGINT);
	(void)usleep(100000);
	(void)kill(pid, SIGINT);
	while (read_line(in, line, &at))
		continue;
	(void)fclose(in);
	if (waitpid(pid, NULL, 0) != pid)
		bench_die("shield: cannot wait");
}

static pid_t
start_swtpm(const struct sides *s, int fd)
{
	char state[512], control[64];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)snprintf(state, sizeof(state), "dir=%s/tpm,mode=0600", s->plain);
	(void)snprintf(control, sizeof(control), "type=unixio,clientfd=%d", fd);
	(void)fcntl(fd, F_SETFD, 0);
	be_quiet(-1);
	(void)execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state,
	    "--ctrl", control, "--seccomp", "action=kill", "--terminate",
	    (char *)NULL);
	_exit(127);
}

/* The machine that src/vm/qemu.c makes, with a disk that is not encrypted. */
static void
exec_qemu(const struct sides *s, int tpm, int qmp)
{
	char code[512], vars[512], disk[512], tpm_arg[64], qmp_arg[64];

	(void)snprintf(code, sizeof(code),
	    "driver=file,node-name=code,filename=%s/code,read-only=on",
	    s->plain);
	(void)snprintf(vars, sizeof(vars),
	    "driver=file,node-name=vars,filename=%s/vars", s->plain);
	(void)snprintf(disk, sizeof(disk),
	    "driver=file,node-name=disk,filename=%s/disk", s->plain);
	(void)snprintf(tpm_arg, sizeof(tpm_arg), "socket,id=tpm,fd=%d", tpm);
	(void)snprintf(qmp_arg, sizeof(qmp_arg), "socket,id=qmp,fd=%d", qmp);
	(void)execlp("qemu-system-x86_64", "qemu-system-x86_64", "-nodefaults",
	    "-no-user-config", "-machine",
	    "q35,smm=on,vmport=off,pflash0=code,pflash1=vars", "-accel",
	    access("/dev/kvm", R_OK | W_OK) == 0 ? "kvm" : "tcg", "-cpu",
	    access("/dev/kvm", R_OK | W_OK) == 0 ? "host" : "max", "-m",
	    "size=512M", "-display", "none", "-vga", "none", "-serial", "none",
	    "-parallel", "none", "-monitor", "none", "-global",
	    "driver=cfi.pflash01,property=secure,value=on", "-blockdev", code,
	    "-blockdev", vars, "-blockdev", disk, "-device",
	    "virtio-blk-pci,drive=disk", "-chardev", tpm_arg, "-tpmdev",
	    "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0",
	    "-object", "rng-builtin,id=rng0", "-device",
	    "virtio-rng-pci,rng=rng0", "-device", "virtio-serial-pci",
	    "-chardev", qmp_arg, "-mon", "chardev=qmp,mode=control",
	    (char *)NULL);
	_exit(127);
}

static pid_t
start_qemu(const struct sides *s, int tpm, int qmp)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)fcntl(tpm, F_SETFD, 0);
	(void)fcntl(qmp, F_SETFD, 0);
	be_quiet(-1);
	exec_qemu(s, tpm, qmp);
	return -1;
}

static void
run_plain(struct sides *s, size_t round)
{
	double begin = now_ms();
	struct diag d = { 0 };
	bool running = false;
	int tpm[2], qmp[2];
	pid_t pids[2];
	struct qmp q;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, tpm) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qmp) != 0)
		bench_die("socketpair: cannot make one");
	pids[0] = start_swtpm(s, tpm[0]);
	pids[1] = start_qemu(s, tpm[1], qmp[1]);
	(void)close(tpm[0]);
	(void)close(tpm[1]);
	(void)close(qmp[1]);
	qmp_init(&q, qmp[0], NULL, NULL);
	if (qmp_open(&q, &d) < 0)
		bench_die("plain QEMU: %s", d.text);
	while (!running)
		if (qmp_running(&q, &running, &d) < 0)
			bench_die("plain QEMU: %s", d.text);
	s->direct[round] = now_ms() - begin;
	if (qmp_quit(&q, &d) < 0)
		bench_die("plain QEMU: %s", d.text);
	for (int i = 1; i >= 0; i--)
		if (waitpid(pids[i], NULL, 0) != pids[i])
			bench_die("plain QEMU: cannot wait");
	qmp_free(&q);
	(void)close(qmp[0]);
}

static void
print_steps(const struct sides *s)
{
	for (size_t i = 0; i < s->n_steps; i++)
		(void)fprintf(stderr, "%8.1f ms %s\n",
		    bench_median(s->at[i], BENCH_ROUNDS), s->step[i]);
}

int
main(int argc, char **argv)
{
	static struct sides s;
	double plain, ours;

	if (argc < 6)
		bench_die("usage: load-start SHIELD VM TENANT PASSPHRASE PLAIN "
			  "[steps]");
	s.shield = argv[1];
	s.vm = argv[2];
	s.tenant = argv[3];
	s.passphrase = argv[4];
	s.plain = argv[5];
	for (size_t i = 0; i < BENCH_ROUNDS; i++) {
		run_plain(&s, i);
		run_shield(&s, i);
	}
	plain = bench_median(s.direct, BENCH_ROUNDS);
	ours = bench_median(s.start, BENCH_ROUNDS);
	bench_print(&(struct bench_row){ .name = "shielded_start_local",
	    .unit = "ms over plain",
	    .ours = ours - plain,
	    .peer = plain,
	    .peer_name = "the plain start, in ms" });
	bench_print(&(struct bench_row){ .name = "owner_key_open",
	    .unit = "ms",
	    .ours = bench_median(s.open, BENCH_ROUNDS) });
	if (argc > 6)
		print_steps(&s);
	return 0;
}
