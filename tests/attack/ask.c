/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "ipc/ctl.h"
#include "proto/guard.h"

#define WAIT_MS 15000

int
ask(const struct attack *a, uint16_t op, struct bytes body, const int *fds,
    size_t n_fds, struct buf *ret, struct diag *d)
{
	auto_close int fd = -1;
	int rc;

	if ((rc = ctl_connect(a->socket, &fd, d)) < 0)
		return rc;
	return channel_call(fd, op, body, fds, n_fds, WAIT_MS, ret, NULL, d);
}

static size_t
copy(uint8_t *ret, size_t size, struct bytes in)
{
	if (in.len > size)
		return 0;
	memcpy(ret, in.p, in.len);
	return in.len;
}

bool
ask_identity(const struct attack *a, struct ask_identity *ret)
{
	auto_buf struct buf reply = BUF_INIT(CHANNEL_BODY_MAX);
	struct tpm_identity id;

	if (ask(a, GUARD_OP_IDENTITY, BYTES_NONE, NULL, 0, &reply, NULL) < 0 ||
	    fields_decode(&tpm_identity_fields, buf_bytes(&reply), &id, NULL) <
		0)
		return false;
	ret->hk_len = copy(ret->hk, sizeof(ret->hk), id.hk_public);
	ret->ak_len = copy(ret->ak, sizeof(ret->ak), id.ak_public);
	return true;
}

void
ask_attest(const struct attack *a, char *ret, size_t size)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX),
			    reply = BUF_INIT(CHANNEL_BODY_MAX);
	uint8_t blob[100] = { 0, 32 };
	const struct attest_order order = { .credential_blob =
						bytes_of(blob, 68),
		.encrypted_secret = bytes_of(blob, sizeof(blob)),
		.pcr_mask = 0xfbff };
	struct diag d = { 0 };

	if (fields_encode(&attest_order_fields, &order, &body, &d) < 0 ||
	    ask(a, GUARD_OP_ATTEST, buf_bytes(&body), NULL, 0, &reply, &d) < 0)
		(void)snprintf(ret, size, "%.120s", d.text);
	else
		(void)snprintf(ret, size, "evidence of %zu bytes", reply.len);
	for (char *p = ret; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}

pid_t
ask_in_background(const struct attack *a, unsigned seconds)
{
	double until = seconds_now() + seconds;
	char said[160];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	while (seconds_now() < until) {
		ask_attest(a, said, sizeof(said));
		if (access(a->socket, F_OK) != 0)
			break;
	}
	_exit(0);
}

void
ask_end(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
