/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A BPF program that copies a megabyte of a process's memory into a map at each
 * request, and the ways to have the kernel run it.
 */
#ifndef ATTACK_CODE_H
#define ATTACK_CODE_H

#include <linux/bpf.h>

#include "attack.h"

#define CODE_PAGES 256
#define CODE_SPAN  ((size_t)CODE_PAGES * 4096)

struct code_request {
	uint64_t at;
	uint64_t state; /* 0: none, 1: wanted, 2: being made, 3: made */
	uint64_t pages; /* that were there */
};

struct code {
	pid_t pid; /* whose memory, when the program knows who runs */
	int request_fd, data_fd, prog_fd, link_fd;
	volatile struct code_request *request;
	char *data;
	bool dead;          /* it never ran */
	const char *socket; /* for the kick of a server that waits */
	/* Makes it run, where waiting is not enough. */
	void (*kick)(struct code *c);
};

struct code_kind {
	uint32_t type;        /* enum bpf_prog_type */
	uint32_t attach;      /* enum bpf_attach_type */
	const char *function; /* of the kernel, for programs bound to one */
	bool any;             /* cannot tell whose context it runs in */
	bool iterator;        /* reads a task that is not the running one */
	int verdict;          /* what the program returns */
};

#define CODE_INIT                                                             \
	{                                                                     \
		.request_fd = -1, .data_fd = -1, .prog_fd = -1, .link_fd = -1 \
	}

long code_bpf(int cmd, union bpf_attr *attr);
/* What the lock is there to refuse; errno says how when it is not open. */
bool code_bpf_is_open(void);
/* Maps and program; false: r says what was refused. */
bool code_load(struct code *c, const struct code_kind *kind, pid_t pid,
    struct result *r);
/* A reader_fn for search_memory(); its argument is the struct code. */
ssize_t code_read(void *arg, uint64_t at, void *p, size_t n);
void code_free(struct code *c);

/* The id of a kernel function in the kernel's own BTF; 0: not found. */
uint32_t btf_function(const char *name);

#endif
