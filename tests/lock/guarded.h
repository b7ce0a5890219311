/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guarded side of the lock's test machine: a process that loads the lock
 * as guard-early does and lives on, and its children, which have secrets in
 * every kind of memory. The other side asks it over a socket.
 */
#ifndef TESTS_LOCK_GUARDED_H
#define TESTS_LOCK_GUARDED_H

#include <sys/types.h>

#include "guard/lock/counters.h"

#define RAM_MARKER   "a marker in anonymous memory"
#define STACK_MARKER "a marker on the stack"
/* In r12 to r15. */
#define REGISTER_MARKER 0x6d61726b65722121UL

enum lock_mode {
	MODE_CONTROL, /* no lock: what the attacks can do */
	MODE_LOCK,
	MODE_PINS, /* the pins attached to a path, the worse case */
	MODE_CODE
};

struct victim {
	pid_t pid;
	uint64_t ram, secret, shared; /* addresses */
	int memfd, pipe;              /* descriptors there */
};

enum ask {
	ASK_READY,
	ASK_VICTIM,
	ASK_COUNTERS,
	ASK_CLOSE,   /* modules */
	ASK_REOPEN,  /* takes the request back: to no effect */
	ASK_KILL,    /* makes a victim and ends it */
	ASK_MEMFD,   /* executes a memory file; these answer with errno */
	ASK_HOME,    /* a program of its own file system, the first one */
	ASK_FOREIGN, /* FOREIGN, EARLY, COPY */
	ASK_EARLY,
	ASK_COPY,
	ASK_MAKE, /* makes COPY */
	ASK_PINS  /* sends the holder's descriptor */
};

struct answer {
	int rc;
	char text[DIAG_TEXT_MAX];
	struct victim victim;
	struct lock_counters counters;
	uint8_t digest[LOCK_DIGEST_SIZE];
};

/* Forks it; its process id, and the socket to ask it in *ret_fd. */
pid_t guarded_start(enum lock_mode mode, int *ret_fd);
/* fd: where a descriptor that comes along is put; or NULL. */
struct answer guarded_ask(int socket, enum ask ask, int *fd);

#endif
