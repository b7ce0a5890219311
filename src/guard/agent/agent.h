/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardd: carries words between administrators, guard-tpm, guard-vm and the
 * HGS. It holds no secret; root may replace it and learns nothing by it.
 */
#ifndef GUARD_AGENT_AGENT_H
#define GUARD_AGENT_AGENT_H

#include "guard/agent/attempts.h"
#include "guard/agent/attest.h"
#include "guard/agent/job.h"
#include "ipc/channel.h"
#include "proto/guard.h"
#include "json/answer.h"

#define CLIENTS_MAX  32
#define VMS_MAX      64
#define VM_LOG_LINES 40
#define VM_LOG_WIDTH 160

/* A program on the command socket; one request at a time. */
struct client {
	int fd;             /* -1: free */
	bool waits;         /* a job will answer it */
	bool waits_attest;  /* an attestation will */
	uint32_t attempt;   /* its number */
	struct frame asked; /* op and id of the request */
	uint32_t serial;    /* tells clients that had the same slot apart */
	uid_t uid;
	int file_fd; /* beside the request; or to answer with; -1: none */
};

struct vm {
	bool used;
	bool waits_attest; /* guard-vm waits for the host to be attested */
	uint32_t attempt;  /* by the attestation of this number */
	struct frame attest_to;
	char name[64];
	int command_fd; /* to guard-vm; -1: not running */
	int relay_fd;
	bool relaying; /* a job works for it: one at a time */
	bool asking;   /* a job uses command_fd */
	struct buf status_storage;
	struct vm_status status; /* the last event; views into storage */
	char log[VM_LOG_LINES][VM_LOG_WIDTH];
	size_t n_log; /* lines ever written */
};

struct attest_state {
	struct attempts attempts;
	bool guarded; /* guard-tpm holds a valid certificate */
	char status[32];
	char url[256];
	char text[DIAG_TEXT_MAX]; /* of an error that was no refusal */
	uint64_t last_attempt;
	uint64_t last_passed;
	uint64_t expires;
	uint64_t max_age;
	uint64_t skew;
	uint64_t next; /* when to attest again */
	uint64_t backoff;
	struct buf error_storage;
	struct wire_error error; /* views into it; code empty: none */
};

struct agent {
	struct guard_conf conf;
	char root[256];
	struct attest_place place;
	int listen_fd;
	gid_t fabric_group;
	struct client clients[CLIENTS_MAX];
	struct vm vms[VMS_MAX];
	struct jobs jobs;
	struct attest_state attest;
};

uint64_t agent_now(void);

/* attesting.c */
/* The number of the attempt that answers who asks now. */
uint32_t attest_begin(struct agent *a);
/* The certificate is valid, and young enough for a release. */
bool attest_is_fresh(const struct agent *a);

/* vms.c */
struct vm *vm_find(struct agent *a, struct bytes name);
MUST_CHECK int vm_want_start(struct agent *a, struct bytes name,
    struct diag *d);
/* Answers who waited for the attestation that just ended. */
void vms_attested(struct agent *a);
/* Takes guardd's ends of the channels that a running guard-vm will get. */
MUST_CHECK int vm_adopt(struct agent *a, struct bytes name, int fds[static 2],
    struct diag *d);
void vm_on_relay(struct agent *a, struct vm *v);
void vm_on_command(struct agent *a, struct vm *v);
/* Its guard-vm has ended after a stop; `status` was its last word. */
void vm_stopped(struct vm *v, struct bytes status);
bool vm_is_running(const struct vm *v);
const char *vm_phase_name(uint8_t phase);

/* adopt.c: the VMs that an earlier guardd had started. */
void vms_adopt(struct agent *a);

/* client.c */
void client_accept(struct agent *a);
void client_on_request(struct agent *a, struct client *c);
/* Answers those who asked for an attestation. */
void clients_attested(struct agent *a);
/* NULL when it has left meanwhile. */
struct client *client_find(struct agent *a, uint32_t serial);
void client_answer(struct client *c, struct answer *answer, int r,
    const struct diag *why);

/* command.c: fills the answer, or sets c->waits. */
MUST_CHECK int command_run(struct agent *a, struct client *c,
    struct bytes request, struct answer *answer, struct diag *d);
void command_put_status(const struct agent *a, struct answer *answer);
/* host_lock.c: what keeps root of this host out. */
void host_lock_put(const struct agent *a, struct answer *answer);

#endif
