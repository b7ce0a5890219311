/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is written out instruction by instruction: no compiler is needed
 * on the host.
 */
#include "code.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define WAIT_SECONDS 3
#define CODE_MAX     4096

static char verifier_log[1 << 20];

struct writer {
	struct bpf_insn code[CODE_MAX];
	size_t n;
	size_t leave[8]; /* jumps to the end */
	size_t n_leave;
};

long
code_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static void
put(struct writer *w, int op, int dst, int src, int off, int imm)
{
	if (w->n < CODE_MAX)
		w->code[w->n++] = (struct bpf_insn){ .code = (uint8_t)op,
			.dst_reg = (uint8_t)(dst & 15),
			.src_reg = (uint8_t)(src & 15),
			.off = (int16_t)off,
			.imm = imm };
}

#define PUT_MOV(w, d, s)  put(w, BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define PUT_MOVI(w, d, i) put(w, BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define PUT_ADDI(w, d, i) put(w, BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define PUT_CALL(w, f)    put(w, BPF_JMP | BPF_CALL, 0, 0, 0, f)

static void
put_leave(struct writer *w, int op, int dst, int imm)
{
	w->leave[w->n_leave++] = w->n;
	put(w, BPF_JMP | op | BPF_K, dst, 0, 0, imm);
}

/* r0 = the only value of the map, or to the end. */
static void
put_lookup(struct writer *w, int map_fd)
{
	put(w, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0);
	PUT_MOV(w, 2, 10);
	PUT_ADDI(w, 2, -4);
	put(w, BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map_fd);
	put(w, 0, 0, 0, 0, 0);
	PUT_CALL(w, BPF_FUNC_map_lookup_elem);
	put_leave(w, BPF_JEQ, 0, 0);
}

/* Runs once for each request: r0 == 1 is what cmpxchg compares with. */
static void
put_begin(struct writer *w, const struct code_kind *kind, const struct code *c)
{
	if (kind->iterator) {
		put(w, BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 8, 0);
		put_leave(w, BPF_JEQ, 6, 0);
	} else if (!kind->any) {
		PUT_CALL(w, BPF_FUNC_get_current_pid_tgid);
		put(w, BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32);
		put_leave(w, BPF_JNE, 0, c->pid);
	}
	put_lookup(w, c->request_fd);
	PUT_MOV(w, 7, 0);
	PUT_MOVI(w, 0, 1);
	PUT_MOVI(w, 1, 2);
	put(w, BPF_STX | BPF_ATOMIC | BPF_DW, 7, 1, 8, BPF_CMPXCHG);
	put_leave(w, BPF_JNE, 0, 1);
	put(w, BPF_LDX | BPF_MEM | BPF_DW, 8, 7, 0, 0);
	put_lookup(w, c->data_fd);
	PUT_MOV(w, 9, 0);
}

static void
put_page(struct writer *w, const struct code_kind *kind, int i)
{
	PUT_MOV(w, 1, 9);
	PUT_ADDI(w, 1, i * 4096);
	PUT_MOVI(w, 2, 4096);
	PUT_MOV(w, 3, 8);
	PUT_ADDI(w, 3, i * 4096);
	if (kind->iterator) {
		PUT_MOV(w, 4, 6);
		PUT_MOVI(w, 5, 0);
		PUT_CALL(w, BPF_FUNC_copy_from_user_task);
	} else {
		PUT_CALL(w, BPF_FUNC_probe_read_user);
	}
	put(w, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 2, 0);
	PUT_MOVI(w, 1, 1);
	put(w, BPF_STX | BPF_ATOMIC | BPF_DW, 7, 1, 16, BPF_ADD);
}

