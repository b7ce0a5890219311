/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/common/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "base/file.h"
#include "base/text.h"

#define TERMINAL "/dev/tty"

static int
open_terminal(int *ret, struct diag *d)
{
	*ret = open(TERMINAL, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (*ret < 0)
		return diag_fail(d, ERR_USAGE,
		    "no terminal to ask at: give --passphrase-fd N");
	return ERR_OK;
}

static void
say(int fd, const char *text)
{
	struct diag ignored;

	if (file_write_all(fd, bytes_of_text(text), &ignored) < 0)
		errno = 0;
}

/* One line from the terminal, without its end; 0 bytes are refused. */
static int
read_line(int fd, struct secret *ret, struct diag *d)
{
	auto_secret struct secret line = SECRET_NONE;
	size_t n = 0;
	ssize_t got;
	int r;

	if ((r = secret_alloc(&line, 1025, d)) < 0)
		return r;
	for (;;) {
		got = read(fd, line.p + n, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return diag_errno(d, "terminal: cannot read");
		if (got == 0 || line.p[n] == '\n')
			break;
		if (++n > 1024)
			return diag_fail(d, ERR_LIMIT,
			    "longer than 1024 bytes");
	}
	if (n == 0)
		return diag_fail(d, ERR_USAGE, "nothing was typed");
	return secret_copy(ret, bytes_of(line.p, n), d);
}

static int
ask_hidden(int fd, const char *prompt, struct secret *ret, struct diag *d)
{
	struct termios old, quiet;
	int r;

	if (tcgetattr(fd, &old) != 0)
		return diag_errno(d, "terminal");
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
		return diag_errno(d, "terminal");
	say(fd, prompt);
	r = read_line(fd, ret, d);
	(void)tcsetattr(fd, TCSAFLUSH, &old);
	say(fd, "\n");
	return r;
}

int
ask_passphrase(const struct cli *cli, const char *prompt, bool is_new,
    struct secret *ret, struct diag *d)
{
	auto_secret struct secret first = SECRET_NONE, second = SECRET_NONE;
	auto_close int fd = -1;
	char text[128];
	int r;

	if (cli->passphrase_fd >= 0) {
		r = file_read_passphrase(cli->passphrase_fd, "--passphrase-fd",
		    ret, d);
		return r;
	}
	if ((r = open_terminal(&fd, d)) < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%s: ", prompt);
	if ((r = ask_hidden(fd, text, &first, d)) < 0)
		return r;
	if (is_new) {
		(void)snprintf(text, sizeof(text), "%s (again): ", prompt);
		if ((r = ask_hidden(fd, text, &second, d)) < 0)
			return r;
		if (!secret_equal(secret_bytes(&first), secret_bytes(&second)))
			return diag_fail(d, ERR_USAGE,
			    "the two passphrases differ");
	}
	secret_move(&first, ret);
	return ERR_OK;
}

int
ask_confirm(const struct cli *cli, const char *text, struct diag *d)
{
	auto_buf struct buf shown = BUF_INIT(65536);
	auto_secret struct secret answer = SECRET_NONE;
	auto_close int fd = -1;
	int r;

	if (cli->yes)
		return ERR_OK;
	fd = open(TERMINAL, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return diag_fail(d, ERR_REFUSED,
		    "needs a confirmation: give --yes (%s)", text);
	(void)text_put_escaped(&shown, bytes_of_text(text), 4000);
	(void)buf_put_text(&shown, " [yes/no] ");
	if ((r = file_write_all(fd, buf_bytes(&shown), d)) < 0 ||
	    (r = read_line(fd, &answer, d)) < 0)
		return r;
	if (!bytes_equal_text(secret_bytes(&answer), "yes"))
		return diag_fail(d, ERR_REFUSED, "not confirmed");
	return ERR_OK;
}
