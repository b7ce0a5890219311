/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the lock's programs know from one call to the next, and how they ask
 * for it.
 */
#ifndef GUARD_LOCK_STATE_BPF_H
#define GUARD_LOCK_STATE_BPF_H

#include "guard/lock/kernel.bpf.h"

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_tracing.h>

#include "guard/lock/shared.h"

#define EPERM 1

struct lock_state state;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} marks SEC(".maps");

/* Files of memory that a marked process made and nobody else has changed. */
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} copies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lock_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lock_modules);
} modules SEC(".maps");

/* Counts one refusal and is its value. */
#define REFUSE(kind)                                              \
	({                                                        \
		__u32 zero_ = 0;                                  \
		struct lock_counters *c_ =                        \
		    bpf_map_lookup_elem(&counters, &zero_);       \
		if (c_)                                           \
			(void)__sync_fetch_and_add(&c_->kind, 1); \
		-EPERM;                                           \
	})

static __always_inline bool
armed(void)
{
	return *(volatile __u64 *)&state.armed != 0;
}

static __always_inline bool
is_marked(struct task_struct *task)
{
	return bpf_task_storage_get(&marks, task, 0, 0) != 0;
}

static __always_inline bool
me_marked(void)
{
	return is_marked(bpf_get_current_task_btf());
}

/*
 * Whether an argument is NULL. Newer verifiers hold that of no LSM hook ever
 * is, and take the plain question out of the program; a few are.
 */
static __always_inline bool
is_null(void *ctx, __u32 nr)
{
	__u64 value = 0;

	return bpf_get_func_arg(ctx, nr, &value) == 0 && value == 0;
}

#endif