static void
put_end(struct writer *w, const struct code_kind *kind)
{
	PUT_MOVI(w, 1, 3);
	put(w, BPF_STX | BPF_MEM | BPF_DW, 7, 1, 8, 0);
	for (size_t i = 0; i < w->n_leave; i++)
		w->code[w->leave[i]].off = (int16_t)(w->n - w->leave[i] - 1);
	PUT_MOVI(w, 0, kind->verdict);
	put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int
make_map(size_t size)
{
	union bpf_attr attr = { 0 };

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = (uint32_t)size;
	attr.max_entries = 1;
	attr.map_flags = BPF_F_MMAPABLE;
	return (int)code_bpf(BPF_MAP_CREATE, &attr);
}

bool
code_bpf_is_open(void)
{
	int fd = make_map(8);

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

/* The verifier's last words but one: the reason. */
static const char *
log_end(void)
{
	size_t n = strlen(verifier_log);
	int lines = 0;

	while (n > 0 && lines < 3 && n + 200 > strlen(verifier_log))
		if (verifier_log[--n] == '\n' && ++lines < 3)
			verifier_log[n] = ' ';
	return verifier_log + n;
}

static bool
load(struct code *c, const struct code_kind *kind, struct result *r)
{
	static struct writer w;
	union bpf_attr attr = { 0 };

	w.n = w.n_leave = 0;
	put_begin(&w, kind, c);
	for (int i = 0; i < CODE_PAGES; i++)
		put_page(&w, kind, i);
	put_end(&w, kind);
	attr.prog_type = kind->type;
	attr.expected_attach_type = kind->attach;
	attr.insns = (uintptr_t)w.code;
	attr.insn_cnt = (uint32_t)w.n;
	attr.license = (uintptr_t) "GPL";
	attr.log_buf = (uintptr_t)verifier_log;
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	attr.prog_flags = kind->iterator ? BPF_F_SLEEPABLE : 0;
	if (kind->function != NULL) {
		attr.attach_btf_id = btf_function(kind->function);
		if (attr.attach_btf_id == 0) {
			result_set(r, VERDICT_NOTHING,
			    "the kernel tells of no function %s",
			    kind->function);
			return false;
		}
	}
	c->prog_fd = (int)code_bpf(BPF_PROG_LOAD, &attr);
	if (c->prog_fd >= 0)
		return true;
	result_set(r, VERDICT_REFUSED, "load: %s%s%.150s", strerror(errno),
	    verifier_log[0] != '\0' ? ": " : "", log_end());
	for (char *p = r->text; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return false;
}

bool
code_load(struct code *c, const struct code_kind *kind, pid_t pid,
    struct result *r)
{
	c->pid = pid;
	c->request_fd = make_map(sizeof(struct code_request));
	if (c->request_fd < 0) {
		result_errno(r, "bpf: make a map");
		return false;
	}
	c->data_fd = make_map(CODE_SPAN);
	if (c->data_fd < 0) {
		result_errno(r, "bpf: make a large map");
		return false;
	}
	c->request = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
	    c->request_fd, 0);
	c->data = mmap(NULL, CODE_SPAN, PROT_READ, MAP_SHARED, c->data_fd, 0);
	if (c->request == MAP_FAILED || c->data == MAP_FAILED) {
		result_errno(r, "bpf: map the maps");
		return false;
	}
	return load(c, kind, r);
}

ssize_t
code_read(void *arg, uint64_t at, void *p, size_t n)
{
	struct code *c = arg;
	double until = seconds_now() + WAIT_SECONDS;

	if (c->dead) {
		errno = ETIMEDOUT;
		return -1;
	}
	c->request->at = at;
	c->request->pages = 0;
	__atomic_store_n(&c->request->state, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&c->request->state, __ATOMIC_SEQ_CST) != 3) {
		if (c->kick != NULL)
			c->kick(c);
		if (seconds_now() > until) {
			c->dead = true;
			errno = ETIMEDOUT;
			return -1;
		}
		pause_ms(1);
	}
	if (c->request->pages == 0) {
		errno = EFAULT;
		return -1;
	}
	if (n > CODE_SPAN)
		n = CODE_SPAN;
	memcpy(p, c->data, n);
	return (ssize_t)n;
}

void
code_free(struct code *c)
{
	close_p(&c->link_fd);
	close_p(&c->prog_fd);
	close_p(&c->data_fd);
	close_p(&c->request_fd);
}
