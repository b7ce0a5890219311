/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask-guard-tpm SOCKET unwrap|authorise|record: asks guard-tpm, as whoever
 * runs this, for what only its own children may have. Ends with 0 when the
 * connection was closed without an answer, with 1 when anything came back.
 */
#include <stdio.h>
#include <string.h>

#include "ipc/ctl.h"
#include "proto/guard.h"

static const struct ask {
	const char *name;
	uint16_t op;
} asks[] = {
	{ "unwrap", GUARD_OP_UNWRAP },
	{ "authorise", GUARD_OP_AUTHORISE },
	{ "record", GUARD_OP_RECORD },
};

static int
ask(const char *path, uint16_t op)
{
	auto_buf struct buf reply = BUF_INIT(CHANNEL_BODY_MAX);
	auto_close int fd = -1;
	struct diag d = { 0 };
	int r;

	if (ctl_connect(path, &fd, &d) < 0) {
		(void)fprintf(stderr, "ask-guard-tpm: %s\n", d.text);
		return 2;
	}
	r = channel_call(fd, op, BYTES_NONE, NULL, 0, 10000, &reply, NULL, &d);
	(void)fprintf(stderr, "ask-guard-tpm: %s\n",
	    r == ERR_OK ? "answered" : d.text);
	/* The end of the connection, or a write into it, and nothing else. */
	return r == ERR_NOT_FOUND || r == ERR_IO ? 0 : 1;
}

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < ARRAY_LEN(asks); i++)
		if (strcmp(argv[2], asks[i].name) == 0)
			return ask(argv[1], asks[i].op);
	(void)fprintf(stderr,
	    "usage: ask-guard-tpm SOCKET unwrap|authorise|record\n");
	return 2;
}
