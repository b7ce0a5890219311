/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An administrator's requests to a running VM, as guardd hands them on, and
 * what a viewer of its display does.
 */
#ifndef TESTS_VM_ASK_H
#define TESTS_VM_ASK_H

#include "lives.h"

#include <sys/socket.h>

#include "base/text.h"

#define ASK_UID 4711

/* The reason for which it is refused; REASON_NONE when it is done. */
static inline enum reason
ask_fd(struct fabric *f, uint16_t op, const struct fields *fields,
    const void *message, int fd, struct buf *ret)
{
	f->ask_fd = fd;
	buf_reset(ret);
	fd_ = (struct diag){ 0 };
	if (fabric_ask(f, op, fields, message, 60000, ret) == ERR_OK)
		return REASON_NONE;
	printf("# %s (%s)\n", fd_.text,
	    fd_.reason != REASON_NONE ? reason_name(fd_.reason) : "no reason");
	return fd_.reason != REASON_NONE ? fd_.reason : REASON_InternalError;
}

/* The agent's answer in ret. */
static inline enum reason
ask_guest(struct fabric *f, const char *verb, const char *command,
    struct buf *ret)
{
	struct vm_guest q = { bytes_of_text(verb),
		command != NULL ? bytes_of_text(command) : BYTES_NONE,
		ASK_UID };
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	struct vm_guest_reply reply;
	enum reason r =
	    ask_fd(f, GUARD_OP_VM_GUEST, &vm_guest_fields, &q, -1, &b);

	buf_reset(ret);
	if (r == REASON_NONE &&
	    fields_decode(&vm_guest_reply_fields, buf_bytes(&b), &reply,
		&fd_) == ERR_OK)
		(void)buf_put(ret, reply.json);
	return r;
}

/* What a command in the guest prints, or "". */
static inline const char *
ask_shell(struct fabric *f, const char *command)
{
	static char text[4096];
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf out = BUF_INIT(sizeof(text) - 1);
	auto_json_doc struct json_doc *doc = NULL;
	const struct json *o;

	text[0] = '\0';
	if (ask_guest(f, "exec", command, &b) != REASON_NONE ||
	    json_parse(buf_bytes(&b), &doc, &fd_) < 0 ||
	    json_get_object(json_root(doc), "return", &o, &fd_) < 0)
		return text;
	if (json_has(o, "out-data") &&
	    json_get_base64(o, "out-data", sizeof(text) - 1, &out, &fd_) ==
		ERR_OK)
		copy_text(buf_bytes(&out), text, sizeof(text));
	return text;
}

static inline enum reason
ask_disk(struct fabric *f, const char *verb, const char *file, uint64_t size)
{
	struct vm_disk q = { bytes_of_text(verb), bytes_of_text(file), size,
		ASK_UID };
	auto_buf struct buf b = BUF_INIT(1024);

	return ask_fd(f, GUARD_OP_VM_DISK, &vm_disk_fields, &q, -1, &b);
}

static inline enum reason
ask_console(struct fabric *f, const char *kind, int *ret_fd)
{
	struct vm_console q = { bytes_of_text(kind), ASK_UID };
	auto_buf struct buf b = BUF_INIT(1024);
	enum reason r;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		t_bail("socketpair: %s", strerror(errno));
	r = ask_fd(f, GUARD_OP_VM_CONSOLE, &vm_console_fields, &q, fds[1], &b);
	(void)close(fds[1]);
	*ret_fd = fds[0];
	if (r != REASON_NONE)
		close_p(ret_fd);
	return r;
}

static inline enum reason
ask_dump(struct fabric *f, const char *path)
{
	struct vm_dump q = { ASK_UID };
	auto_buf struct buf b = BUF_INIT(1024);
	auto_close int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		t_bail("%s: %s", path, strerror(errno));
	return ask_fd(f, GUARD_OP_VM_DUMP, &vm_dump_fields, &q, fd, &b);
}

/* Exactly n bytes, within ten seconds of silence. */
static inline bool
take(int fd, void *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		struct pollfd w = { fd, POLLIN, 0 };
		ssize_t got;

		if (poll(&w, 1, 10000) != 1)
			return false;
		got = recv(fd, (char *)p + done, n - done, 0);
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/*
 * RFC 6143: version, no security, shared, and one whole frame in the format
 * that the server offers. True if the display has a picture of some size.
 */
static inline bool
display_is_shown(int fd)
{
	static const uint8_t update[] = { 3, 0, 0, 0, 0, 0, 0, 16, 0, 16 };
	uint8_t b[64], head[4], rect[12], name[256];
	uint32_t len, encoding;

	if (!take(fd, b, 12) || memcmp(b, "RFB 003.008\n", 12) != 0 ||
	    send(fd, "RFB 003.008\n", 12, 0) != 12 || !take(fd, b, 1) ||
	    b[0] == 0 || !take(fd, b + 1, b[0]) ||
	    memchr(b + 1, 1, b[0]) == NULL || send(fd, "\001", 1, 0) != 1 ||
	    !take(fd, b, 4) || memcmp(b, "\0\0\0\0", 4) != 0 ||
	    send(fd, "\001", 1, 0) != 1 || !take(fd, b, 24))
		return false;
	len = (uint32_t)b[20] << 24 | (uint32_t)b[21] << 16 |
	    (uint32_t)b[22] << 8 | b[23];
	printf("# a display of %u x %u\n", b[0] << 8 | b[1], b[2] << 8 | b[3]);
	if ((b[0] | b[1]) == 0 || len > sizeof(name) || !take(fd, name, len) ||
	    send(fd, update, sizeof(update), 0) != (ssize_t)sizeof(update) ||
	    !take(fd, head, 4) || head[0] != 0 || !take(fd, rect, 12))
		return false;
	encoding = (uint32_t)rect[8] << 24 | rect[11];
	return (head[2] | head[3]) != 0 && encoding == 0;
}

#endif
