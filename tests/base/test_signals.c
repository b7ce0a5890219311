/* SPDX-License-Identifier: Apache-2.0 */
#include "base/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "t.h"

int
main(void)
{
	struct signalfd_siginfo s;
	struct diag d = { 0 };
	struct sigaction now;
	sigset_t set;
	int fd = -1;

	CHECK(signals_take(&fd, &d) == ERR_OK, "signals become a descriptor");
	(void)kill(getpid(), SIGTERM);
	CHECK(read(fd, &s, sizeof(s)) == (ssize_t)sizeof(s) &&
		s.ssi_signo == SIGTERM,
	    "SIGTERM is read, and ends nothing");
	(void)kill(getpid(), SIGINT);
	CHECK(read(fd, &s, sizeof(s)) == (ssize_t)sizeof(s) &&
		s.ssi_signo == SIGINT,
	    "and so is SIGINT");
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	signals_reset();
	CHECK(sigprocmask(SIG_SETMASK, NULL, &set) == 0 &&
		sigismember(&set, SIGTERM) == 0 &&
		sigismember(&set, SIGINT) == 0,
	    "afterwards none is blocked");
	CHECK(sigaction(SIGPIPE, NULL, &now) == 0 &&
		now.sa_handler == SIG_DFL &&
		sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_DFL,
	    "and none ignored");
	(void)close(fd);
	return t_done();
}
