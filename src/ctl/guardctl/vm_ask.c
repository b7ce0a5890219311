/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm guest, vm dump: what a running VM is asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/common/remote.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/guardd.h"

#define GUEST_MS    600000
#define DUMP_MS     3600000
#define COMMAND_MAX 4096
#define OUTPUT_MAX  ((size_t)1 << 20)

/* --- vm guest --- */

static int
check_command(const struct cli *cli, const char *command, struct diag *d)
{
	bool is_exec = strcmp(cli_arg(cli, 1), "exec") == 0;

	if (is_exec && command == NULL)
		return diag_fail(d, ERR_USAGE, "exec: --command is needed");
	if (!is_exec && command != NULL)
		return diag_fail(d, ERR_USAGE, "--command belongs to exec");
	if (command != NULL &&
	    (command[0] == '\0' || strlen(command) > COMMAND_MAX))
		return diag_fail(d, ERR_USAGE, "--command: not 1 to %d bytes",
		    COMMAND_MAX);
	return ERR_OK;
}

/* Lines of what the guest's command wrote. */
static void
put_output(struct cli *cli, const char *key, const char *base64)
{
	auto_buf struct buf b = BUF_INIT(OUTPUT_MAX);
	struct diag d = { 0 };
	size_t at = 0;

	if (base64 == NULL)
		return;
	if (base64_decode(bytes_of_text(base64), &b, &d) < 0) {
		reply_line(cli, "%s: %s", key, d.text);
		return;
	}
	while (at < b.len) {
		const uint8_t *end = memchr(b.p + at, '\n', b.len - at);
		size_t len =
		    end == NULL ? b.len - at : (size_t)(end - (b.p + at));

		reply_line(cli, "%s: %.*s", key, (int)len,
		    (const char *)b.p + at);
		at += len + 1;
	}
}

/* The guest's words: nothing of them is believed, all is escaped. */
static void
put_exec(struct cli *cli, const char *text)
{
	json_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const json_t *o = json_object_get(answer, "return");
	const json_t *status = json_object_get(o, "exitcode");

	put_output(cli, "out",
	    json_string_value(json_object_get(o, "out-data")));
	put_output(cli, "err",
	    json_string_value(json_object_get(o, "err-data")));
	if (json_is_true(json_object_get(o, "out-truncated")) ||
	    json_is_true(json_object_get(o, "err-truncated")))
		reply_line(cli, "note: the guest's agent cut the output");
	if (json_is_integer(status)) {
		reply_line(cli, "exit status %lld",
		    (long long)json_integer_value(status));
		reply_data(cli, "exitcode",
		    json_integer(json_integer_value(status)));
	} else {
		reply_line(cli, "the guest's agent told no exit status");
	}
	json_decref(answer);
}

int
cmd_vm_guest(struct cli *cli, struct diag *d)
{
	auto_guardd_answer struct guardd_answer a = { .cli = *cli };
	const char *verb = cli_arg(cli, 1);
	const char *command = cli_option(cli, "command"), *text;
	struct remote_request q = { .socket = REMOTE_GUARD_SOCKET,
		.command = "vm guest",
		.timeout_ms = GUEST_MS };
	json_t *v;
	int r;

	if ((r = check_command(cli, command, d)) < 0)
		return r;
	q.args = json_pack("{s:s, s:s}", "NAME", cli_arg(cli, 0), "VERB", verb);
	if (command != NULL)
		(void)json_object_set_new(q.args, "command",
		    json_string(command));
	/* Of exec the lines are made here. */
	if (command == NULL)
		return remote_call(cli, &q, NULL, d);
	r = remote_call(&a.cli, &q, NULL, d);
	for (size_t i = 0; (v = json_array_get(a.cli.reasons, i)) != NULL; i++)
		reply_reason(cli, json_incref(v));
	if (r < 0)
		return r;
	text = guardd_text(&a, "answer");
	reply_data_text(cli, "answer", text);
	put_exec(cli, text);
	return ERR_OK;
}

/* --- vm dump --- */

int
cmd_vm_dump(struct cli *cli, struct diag *d)
{
	const char *file = cli_option(cli, "o");
	struct remote_request q = { .socket = REMOTE_GUARD_SOCKET,
		.command = "vm dump",
		.timeout_ms = DUMP_MS };
	auto_close int fd = -1;
	int r;

	if (file == NULL || strcmp(file, "-") == 0)
		return diag_fail(d, ERR_USAGE, "-o: a new file is needed");
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0 && errno == EEXIST)
		return diag_fail(d, ERR_EXISTS, "%s: is there already", file);
	if (fd < 0)
		return diag_errno(d, "%s: cannot make", file);
	q.args = json_pack("{s:s}", "NAME", cli_arg(cli, 0));
	q.fd = &fd;
	r = remote_call(cli, &q, NULL, d);
	if (r == ERR_OK && fsync(fd) != 0)
		r = diag_errno(d, "%s: cannot sync", file);
	if (r < 0) {
		(void)unlink(file);
		return r;
	}
	reply_data_text(cli, "file", file);
	reply_changed(cli, NULL,
	    "%s holds all of the guest's memory: guard it as the guest itself",
	    file);
	return ERR_OK;
}
