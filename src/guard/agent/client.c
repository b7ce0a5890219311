/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.sock: who may command guardd, and the answers.
 */
#include <string.h>

#include "base/log.h"
#include "guard/agent/agent.h"
#include "ipc/ctl.h"

static uint32_t last_serial;

static void
refuse_peer(int fd, const struct peer *peer)
{
	log_warning("uid %u may not command guardd", (unsigned)peer->uid);
	(void)close(fd);
}

void
client_accept(struct agent *a)
{
	struct client *c = NULL;
	struct diag d = { 0 };
	struct peer peer;
	int fd;

	if (ctl_accept(a->listen_fd, &fd, &peer, &d) < 0) {
		log_warning("%s", d.text);
		return;
	}
	for (size_t i = 0; i < CLIENTS_MAX && c == NULL; i++)
		if (a->clients[i].fd < 0)
			c = &a->clients[i];
	if (c == NULL ||
	    (peer.uid != 0 && !ctl_peer_in_group(fd, a->fabric_group))) {
		refuse_peer(fd, &peer);
		return;
	}
	*c = (struct client){ .fd = fd,
		.serial = ++last_serial,
		.uid = peer.uid,
		.file_fd = -1 };
}

struct client *
client_find(struct agent *a, uint32_t serial)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (a->clients[i].fd >= 0 && a->clients[i].serial == serial)
			return &a->clients[i];
	return NULL;
}

void
client_answer(struct client *c, struct answer *answer, int r,
    const struct diag *why)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	struct diag d = { 0 };

	c->waits = c->waits_attest = false;
	if (r < 0)
		close_p(&c->file_fd);
	if ((r = answer_encode(answer, r, why, &body, &d)) == ERR_OK)
		r = channel_reply(c->fd, &c->asked, buf_bytes(&body),
		    &c->file_fd, c->file_fd >= 0 ? 1 : 0, &d);
	close_p(&c->file_fd);
	if (r < 0) {
		log_warning("cannot answer a command: %s", d.text);
		close_p(&c->fd);
	}
}

void
client_on_request(struct agent *a, struct client *c)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	auto_answer struct answer answer;
	struct diag d = { 0 };
	int r;

	answer_init(&answer);
	r = channel_receive(c->fd, 0, &storage, &f, &d);
	/* One at a time: what comes before the answer is no command of ours. */
	if (r < 0 || f.kind != FRAME_REQUEST || f.op != CTL_OP_COMMAND ||
	    c->waits || c->waits_attest) {
		close_p(&c->fd);
		close_p(&c->file_fd);
		return;
	}
	c->asked = (struct frame){ .op = f.op, .id = f.id };
	c->file_fd = f.n_fds != 0 ? TAKE_FD(&f.fds[0]) : -1;
	r = command_run(a, c, f.body, &answer, &d);
	if (r == ERR_OK && (c->waits || c->waits_attest))
		return;
	client_answer(c, &answer, r, &d);
}

void
clients_attested(struct agent *a)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &a->clients[i];
		auto_answer struct answer answer;
		struct diag d = { 0 };
		int r = ERR_OK;

		if (c->fd < 0 || !c->waits_attest ||
		    !attempts_answer(&a->attest.attempts, c->attempt))
			continue;
		answer_init(&answer);
		command_put_status(a, &answer);
		/* An old certificate may still hold; this attempt failed. */
		if (strcmp(a->attest.status, "Passed") != 0)
			r = diag_refuse(&d,
			    a->attest.guarded ? REASON_TransientError
					      : REASON_HostNotGuarded,
			    "attestation: %s", a->attest.status);
		client_answer(c, &answer, r, &d);
	}
}
