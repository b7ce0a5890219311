/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/monitor/unlock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ipc/ctl.h"
#include "proto/hgs.h"

#define SEND_MS 60000
#define READ_MS 5000

int
unlock_read_file(const char *path, struct secret *ret, struct diag *d)
{
	auto_close int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return diag_errno(d, "passphrase_file %s", path);
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 077) != 0)
		return diag_fail(d, ERR_REFUSED,
		    "passphrase_file %s: must be root's, with mode 0600 or less",
		    path);
	return file_read_passphrase(fd, path, ret, d);
}

int
unlock_send(const struct family *f, struct bytes passphrase, struct diag *d)
{
	static const enum member order[] = { MEMBER_STORE, MEMBER_ATTEST,
		MEMBER_KEY };
	auto_buf struct buf body = BUF_INIT(2048);
	auto_buf struct buf reply = BUF_INIT(2048);
	struct unlock u = { passphrase };
	int r;

	if ((r = fields_encode(&unlock_fields, &u, &body, d)) < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		r = channel_call(f->monitor_fds[order[i]], HGS_OP_UNLOCK,
		    buf_bytes(&body), NULL, 0, SEND_MS, &reply, NULL, d);
		if (r < 0) {
			diag_prefix(d, "%s", f->members[order[i]].program);
			return r;
		}
	}
	return ERR_OK;
}

static int
answer(const struct family *f, const struct frame *in, struct diag *d)
{
	struct unlock u;
	int r;

	if (in->kind != FRAME_REQUEST || in->op != HGS_OP_UNLOCK)
		return diag_fail(d, ERR_PROTOCOL, "unlock: another request");
	if ((r = fields_decode(&unlock_fields, in->body, &u, d)) < 0)
		return r;
	return unlock_send(f, u.passphrase, d);
}

int
unlock_serve(int listen_fd, const struct family *f, bool *ret_unlocked,
    struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame in = FRAME_INIT;
	auto_close int fd = -1;
	struct diag why = { 0 };
	struct peer peer;
	int r;

	if ((r = ctl_accept(listen_fd, &fd, &peer, d)) < 0)
		return r;
	/* The socket's mode says so already; the kernel's word is better. */
	if (peer.uid != 0)
		return diag_fail(d, ERR_REFUSED, "unlock: uid %u is not root",
		    (unsigned)peer.uid);
	if ((r = channel_receive(fd, READ_MS, &storage, &in, d)) < 0)
		return r;
	r = answer(f, &in, &why);
	if (r < 0) {
		*d = why;
		return channel_reply_error(fd, &in, r, &why, &why);
	}
	*ret_unlocked = true;
	return channel_reply(fd, &in, BYTES_NONE, NULL, 0, d);
}
