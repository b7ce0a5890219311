/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real TPM 2.0 for tests: swtpm in a directory of its own, ended by its
 * process id. Manufactured with an RSA endorsement key and its certificate by
 * a certification authority of its own.
 */
#ifndef TESTS_SWTPM_H
#define TESTS_SWTPM_H

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "t.h"

struct swtpm {
	char dir[64];
	char tcti[128]; /* for tpmdev_open() */
	pid_t pid;
};

/* Runs a program to its end; its output goes to dir/NAME.log. */
static inline int
swtpm_run(const struct swtpm *s, const char *log, const char *const argv[])
{
	char path[128];
	int status, fd;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/%s.log", s->dir, log);
	pid = fork();
	if (pid == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		t_bail("%s: %s", argv[0], strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static inline void swtpm_put(const struct swtpm *s, const char *name,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static inline void
swtpm_put(const struct swtpm *s, const char *name, const char *fmt, ...)
{
	char path[128];
	va_list ap;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	f = fopen(path, "w");
	if (f == NULL)
		t_bail("%s: %s", path, strerror(errno));
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fclose(f);
}

/* Endorsement key and certificate into the state. */
static inline void
swtpm_manufacture(const struct swtpm *s)
{
	char config[128], state[128];
	const char *argv[] = { "swtpm_setup", "--tpm2", "--tpmstate", state,
		"--config", config, "--create-ek-cert", "--pcr-banks", "sha256",
		"--overwrite", NULL };

	(void)snprintf(config, sizeof(config), "%s/setup.conf", s->dir);
	(void)snprintf(state, sizeof(state), "%s/state", s->dir);
	swtpm_put(s, "localca.conf",
	    "statedir = %s/ca\nsigningkey = %s/ca/key.pem\n"
	    "issuercert = %s/ca/cert.pem\ncertserial = %s/ca/serial\n",
	    s->dir, s->dir, s->dir, s->dir);
	swtpm_put(s, "localca.options",
	    "--tpm-manufacturer id:00001014\n"
	    "--tpm-model swtpm\n--tpm-version 2\n--platform-manufacturer T\n"
	    "--platform-version 2.1\n--platform-model T\n");
	swtpm_put(s, "setup.conf",
	    "create_certs_tool = /usr/bin/swtpm_localca\n"
	    "create_certs_tool_config = %s/localca.conf\n"
	    "create_certs_tool_options = %s/localca.options\n"
	    "active_pcr_banks = sha256\n",
	    s->dir, s->dir);
	if (swtpm_run(s, "setup", argv) != 0)
		t_bail("swtpm_setup failed; see %s/setup.log", s->dir);
}

/* Its socket is there before it listens, so that only a connection tells. */
static inline bool
swtpm_listens(const struct swtpm *s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", s->dir);
	good =
	    fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0;
	if (fd >= 0)
		(void)close(fd);
	return good;
}

/* Starts it: TPM2_Startup(CLEAR), a TPM Reset after an orderly swtpm_stop(). */
static inline void
swtpm_start(struct swtpm *s)
{
	char state[128], server[128], control[128], path[128];
	int i, fd;

	(void)snprintf(path, sizeof(path), "%s/s", s->dir);
	(void)unlink(path);
	(void)snprintf(state, sizeof(state), "dir=%s/state", s->dir);
	(void)snprintf(server, sizeof(server), "type=unixio,path=%s/s", s->dir);
	(void)snprintf(control, sizeof(control), "type=unixio,path=%s/s.ctrl",
	    s->dir);
	const char *argv[] = { "swtpm", "socket", "--tpm2", "--tpmstate", state,
		"--server", server, "--ctrl", control, "--flags",
		"not-need-init,startup-clear", NULL };

	s->pid = fork();
	if (s->pid == 0) {
		/* A test that bails out leaves nothing running. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		fd = open("/dev/null", O_RDWR);
		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (s->pid < 0)
		t_bail("fork: %s", strerror(errno));
	for (i = 0; i < 500; i++) {
		if (swtpm_listens(s))
			return;
		(void)usleep(20000);
	}
	t_bail("swtpm did not start in %s", s->dir);
}

/* As when the machine goes down in order: TPM2_Shutdown was sent or not. */
static inline void
swtpm_stop(struct swtpm *s)
{
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGTERM);
	(void)waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

static inline void
swtpm_remove(struct swtpm *s)
{
	const char *argv[] = { "rm", "-rf", s->dir, NULL };

	swtpm_stop(s);
	if (fork() == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)wait(NULL);
}

/* Its folder; started as it is, it has no persistent key or certificate. */
static inline void
swtpm_folder(struct swtpm *s)
{
	char path[128];

	(void)setenv("TSS2_LOG", "all+none", 0);
	*s = (struct swtpm){ .pid = 0 };
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/shieldwall-tpm.XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		t_bail("mkdtemp: %s", strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/state", s->dir);
	if (mkdir(path, 0700) < 0)
		t_bail("mkdir: %s", strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/ca", s->dir);
	if (mkdir(path, 0700) < 0)
		t_bail("mkdir: %s", strerror(errno));
	(void)snprintf(s->tcti, sizeof(s->tcti), "swtpm:path=%s/s", s->dir);
}

/* A manufactured TPM, running. */
static inline void
swtpm_new(struct swtpm *s)
{
	swtpm_folder(s);
	swtpm_manufacture(s);
	swtpm_start(s);
}

#endif
