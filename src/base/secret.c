/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int
secret_alloc(struct secret *s, size_t len, struct diag *d)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (len + page) / page * page;
	void *p;

	BUG_ON(s->p != NULL);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return diag_nomem(d);
	/* Best effort: an unprivileged tool's limit may be tiny. */
	(void)mlock(p, size);
	(void)madvise(p, size, MADV_DONTDUMP);
	(void)madvise(p, size, MADV_WIPEONFORK);
	*s = (struct secret){ p, len, size };
	return ERR_OK;
}

int
secret_copy(struct secret *s, struct bytes in, struct diag *d)
{
	int r = secret_alloc(s, in.len, d);

	if (r < 0)
		return r;
	if (in.len != 0)
		memcpy(s->p, in.p, in.len);
	return ERR_OK;
}

void
secret_free(struct secret *s)
{
	if (s == NULL || s->p == NULL)
		return;
	explicit_bzero(s->p, s->size);
	(void)munmap(s->p, s->size);
	*s = (struct secret)SECRET_NONE;
}

struct bytes
secret_bytes(const struct secret *s)
{
	return (struct bytes){ s->p, s->len };
}

bool
secret_equal(struct bytes a, struct bytes b)
{
	volatile uint8_t sum = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		sum |= (uint8_t)(a.p[i] ^ b.p[i]);
	return sum == 0;
}

void
secret_move(struct secret *s, struct secret *ret)
{
	BUG_ON(ret->p != NULL);
	*ret = *s;
	*s = (struct secret)SECRET_NONE;
}

int
process_lock_memory(struct diag *d)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return diag_errno(d, "process: cannot read the memlock limit");
	if (limit.rlim_cur != RLIM_INFINITY)
		return diag_fail(d, ERR_LIMIT,
		    "process: only %llu bytes of memory may be locked",
		    (unsigned long long)limit.rlim_cur);
	/* On fault: what is never touched holds nothing. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		return diag_errno(d, "process: cannot lock its memory");
	return ERR_OK;
}

int
process_protect(struct diag *d)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return diag_errno(d, "process: cannot forbid core dumps");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return diag_errno(d, "process: cannot forbid new privileges");
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return diag_errno(d, "process: cannot set the core limit");
	return ERR_OK;
}
