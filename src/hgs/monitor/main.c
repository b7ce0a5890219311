/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgsd: the monitor, and the only part of the HGS that stays root. It opens
 * the sockets, connects and starts the others, each under its own user, hands
 * on the passphrase, and stops all of them when one dies. It reads hgs.conf,
 * root's passphrase and root's unlock requests, and never a byte from the
 * network.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "conf/paths.h"
#include "hgs/monitor/notify.h"
#include "hgs/monitor/unlock.h"
#include "ipc/ctl.h"

/* A worker that dies at once is not started in a tight loop. */
#define RESTART_MS 200

struct monitor {
	const char *root;
	const char *libexec;
	struct hgs_conf conf;
	struct listeners listen;
	struct listeners tls_listen;
	int control_fd;
	int unlock_fd;
	int signal_fd;
	struct family family;
	bool unlocked;
};

static int
parse_options(int argc, char **argv, struct monitor *m, struct diag *d)
{
	m->root = "";
	m->libexec = SHIELDWALL_LIBEXEC;
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 >= argc)
			return diag_fail(d, ERR_USAGE, "%s: needs a value",
			    argv[i]);
		if (strcmp(argv[i], "--root") == 0)
			m->root = argv[i + 1];
		else if (strcmp(argv[i], "--libexec") == 0)
			m->libexec = argv[i + 1];
		else
			return diag_fail(d, ERR_USAGE,
			    "usage: hgsd [--root DIR] [--libexec DIR]");
	}
	if (getuid() != 0)
		return diag_fail(d, ERR_USAGE, "must be started as root");
	return ERR_OK;
}

static int
open_sockets(struct monitor *m, struct diag *d)
{
	char run[PATH_TEXT_MAX], control[PATH_TEXT_MAX], unlock[PATH_TEXT_MAX];
	int r;

	if ((r = path_under(m->root, PATH_RUN, run, sizeof(run), d)) < 0 ||
	    (r = path_under(m->root, PATH_HGS_SOCKET, control, sizeof(control),
		 d)) < 0 ||
	    (r = path_under(m->root, PATH_HGS_UNLOCK, unlock, sizeof(unlock),
		 d)) < 0 ||
	    (r = dir_make_all(run, 0755, d)) < 0 ||
	    (r = listen_all(m->conf.listen, "http", &m->listen, d)) < 0 ||
	    (r = listen_all(m->conf.tls_listen, "https", &m->tls_listen, d)) <
		0)
		return r;
	if (m->listen.n + m->tls_listen.n == 0)
		return diag_fail(d, ERR_USAGE, "listen: no address");
	/*
	 * Everyone may connect to the administrators' socket: hgs-admin asks
	 * the kernel who it is, and a refusal leaves a trace.
	 */
	r = ctl_listen(control, 0666, 0, 0, &m->control_fd, d);
	if (r < 0)
		return r;
	return ctl_listen(unlock, 0600, 0, 0, &m->unlock_fd, d);
}

static int
open_signals(struct monitor *m, struct diag *d)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return diag_errno(d, "cannot block signals");
	m->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (m->signal_fd < 0)
		return diag_errno(d, "cannot watch signals");
	return ERR_OK;
}

static void
say_state(const struct monitor *m)
{
	if (m->unlocked) {
		log_notice("the service is open");
		notify("READY=1\nSTATUS=open\n");
	} else {
		log_notice("the keys are locked: run 'hgsctl unlock'");
		notify("READY=1\nSTATUS=locked: run 'hgsctl unlock'\n");
	}
}

/* A wrong or unreadable file leaves the service locked, not dead. */
static void
unlock_by_file(struct monitor *m)
{
	auto_secret struct secret passphrase = SECRET_NONE;
	char path[PATH_TEXT_MAX];
	struct diag d = { 0 };
	int r;

	if (m->conf.passphrase_file[0] == '\0')
		return;
	r = path_under(m->root, m->conf.passphrase_file, path, sizeof(path),
	    &d);
	if (r == ERR_OK)
		r = unlock_read_file(path, &passphrase, &d);
	if (r == ERR_OK)
		r = unlock_send(&m->family, secret_bytes(&passphrase), &d);
	if (r < 0)
		log_error("%s", d.text);
	m->unlocked = r == ERR_OK;
}

