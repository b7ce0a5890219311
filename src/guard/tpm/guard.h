/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard-tpm: the host's trusted part after guard-early. It alone knows the
 * host key's authorisation and the release key, and hands what it unwraps to
 * its own children only.
 */
#ifndef GUARD_TPM_GUARD_H
#define GUARD_TPM_GUARD_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/secret.h"
#include "ipc/service.h"
#include "proto/guard.h"
#include "tpm/types.h"
#include "tpmdev/tpmdev.h"

#define GUARD_VMS_MAX    128
#define GUARD_AGENTS_MAX 16

/* MACs given to a child whose reply it may still unwrap. */
#define GUARD_ISSUED_MAX 16

struct guard_issued {
	uint8_t mac[32];
	uint8_t body[32];
};

/* One guard-vm. */
struct guard_vm {
	pid_t pid; /* 0: free */
	int fd;    /* our end of its channel; -1 once it closed */
	/* What a new guardd left for it: command, relay; -1: nothing. */
	int left[2];
	char name[64];
	struct guard_issued issued[GUARD_ISSUED_MAX];
	size_t next; /* the oldest of issued */
	bool claims;
	uint8_t vm[32]; /* struct authorise: whose keys it asks for */
};

/* A key as it is found again by another connection to the TPM. */
struct guard_key {
	struct buf saved;
	struct buf public;
	uint8_t name[TPM_NAME_SIZE];
};

/* What an attestation leaves behind. */
struct guard_health {
	struct buf certificate; /* empty: not guarded */
	struct buf certify;
	struct buf certify_signature;
	struct secret release_key;
};

struct guard {
	const char *root;
	const char *tcti;
	uid_t agent_uid;
	gid_t agent_gid;

	struct guard_key ek, ak, hk;
	struct secret auth; /* the host key's authValue */
	struct buf ek_certificate;
	struct buf pcr15; /* evidence part 11; empty: not recorded yet */

	/* The attestation that was asked for last and not answered. */
	bool pending;
	uint8_t transcript[32];
	struct buf pending_certify, pending_certify_signature;
	struct guard_health health;

	/* Of guard-early, on a host with a sealed root; -1: none. */
	int host_ns_fd;  /* where the machine's own root is */
	int lock_fd;     /* keeps the kernel lock: every child has it */
	int refusals_fd; /* what the lock refused */
	int modules_fd;  /* closes the loading of modules */
	bool modules_closed;

	int listen_fd;     /* -1 until the record is made */
	int vm_program_fd; /* -1: guard-vm is not installed */
	int agents[GUARD_AGENTS_MAX];
	struct guard_vm vms[GUARD_VMS_MAX];
};

/* Makes the host key; reads the other two. */
MUST_CHECK int guard_keys_make(struct guard *g, struct diag *d);

/* The keys, loaded, while one request is served. */
struct guard_tpm {
	struct tpmdev *t;
	struct tpmdev_key ek, ak, hk;
};

/* Tries again a few times: others may hold the TPM's slots. */
MUST_CHECK int guard_tpm_open(struct guard *g, struct guard_tpm *ret,
    struct diag *d);
void guard_tpm_close(struct guard_tpm *t);
#define auto_guard_tpm CLEANUP(guard_tpm_close)

/* Handlers: see proto/guard.h. */
int guard_on_record(struct service_call *call, struct diag *d);
int guard_on_identity(struct service_call *call, struct diag *d);
int guard_on_attest(struct service_call *call, struct diag *d);
int guard_on_attested(struct service_call *call, struct diag *d);
int guard_on_health(struct service_call *call, struct diag *d);
int guard_on_lock(struct service_call *call, struct diag *d);
int guard_on_authorise(struct service_call *call, struct diag *d);
int guard_on_unwrap(struct service_call *call, struct diag *d);
int guard_on_vm_start(struct service_call *call, struct diag *d);
int guard_on_vm_adopt(struct service_call *call, struct diag *d);
int guard_on_vm_channel(struct service_call *call, struct diag *d);

/* What guardd hands over with a VM's start. */
bool guard_two_sockets(const struct frame *f);
/* An empty slot; what was open in it is the caller's to have closed. */
void guard_vm_clear(struct guard_vm *vm);

/* Finds guard-vm beside this program. */
void guard_vm_program(struct guard *g);
/*
 * Before the host is attested: from then on nobody loads a kernel module. Does
 * nothing without a lock, or the second time.
 */
MUST_CHECK int guard_close_modules(struct guard *g, struct diag *d);
/* Collects children that ended. */
void guard_vm_reap(struct guard *g);

/* HPKE of the host key: opens what was sealed with this info. */
MUST_CHECK int guard_open_sealed(struct guard *g, struct bytes info,
    struct bytes sealed, struct secret *ret, struct diag *d);

/* Serves until early leaves without a record, or for ever. */
MUST_CHECK int guard_serve(struct guard *g, int early_fd, struct diag *d);

#endif
