/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/lock/counters.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "guard/lock/object/digest.gen.h"

void
lock_digest(uint8_t ret[static LOCK_DIGEST_SIZE])
{
	static const uint8_t digest[LOCK_DIGEST_SIZE] = LOCK_OBJECT_DIGEST;

	memcpy(ret, digest, sizeof(digest));
}

/* The one element of an array map; size is less than a page. */
static void *
map_element(int fd, size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int
lock_counters_read(int counters_fd, struct lock_counters *ret, struct diag *d)
{
	struct lock_counters *c;

	c = map_element(counters_fd, sizeof(*c), PROT_READ);
	if (c == NULL)
		return diag_errno(d, "the lock's counters cannot be mapped");
	*ret = *c;
	(void)munmap(c, sizeof(*c));
	return ERR_OK;
}

int
lock_modules_close(int modules_fd, struct diag *d)
{
	volatile struct lock_modules *m;
	void *p;
	bool closed;

	p = map_element(modules_fd, sizeof(*m), PROT_READ | PROT_WRITE);
	if (p == NULL)
		return diag_errno(d,
		    "the lock's request page cannot be mapped");
	m = p;
	m->request = 1;
	__sync_synchronize();
	/* Refused, as any bpf() is; but the lock has looked at the page. */
	(void)syscall(SYS_bpf, LOCK_BPF_LOOK, NULL, 0);
	closed = m->closed != 0;
	(void)munmap(p, sizeof(*m));
	if (!closed)
		return diag_fail(d, ERR_IO,
		    "the kernel lock did not close modules: it is not there");
	return ERR_OK;
}
