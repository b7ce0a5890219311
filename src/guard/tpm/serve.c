/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop and the permit table. One request at a time: the TPM is one, too.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/log.h"
#include "guard/tpm/guard.h"
#include "ipc/ctl.h"

#define PEER(kind) ((uint32_t)1 << (kind))

static const struct service_op ops[] = {
	{ GUARD_OP_RECORD, PEER(GUARD_PEER_EARLY), guard_on_record, "record" },
	{ GUARD_OP_IDENTITY, PEER(GUARD_PEER_AGENT), guard_on_identity,
	    "identity" },
	{ GUARD_OP_ATTEST, PEER(GUARD_PEER_AGENT), guard_on_attest, "attest" },
	{ GUARD_OP_ATTESTED, PEER(GUARD_PEER_AGENT), guard_on_attested,
	    "attested" },
	/* Public, and part of every request that a guard-vm makes. */
	{ GUARD_OP_HEALTH, PEER(GUARD_PEER_AGENT) | PEER(GUARD_PEER_VM),
	    guard_on_health, "health" },
	{ GUARD_OP_VM_START, PEER(GUARD_PEER_AGENT), guard_on_vm_start,
	    "vm-start" },
	{ GUARD_OP_VM_ADOPT, PEER(GUARD_PEER_AGENT), guard_on_vm_adopt,
	    "vm-adopt" },
	{ GUARD_OP_LOCK, PEER(GUARD_PEER_AGENT), guard_on_lock, "lock" },
	{ GUARD_OP_VM_COMMAND, PEER(GUARD_PEER_VM), guard_on_vm_channel,
	    "vm-command" },
	{ GUARD_OP_VM_RELAY, PEER(GUARD_PEER_VM), guard_on_vm_channel,
	    "vm-relay" },
	{ GUARD_OP_AUTHORISE, PEER(GUARD_PEER_VM), guard_on_authorise,
	    "authorise" },
	{ GUARD_OP_UNWRAP, PEER(GUARD_PEER_VM), guard_on_unwrap, "unwrap" },
};

/* A peer that does not read its answers must not stop the others. */
static void
limit_wait(int fd)
{
	const struct timeval wait = { .tv_sec = 5 };

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

/*
 * Root may replace guardd at will and is let in like it: neither is told a
 * secret. Everybody else is a stranger.
 */
static void
accept_agent(struct guard *g)
{
	struct diag d = { 0 };
	struct peer peer;
	int fd = -1;

	if (ctl_accept(g->listen_fd, &fd, &peer, &d) < 0) {
		log_warning("%s", d.text);
		return;
	}
	if (peer.uid != 0 && peer.uid != geteuid() &&
	    peer.uid != g->agent_uid) {
		log_warning("a stranger (uid %u, process %d) was sent away",
		    (unsigned)peer.uid, (int)peer.pid);
		(void)close(fd);
		return;
	}
	limit_wait(fd);
	for (size_t i = 0; i < GUARD_AGENTS_MAX; i++)
		if (g->agents[i] < 0) {
			g->agents[i] = fd;
			return;
		}
	log_warning("more than %d connections: one sent away",
	    GUARD_AGENTS_MAX);
	(void)close(fd);
}

/* False: the peer has gone or must go. */
static bool
answer(struct guard *g, int fd, enum guard_peer kind, void *peer)
{
	const struct service s = { ops, ARRAY_LEN(ops), g };
	struct diag d = { 0 };
	int rc = service_answer(&s, fd, kind, peer, &d);

	if (rc == 0)
		return true;
	if (rc != ERR_NOT_FOUND)
		log_warning("a peer was disconnected: %s", d.text);
	return false;
}

#define POLL_MAX (3 + GUARD_AGENTS_MAX + GUARD_VMS_MAX)

static void
put_poll(struct pollfd *p, size_t *n, int fd)
{
	p[(*n)++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* After the fixed three: agents, then VMs, each at its index. */
static void
answer_peers(struct guard *g, const struct pollfd *p)
{
	size_t i;

	for (i = 0; i < GUARD_AGENTS_MAX; i++, p++)
		if (p->revents != 0 && p->fd >= 0 &&
		    !answer(g, p->fd, GUARD_PEER_AGENT, NULL))
			close_p(&g->agents[i]);
	for (i = 0; i < GUARD_VMS_MAX; i++, p++) {
		struct guard_vm *vm = &g->vms[i];

		/* A vm-start above may have filled the slot anew. */
		if (p->revents != 0 && p->fd >= 0 && vm->fd == p->fd &&
		    !answer(g, p->fd, GUARD_PEER_VM, vm))
			close_p(&vm->fd);
	}
}

static int
signal_fd(int *ret, struct diag *d)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (*ret = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return diag_errno(d, "signals");
	return ERR_OK;
}

/* True: an orderly end was asked for. */
static bool
take_signals(struct guard *g, int fd)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			end = true;
	guard_vm_reap(g);
	return end;
}

int
guard_serve(struct guard *g, int early_fd, struct diag *d)
{
	auto_close int early = early_fd, signals = -1;
	struct pollfd p[POLL_MAX];
	size_t i, n;
	int rc;

	if ((rc = signal_fd(&signals, d)) < 0)
		return rc;
	for (;;) {
		n = 0;
		put_poll(p, &n, signals);
		put_poll(p, &n, early);
		put_poll(p, &n, g->listen_fd);
		for (i = 0; i < GUARD_AGENTS_MAX; i++)
			put_poll(p, &n, g->agents[i]);
		for (i = 0; i < GUARD_VMS_MAX; i++)
			put_poll(p, &n, g->vms[i].fd);
		if (poll(p, (nfds_t)n, -1) < 0) {
			if (errno == EINTR)
				continue;
			return diag_errno(d, "poll");
		}
		if (p[1].revents != 0 &&
		    !answer(g, early, GUARD_PEER_EARLY, NULL))
			close_p(&early);
		/* Without a record there is nothing to guard. */
		if (early < 0 && g->pcr15.len == 0)
			return diag_fail(d, ERR_PROTOCOL,
			    "guard-early left before the record was made");
		answer_peers(g, p + 3);
		if (p[2].revents != 0)
			accept_agent(g);
		if (p[0].revents != 0 && take_signals(g, signals))
			return ERR_OK;
	}
}
