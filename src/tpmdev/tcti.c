/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCTI around another one. ESYS waits for ever in its synchronous calls; a
 * hung TPM would hang guard-tpm and with it every VM's start. So the wait is
 * done here, on the inner transport's descriptor, before it is asked to read.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <tss2/tss2_tctildr.h>

#include "tpmdev/internal.h"

#define DEADLINE_MAGIC 0x73687764646c6e65ull

struct deadline {
	TSS2_TCTI_CONTEXT_COMMON_V2 head; /* must be first */
	TSS2_TCTI_CONTEXT *inner;
	int socket; /* the inner one's, where it does not tell; or -1 */
	int ms;
	bool sent; /* and not yet answered */
};

static struct deadline *
of(TSS2_TCTI_CONTEXT *tcti)
{
	struct deadline *t = (struct deadline *)(void *)tcti;

	BUG_ON(t->head.v1.magic != DEADLINE_MAGIC);
	return t;
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/*
 * The swtpm transport does not tell its socket, which it makes when it sends,
 * for each command anew. That is the one descriptor it keeps, so it has the
 * lowest number that was free before.
 */
static TSS2_RC
transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
	struct deadline *t = of(tcti);
	int lowest = tcti_lowest_free();
	TSS2_RC rc = Tss2_Tcti_Transmit(t->inner, size, command);

	if (is_socket(lowest))
		t->socket = lowest;
	t->sent = rc == TSS2_RC_SUCCESS;
	return rc;
}

static int
find_descriptor(struct deadline *t)
{
	TSS2_TCTI_POLL_HANDLE handle[1];
	size_t n = 1;

	if (Tss2_Tcti_GetPollHandles(t->inner, handle, &n) == TSS2_RC_SUCCESS &&
	    n == 1)
		return handle[0].fd;
	return is_socket(t->socket) ? t->socket : -1;
}

static TSS2_RC
receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response,
    int32_t timeout)
{
	struct deadline *t = of(tcti);
	struct pollfd p = { .fd = find_descriptor(t), .events = POLLIN };

	(void)timeout; /* ESYS means "for ever" */
	if (t->sent && p.fd >= 0 && poll(&p, 1, t->ms) == 0)
		return DEADLINE_PASSED;
	t->sent = false;
	return Tss2_Tcti_Receive(t->inner, size, response,
	    TSS2_TCTI_TIMEOUT_BLOCK);
}

static void
finalise(TSS2_TCTI_CONTEXT *tcti)
{
	(void)tcti; /* tcti_deadline_free() */
}

static TSS2_RC
cancel(TSS2_TCTI_CONTEXT *tcti)
{
	return Tss2_Tcti_Cancel(of(tcti)->inner);
}

static TSS2_RC
poll_handles(TSS2_TCTI_CONTEXT *tcti, TSS2_TCTI_POLL_HANDLE *handles, size_t *n)
{
	return Tss2_Tcti_GetPollHandles(of(tcti)->inner, handles, n);
}

static TSS2_RC
set_locality(TSS2_TCTI_CONTEXT *tcti, uint8_t locality)
{
	return Tss2_Tcti_SetLocality(of(tcti)->inner, locality);
}

static TSS2_RC
make_sticky(TSS2_TCTI_CONTEXT *tcti, TPM2_HANDLE *handle, uint8_t sticky)
{
	(void)tcti;
	(void)handle;
	(void)sticky;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

int
tcti_lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd;
}

int
tcti_deadline_new(TSS2_TCTI_CONTEXT *inner, int lowest_free,
    TSS2_TCTI_CONTEXT **ret, struct diag *d)
{
	struct deadline *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return diag_nomem(d);
	t->head.v1.magic = DEADLINE_MAGIC;
	t->head.v1.version = 2;
	t->head.v1.transmit = transmit;
	t->head.v1.receive = receive;
	t->head.v1.finalize = finalise;
	t->head.v1.cancel = cancel;
	t->head.v1.getPollHandles = poll_handles;
	t->head.v1.setLocality = set_locality;
	t->head.makeSticky = make_sticky;
	t->inner = inner;
	t->socket = lowest_free;
	t->ms = DEADLINE_MS;
	*ret = (TSS2_TCTI_CONTEXT *)(void *)t;
	return ERR_OK;
}

void
tcti_deadline_free(TSS2_TCTI_CONTEXT *tcti)
{
	struct deadline *t;

	if (tcti == NULL)
		return;
	t = of(tcti);
	Tss2_TctiLdr_Finalize(&t->inner);
	free(t);
}

void
tcti_deadline_set(TSS2_TCTI_CONTEXT *tcti, int ms)
{
	of(tcti)->ms = ms;
}