/* How a child ended, for the journal. */
static void
log_end(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_error("%s was killed by signal %d", c->program,
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_error("%s ended with status %d", c->program,
		    WEXITSTATUS(status));
	else
		log_info("%s ended", c->program);
}

/* Starts workers anew; ERR_NOT_FOUND when another child has ended. */
static int
on_children(struct monitor *m, struct diag *d)
{
	const struct timespec pause = { 0, RESTART_MS * 1000L * 1000L };
	pid_t pid;
	int status, r;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		enum member i = family_find(&m->family, pid);
		struct child *c;

		if (i == MEMBER_COUNT)
			continue;
		c = &m->family.members[i];
		c->pid = 0;
		log_end(c, status);
		if (!c->restarts)
			return diag_fail(d, ERR_NOT_FOUND, "%s has ended",
			    c->program);
		if (status != 0)
			(void)nanosleep(&pause, NULL);
		if ((r = child_start(c, m->libexec, d)) < 0)
			return r;
	}
	return ERR_OK;
}

/* *ret_stop is set when we were asked to end. */
static int
on_signal(struct monitor *m, bool *ret_stop, struct diag *d)
{
	struct signalfd_siginfo s;

	while (read(m->signal_fd, &s, sizeof(s)) == (ssize_t)sizeof(s))
		if (s.ssi_signo != SIGCHLD)
			*ret_stop = true;
	return on_children(m, d);
}

static void
on_unlock(struct monitor *m)
{
	struct diag d = { 0 };
	bool unlocked = false;
	int r = unlock_serve(m->unlock_fd, &m->family, &unlocked, &d);

	if (r < 0 || d.text[0] != '\0')
		log_warning("unlock: %s", d.text);
	if (unlocked && !m->unlocked) {
		m->unlocked = true;
		say_state(m);
	}
}

static int
run(struct monitor *m, struct diag *d)
{
	struct pollfd p[2] = { { m->signal_fd, POLLIN, 0 },
		{ m->unlock_fd, POLLIN, 0 } };
	bool stop = false;
	int r = ERR_OK;

	while (r == ERR_OK && !stop) {
		if (poll(p, ARRAY_LEN(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return diag_errno(d, "cannot wait");
		}
		if (p[0].revents != 0)
			r = on_signal(m, &stop, d);
		if (r == ERR_OK && !stop && p[1].revents != 0)
			on_unlock(m);
	}
	return r;
}

static int
start(struct monitor *m, struct diag *d)
{
	struct family_plan plan = { .root = m->root,
		.libexec = m->libexec,
		.conf = &m->conf,
		.listen = &m->listen,
		.tls_listen = &m->tls_listen };
	int r;

	if ((r = hgs_conf_load(m->root, &m->conf, d)) < 0 ||
	    (r = open_signals(m, d)) < 0 || (r = open_sockets(m, d)) < 0)
		return r;
	plan.control_fd = m->control_fd;
	if ((r = family_plan(&m->family, &plan, d)) < 0)
		return r;
	return family_start(&m->family, d);
}

/* Those that hold keys lock their memory, for which root alone may allow. */
static void
allow_locking(void)
{
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct diag d = { 0 };

	if (setrlimit(RLIMIT_MEMLOCK, &all) != 0 || process_lock_memory(&d) < 0)
		log_warning("the passphrase may reach a swap device");
}

int
main(int argc, char **argv)
{
	static struct monitor m;
	struct diag d = { 0 };
	int r;

	(void)umask(0022);
	log_open("hgsd", LOG_LEVEL_INFO, true);
	if ((r = parse_options(argc, argv, &m, &d)) < 0) {
		log_error("%s", d.text);
		return 2;
	}
	allow_locking();
	if ((r = process_protect(&d)) == ERR_OK &&
	    (r = start(&m, &d)) == ERR_OK) {
		unlock_by_file(&m);
		say_state(&m);
		r = run(&m, &d);
	}
	if (r < 0)
		log_error("%s", d.text);
	notify("STOPPING=1\n");
	if (m.family.libexec != NULL)
		family_stop(&m.family);
	return r < 0 ? 1 : 0;
}
