/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks on a guarded process, as root. Each is made with the lock, where it
 * must be refused, and without, where those that work show that the test
 * would see it.
 */
#ifndef TESTS_LOCK_ATTACK_H
#define TESTS_LOCK_ATTACK_H

#include "guarded.h"
#include "t.h"

enum without_lock { WORKS, ALSO_REFUSED };

struct scene {
	bool locked;
	int guarded; /* socket */
	pid_t guarded_pid;
};

/* success: what came of it; errno says how it was refused. */
static inline void
attack(const struct scene *s, enum without_lock without, bool success,
    const char *what)
{
	int error = errno;

	if (!s->locked) {
		if (without == WORKS)
			CHECK(success, "without the lock: %s (%s)", what,
			    success ? "works" : strerror(error));
		return;
	}
	CHECK(!success && (error == EPERM || error == EACCES),
	    "refused: %s (%s)", what, success ? "it worked" : strerror(error));
}

/* A system call by its 32-bit number. */
static inline int
call32(int nr, int a, uint32_t b, uint32_t c)
{
	int rc;

	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	if (rc >= 0)
		return rc;
	errno = -rc;
	return -1;
}

struct victim new_victim(const struct scene *s);
bool bpf_works(void);
void attack_bpf(const struct scene *s);
void attack_perf(const struct scene *s);
void attack_proc(const struct scene *s);
void attack_signals(const struct scene *s);
void attack_settings(const struct scene *s);
void attack_kernel(const struct scene *s);
void attack_sysrq(const struct scene *s);
void attack_keys(const struct scene *s);
void attack_reports(const struct scene *s);
void attack_swap(const struct scene *s);
void attack_binfmt(const struct scene *s);
void attack_dm(const struct scene *s);
void attack_pins(const struct scene *s);

/* The code=root rule: what starts from where. */
bool exec_works(const char *path);
bool exec_fd_works(int fd);
bool copy_file(const char *from, int to);

/*
 * What guarded processes execute. EARLY is started by an interpreter that was
 * registered before there was a lock, which start_early() does.
 */
#define FOREIGN "/run/foreign"
#define COPY    "/run/copy"
#define EARLY   "/x.early"
void start_early(void);
void attack_guarded(const struct scene *s);
/* A device that an initramfs sets up; may be done with the lock. */
void dm_setup(void);

/* An address that 32-bit calls can be given too. */
char *low_text(const char *text);

/* Makes SWAP_DISK one to swap to. */
#define SWAP_DISK "/dev/vdb"
bool make_swap(void);

#endif
