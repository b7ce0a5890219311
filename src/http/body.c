/* SPDX-License-Identifier: Apache-2.0 */
#include "http/body.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

int
http_body_open(struct http_body *b, size_t len, bool bulk, struct diag *d)
{
	auto_close int fd = -1;
	void *p;

	if (len == 0)
		return ERR_OK;
	if (!bulk) {
		p = malloc(len);
		if (p == NULL)
			return diag_nomem(d);
	} else {
		/* Pages come as bytes do: announcing costs nothing. */
		fd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (fd < 0 || ftruncate(fd, (off_t)len) != 0)
			return diag_errno(d, "cannot make a memory file");
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED)
			return diag_errno(d, "cannot map a memory file");
	}
	b->p = p;
	b->len = len;
	b->fd = TAKE_FD(&fd);
	return ERR_OK;
}

size_t
http_body_take(struct http_body *b, struct evbuffer *from)
{
	int n;

	if (b->got == b->len)
		return 0;
	n = evbuffer_remove(from, b->p + b->got, b->len - b->got);
	if (n <= 0)
		return 0;
	b->got += (size_t)n;
	return (size_t)n;
}

int
http_body_seal(struct http_body *b, struct diag *d)
{
	void *p;

	if (b->fd < 0)
		return ERR_OK;
	/* A writable mapping would forbid the seal. */
	(void)munmap(b->p, b->len);
	b->p = NULL;
	if (fcntl(b->fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		return diag_errno(d, "cannot seal a memory file");
	p = mmap(NULL, b->len, PROT_READ, MAP_PRIVATE, b->fd, 0);
	if (p == MAP_FAILED)
		return diag_errno(d, "cannot map a memory file");
	b->p = p;
	b->sealed = true;
	return ERR_OK;
}

void
http_body_free(struct http_body *b)
{
	if (b->fd < 0) {
		if (b->p != NULL)
			explicit_bzero(b->p, b->len);
		free(b->p);
	} else if (b->p != NULL) {
		(void)munmap(b->p, b->len);
	}
	close_p(&b->fd);
	b->p = NULL;
	b->len = b->got = 0;
	b->sealed = false;
}
