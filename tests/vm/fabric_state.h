/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the far ends of guard-vm's channels (fabric.h) know and are told to do.
 */
#ifndef TESTS_VM_FABRIC_STATE_H
#define TESTS_VM_FABRIC_STATE_H

#include "t.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/random.h"
#include "guardian/guardian.h"
#include "hgs/key/life.h"
#include "ipc/channel.h"
#include "protector/ticket.h"
#include "proto/guard.h"
#include "json/json.h"

#define STEP_MAX 128

#define CERTIFICATE       "certificate"
#define NEWER_CERTIFICATE "newer certificate"

enum fault {
	NO_FAULT,
	LOSE_ROLL,      /* the HGS did it, the reply never comes */
	LOSE_CONFIRM,   /* the same */
	REPLAY_ROLL,    /* guardd answers with the roll before */
	SWAP_CORE,      /* that one's core with this one's release */
	REFUSE_ROLL,    /* ProtectorSuperseded, once */
	REFUSE_CONFIRM, /* ProtectorSuperseded */
	UNSURE_CONFIRM, /* the HGS did it and answers 503, then REVOKED */
	REVOKED,        /* a confirm: CertificateRevoked */
	GUARDD_SILENT,  /* 503 */
	GUARDD_MUTE,    /* no answer at all to what is for the HGS */
	REATTESTED,     /* at the proof: the certificate before is refused */
	NOT_AUTHENTIC   /* whatever the certificate */
};

struct roll_made {
	struct buf core;
	struct buf release; /* plaintext */
	uint8_t id[32];
};

struct fabric {
	const char *program, *root, *name;
	bool local; /* guard-vm is started in that mode */
	struct key *sign, *enc;
	struct guardian_file guardian;

	struct vm_record vm;
	bool known;
	uint32_t lease;
	unsigned n_confirms, n_rolls, n_refused, n_attests;
	const char *certificate;
	struct roll_made now, before;
	enum fault fault;

	int ask_fd; /* goes along with the next request; 0: none */

	pid_t pid; /* guard-vm; 0: none */
	int tpm_fd, control_fd, relay_fd;
	int exit_status;
	const char *kill_at; /* a step: SIGKILL when it is announced */
	unsigned kill_ms;    /* or so long after guard-vm went on */
	const char *hold_at; /* a step: goes on after hold_ms */
	unsigned hold_ms;
	void (*on_hold)(void *arg); /* meanwhile; NULL: nothing */
	void *on_hold_arg;
	enum fault hold_fault; /* from then on */

	/* Last event. */
	uint8_t phase;
	char step[STEP_MAX], reason[64], text[DIAG_TEXT_MAX];
	bool unclean;
	uint32_t qemu;
};

static struct diag fd_;
#define NEED(call)                                                         \
	do {                                                               \
		if ((call) < 0)                                            \
			t_bail("%s:%d: %s", __FILE__, __LINE__, fd_.text); \
	} while (0)

static inline void
copy_text(struct bytes from, char *to, size_t size)
{
	size_t n = from.len < size ? from.len : size - 1;

	if (n > 0)
		memcpy(to, from.p, n);
	to[n] = '\0';
}

#endif
