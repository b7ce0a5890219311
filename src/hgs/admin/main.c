/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-admin: one administrator's command at a time.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/log.h"
#include "base/secret.h"
#include "hgs/admin/session.h"
#include "hgs/common/roles.h"
#include "ipc/args.h"

static int
set_up(const struct args *args, struct admin *a, struct diag *d)
{
	int r;

	if ((r = args_fd(args, ROLE_STORE, &a->store_fd, d)) < 0 ||
	    (r = args_fd(args, ROLE_ATTEST, &a->attest_fd, d)) < 0 ||
	    (r = args_fd(args, ROLE_KEY, &a->key_fd, d)) < 0 ||
	    (r = args_fd(args, ROLE_MONITOR, &a->monitor_fd, d)) < 0 ||
	    (r = args_fd(args, ROLE_CONTROL, &a->control_fd, d)) < 0)
		return r;
	a->url = args_text(args, SET_URL);
	if (a->url == NULL)
		a->url = "";
	a->started = (uint64_t)time(NULL);
	return ERR_OK;
}

static int
run(struct admin *a, struct diag *d)
{
	struct pollfd p[2] = { { a->control_fd, POLLIN, 0 },
		{ a->monitor_fd, POLLIN, 0 } };

	for (;;) {
		struct diag why = { 0 };

		if (poll(p, ARRAY_LEN(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return diag_errno(d, "cannot wait");
		}
		/* hgsd says nothing here: it has gone. */
		if (p[1].revents != 0)
			return ERR_OK;
		if (p[0].revents != 0 && session_serve(a, &why) < 0)
			log_warning("%s", why.text);
	}
}

int
main(int argc, char **argv)
{
	struct admin a = { 0 };
	struct diag d = { 0 };
	struct args args;
	int r;

	log_open("hgs-admin", LOG_LEVEL_INFO, true);
	if ((r = process_protect(&d)) < 0 ||
	    (r = args_parse(argc, argv, &args, &d)) < 0 ||
	    (r = set_up(&args, &a, &d)) < 0 || (r = run(&a, &d)) < 0)
		log_error("%s", d.text);
	return r < 0 ? 1 : 0;
}
