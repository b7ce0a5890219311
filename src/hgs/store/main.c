/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hgs-store: the only process that has the database open. Started by hgsd with
 * one channel per process that may ask it.
 */
#include <errno.h>
#include <poll.h>

#include "base/log.h"
#include "hgs/common/roles.h"
#include "hgs/store/keeper.h"
#include "ipc/args.h"

struct peer_channel {
	int fd;
	enum hgs_peer kind;
	const char *name;
};

static struct peer_channel peers[] = {
	{ -1, HGS_PEER_MONITOR, ROLE_MONITOR },
	{ -1, HGS_PEER_ATTEST, ROLE_ATTEST },
	{ -1, HGS_PEER_KEY, ROLE_KEY },
	{ -1, HGS_PEER_ADMIN, ROLE_ADMIN },
};

static int
set_up(const struct args *args, struct keeper *k, struct diag *d)
{
	const char *path = args_text(args, SET_DATABASE);
	uint64_t max;
	int r;

	if (path == NULL)
		return diag_fail(d, ERR_USAGE, "no --set %s", SET_DATABASE);
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		r = args_fd(args, peers[i].name, &peers[i].fd, d);
		if (r < 0)
			return r;
	}
	if ((r = args_number(args, SET_STORE_MAX, 0, UINT64_MAX >> 1, &max,
		 d)) < 0)
		return r;
	return db_open(path, max, &k->db, d);
}

static void
send_answer(struct keeper_call *c)
{
	struct diag d = { 0 };
	int r;

	if (c->result == ERR_OK)
		r = channel_reply(c->fd, &c->in, buf_bytes(&c->reply), NULL, 0,
		    &d);
	else
		r = channel_reply_error(c->fd, &c->in, c->result, &c->why, &d);
	if (c->result < 0 && c->why.reason == REASON_PermissionDenied)
		log_warning("%s", c->why.text);
	/* A peer that has gone is seen at the next poll. */
	if (r < 0)
		log_warning("%s", d.text);
}

static void
call_free(struct keeper_call *c)
{
	frame_close(&c->in);
	buf_free(&c->storage);
	buf_free(&c->reply);
}

/* One frame of each peer that has one; ERR_NOT_FOUND when a peer has gone. */
static int
collect(const struct pollfd *p, struct keeper_call *calls, size_t *ret_n,
    struct diag *d)
{
	int r;

	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		struct keeper_call *c = &calls[*ret_n];

		if (p[i].revents == 0)
			continue;
		*c = (struct keeper_call){ .fd = peers[i].fd,
			.peer = peers[i].kind,
			.storage = BUF_INIT(CHANNEL_BODY_MAX + 64),
			.in = FRAME_INIT,
			.reply = BUF_INIT(CHANNEL_BODY_MAX) };
		(*ret_n)++;
		r = channel_receive(c->fd, 0, &c->storage, &c->in, d);
		if (r == ERR_OK && c->in.kind != FRAME_REQUEST)
			r = diag_fail(d, ERR_PROTOCOL, "not a request");
		if (r < 0) {
			diag_prefix(d, "%s", peers[i].name);
			return r;
		}
	}
	return ERR_OK;
}

/* Answers all that is readable now, together. */
static int
answer_batch(struct keeper *k, const struct pollfd *p, struct diag *d)
{
	struct keeper_call calls[ARRAY_LEN(peers)];
	size_t n = 0;
	int r = collect(p, calls, &n, d);

	if (r == ERR_OK) {
		keeper_answer(k, calls, n);
		for (size_t i = 0; i < n; i++)
			send_answer(&calls[i]);
	}
	for (size_t i = 0; i < n; i++)
		call_free(&calls[i]);
	return r;
}

static int
run(struct keeper *k, struct diag *d)
{
	struct pollfd p[ARRAY_LEN(peers)];
	int r;

	for (;;) {
		for (size_t i = 0; i < ARRAY_LEN(peers); i++)
			p[i] = (struct pollfd){ peers[i].fd, POLLIN, 0 };
		if (poll(p, ARRAY_LEN(peers), -1) < 0) {
			if (errno == EINTR)
				continue;
			return diag_errno(d, "cannot wait");
		}
		r = answer_batch(k, p, d);
		/* hgsd stops the service when one of its parts has gone. */
		if (r == ERR_NOT_FOUND)
			return ERR_OK;
		if (r < 0)
			return r;
	}
}

int
main(int argc, char **argv)
{
	struct keeper k = { 0 };
	struct diag d = { 0 };
	struct args args;
	int r;

	log_open("hgs-store", LOG_LEVEL_INFO, true);
	if (process_lock_memory(&d) < 0)
		log_warning("keys may reach a swap device: %s", d.text);
	if ((r = process_protect(&d)) < 0 ||
	    (r = args_parse(argc, argv, &args, &d)) < 0 ||
	    (r = set_up(&args, &k, &d)) < 0 || (r = run(&k, &d)) < 0)
		log_error("%s", d.text);
	keeper_free(&k);
	return r < 0 ? 1 : 0;
}
