/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm console: the display for a VNC viewer, the serial port for a terminal.
 * guard-vm decides whether this VM shows them, and records who asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>

#include "base/text.h"
#include "ctl/common/remote.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/relay.h"

#define CONSOLE_MS  30000
#define TIMEOUT_MAX 86400
#define ESCAPE      0x1d /* Ctrl-] */

static volatile sig_atomic_t caught;

static void
catch_signal(int n)
{
	(void)n;
	caught = 1;
}

/* The terminal is put right again before we end. */
static void
catch_signals(void)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	const struct sigaction act = { .sa_handler = catch_signal };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &act, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

static int
open_console(struct cli *cli, const char *kind, int *ret_fd, struct diag *d)
{
	struct remote_request q = { .socket = REMOTE_GUARD_SOCKET,
		.command = "vm console",
		.timeout_ms = CONSOLE_MS };
	auto_close int fd = -1;
	int flags, r;

	q.args = json_pack("{s:s, s:s}", "NAME", cli_arg(cli, 0), "kind", kind);
	if ((r = remote_call(cli, &q, &fd, d)) < 0)
		return r;
	cli_forget_answer(cli);
	if (fd < 0)
		return diag_fail(d, ERR_PROTOCOL, "guardd sent no console");
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return diag_errno(d, "console");
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

/* --- for a viewer --- */

static int
listen_at(const char *path, int *ret_fd, struct diag *d)
{
	auto_close int fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	mode_t old;
	int r;

	if (strlen(path) >= sizeof(a.sun_path))
		return diag_fail(d, ERR_USAGE, "--listen: path too long");
	memcpy(a.sun_path, path, strlen(path));
	if (fd < 0)
		return diag_errno(d, "--listen");
	old = umask(0177);
	r = bind(fd, (const struct sockaddr *)&a, sizeof(a));
	(void)umask(old);
	if (r != 0 && errno == EADDRINUSE)
		return diag_refuse(d, REASON_AlreadyExists,
		    "%s: is there already", path);
	if (r != 0 || listen(fd, 1) != 0)
		return diag_errno(d, "%s", path);
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}

/* One viewer; or the VM ends, or the user does not want to wait. */
static int
await_viewer(int listen_fd, int console_fd, int timeout_ms, int *ret_fd,
    struct diag *d)
{
	struct pollfd p[] = { { .fd = listen_fd, .events = POLLIN },
		{ .fd = console_fd } };
	int n = caught ? -1 : poll(p, ARRAY_LEN(p), timeout_ms);

	if (caught || n < 0)
		return diag_fail(d, ERR_TIMEOUT, "interrupted");
	if (n == 0)
		return diag_fail(d, ERR_TIMEOUT, "no viewer came");
	if (p[1].revents != 0)
		return diag_refuse(d, REASON_VmNotRunning,
		    "the VM closed its console");
	*ret_fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return *ret_fd < 0 ? diag_errno(d, "--listen") : ERR_OK;
}

static int
serve_viewer(struct cli *cli, int console_fd, int timeout_ms, struct diag *d)
{
	const char *path = cli_option(cli, "listen");
	auto_close int listen_fd = -1, fd = -1;
	struct relay relay = { .peer = console_fd,
		.escape = -1,
		.timeout_ms = timeout_ms,
		.ends_with_in = true,
		.caught = &caught };
	enum relay_end end;
	int r;

	if ((r = listen_at(path, &listen_fd, d)) < 0)
		return r;
	reply_progress(cli, "one viewer may connect: vncviewer %s", path);
	reply_progress(cli,
	    "or: socat TCP-LISTEN:5900,bind=127.0.0.1 UNIX-CONNECT:%s", path);
	r = await_viewer(listen_fd, console_fd, timeout_ms, &fd, d);
	(void)unlink(path);
	if (r < 0)
		return r;
	relay.in = relay.out = fd;
	if ((r = relay_run(&relay, &end, d)) == ERR_OK)
		reply_changed(cli, NULL, "%s",
		    end == RELAY_PEER ? "the VM closed its console"
				      : "the viewer has gone");
	return r;
}

/* --- for a terminal --- */

static int
relay_raw(const struct relay *relay, enum relay_end *ret, struct diag *d)
{
	struct termios old, raw;
	int r;

	if (tcgetattr(STDIN_FILENO, &old) != 0)
		return diag_errno(d, "terminal");
	raw = old;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0)
		return diag_errno(d, "terminal");
	r = relay_run(relay, ret, d);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
	return r;
}

static int
serve_terminal(struct cli *cli, int console_fd, int timeout_ms, struct diag *d)
{
	bool is_terminal = isatty(STDIN_FILENO) == 1;
	const struct relay relay = { .in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.peer = console_fd,
		.escape = is_terminal ? ESCAPE : -1,
		.timeout_ms = timeout_ms,
		.caught = &caught };
	enum relay_end end;
	int r;

	if (is_terminal)
		reply_progress(cli, "connected; Ctrl-] ends");
	cli->raw_output = true;
	r = is_terminal ? relay_raw(&relay, &end, d)
			: relay_run(&relay, &end, d);
	if (r == ERR_OK && is_terminal)
		reply_changed(cli, NULL, "%s",
		    end == RELAY_PEER ? "the VM closed its console"
				      : "disconnected");
	return r;
}

static int
read_options(const struct cli *cli, const char **ret_kind, int *ret_ms,
    struct diag *d)
{
	bool display = cli_flag(cli, "display");
	const char *timeout = cli_option(cli, "timeout");
	uint64_t seconds;

	if (display && cli_flag(cli, "serial"))
		return diag_fail(d, ERR_USAGE,
		    "one of --display and --serial is possible");
	if (display && cli_option(cli, "listen") == NULL)
		return diag_fail(d, ERR_USAGE,
		    "--display: --listen SOCKET is needed, for a viewer");
	*ret_ms = -1;
	if (timeout != NULL) {
		if (number_parse("--timeout", bytes_of_text(timeout), 1,
			TIMEOUT_MAX, &seconds, d) < 0)
			return ERR_USAGE;
		*ret_ms = (int)seconds * 1000;
	}
	*ret_kind = display ? "display" : "serial";
	return ERR_OK;
}

int
cmd_vm_console(struct cli *cli, struct diag *d)
{
	auto_close int fd = -1;
	const char *kind;
	int timeout_ms, r;

	if ((r = read_options(cli, &kind, &timeout_ms, d)) < 0 ||
	    (r = open_console(cli, kind, &fd, d)) < 0)
		return r;
	catch_signals();
	if (cli_option(cli, "listen") != NULL)
		return serve_viewer(cli, fd, timeout_ms, d);
	return serve_terminal(cli, fd, timeout_ms, d);
}
