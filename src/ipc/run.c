/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/run.h"

#include <errno.h>
#include <poll.h>

/* *ret_end is set when the loop is over. */
static int
answer_peer(const struct service *s, struct run_peer *p, bool *ret_end,
    struct diag *d)
{
	int r = service_answer(s, p->fd, p->kind, p->context, d);

	if (r == ERR_OK)
		return ERR_OK;
	diag_prefix(d, "%s", p->name);
	if (!p->optional) {
		*ret_end = true;
		return r == ERR_NOT_FOUND ? ERR_OK : r;
	}
	close_p(&p->fd);
	return ERR_OK;
}

int
service_run(const struct service *s, struct run_peer *peers, size_t n,
    struct diag *d)
{
	struct pollfd p[SERVICE_PEERS_MAX];
	bool end = false;
	int r = ERR_OK;

	BUG_ON(n > SERVICE_PEERS_MAX);
	while (!end) {
		for (size_t i = 0; i < n; i++)
			p[i] = (struct pollfd){ peers[i].fd, POLLIN, 0 };
		if (poll(p, n, -1) < 0) {
			if (errno == EINTR)
				continue;
			return diag_errno(d, "cannot wait for peers");
		}
		for (size_t i = 0; i < n && !end; i++)
			if (p[i].fd >= 0 && p[i].revents != 0)
				r = answer_peer(s, &peers[i], &end, d);
	}
	return r;
}
