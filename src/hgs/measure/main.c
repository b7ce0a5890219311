/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-measure: reads what hosts say about their boot. It holds nothing, opens
 * nothing and believes nothing. After malformed evidence it answers and ends
 * with status 0, and hgsd starts it anew, so that whatever that evidence did
 * to this process is not there for the next host's.
 */
#include <errno.h>
#include <poll.h>

#include "base/log.h"
#include "base/secret.h"
#include "hgs/common/roles.h"
#include "hgs/measure/sandbox.h"
#include "hgs/measure/worker.h"
#include "ipc/args.h"
#include "proto/hgs.h"

static int
serve(int attest_fd, int monitor_fd, struct diag *d)
{
	struct worker w = { 0 };
	const struct service s = { worker_ops, worker_n_ops, &w };
	int r = ERR_OK;

	while (r == ERR_OK && !w.spent) {
		struct pollfd p[2] = { { attest_fd, POLLIN, 0 },
			{ monitor_fd, POLLIN, 0 } };

		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return diag_errno(d, "cannot wait for a request");
		}
		/* The monitor says nothing here: it has gone. */
		if (p[1].revents != 0)
			return ERR_OK;
		if (p[0].revents != 0)
			r = service_answer(&s, attest_fd, HGS_PEER_ATTEST, NULL,
			    d);
	}
	return r == ERR_NOT_FOUND ? ERR_OK : r;
}

int
main(int argc, char **argv)
{
	int attest_fd, monitor_fd, r;
	struct diag d = { 0 };
	struct args args;

	log_open("hgs-measure", LOG_LEVEL_INFO, true);
	if ((r = process_protect(&d)) < 0 ||
	    (r = args_parse(argc, argv, &args, &d)) < 0 ||
	    (r = args_fd(&args, ROLE_ATTEST, &attest_fd, &d)) < 0 ||
	    (r = args_fd(&args, ROLE_MONITOR, &monitor_fd, &d)) < 0 ||
	    (r = sandbox_enter(&d)) < 0 ||
	    (r = serve(attest_fd, monitor_fd, &d)) < 0)
		log_error("%s", d.text);
	return r < 0 ? 1 : 0;
}
