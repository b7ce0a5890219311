/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/admin/session.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "hgs/admin/change.h"
#include "hgs/admin/tpmca.h"
#include "ipc/ctl.h"

#define GROUP_ADMIN  "shieldwall-admin"
#define GROUP_REVIEW "shieldwall-review"

/* One connection at a time: a silent one may not hold up the others long. */
#define REQUEST_MS  2000
#define STRANGER_MS 50
#define COMMAND_MAX 48
/* An answer larger than this travels as a file. */
#define INLINE_MAX ((size_t)128 << 10)
/* Records of refused strangers in a minute; the journal has all of them. */
#define STRANGERS_MAX 10

static bool
in_group(int fd, const char *name)
{
	const struct group *g = getgrnam(name);

	return g != NULL && ctl_peer_in_group(fd, g->gr_gid);
}

static enum role
role_of(int fd, const struct peer *p)
{
	if (p->uid == 0 || in_group(fd, GROUP_ADMIN))
		return ROLE_ADMINISTRATOR;
	return in_group(fd, GROUP_REVIEW) ? ROLE_REVIEWER : ROLE_NOBODY;
}

static const struct admin_command *
find_command(struct bytes name)
{
	static const struct admin_command *const tables[] = { host_commands,
		baseline_commands, ci_commands, policy_commands,
		service_commands, vm_commands, audit_commands, tpmca_commands };

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct admin_command *c = tables[i]; c->name != NULL;
		     c++)
			if (bytes_equal_text(name, c->name))
				return c;
	return NULL;
}

static int
check_args(const struct admin_command *c, const struct request *q,
    struct diag *d)
{
	const char *known[ARRAY_LEN(c->args) + 1];
	size_t n = 0;
	bool wants_file = false;

	while (n < ARRAY_LEN(c->args) && c->args[n] != NULL) {
		wants_file = wants_file || strcmp(c->args[n], "FILE") == 0;
		known[n] = c->args[n];
		n++;
	}
	known[n++] = "yes";
	if (q->has_file != wants_file)
		return diag_fail(d, ERR_USAGE, "%s: %s", c->name,
		    wants_file ? "needs a file" : "takes no file");
	if (json_only_keys(q->args, known, n, d) < 0)
		return ERR_USAGE;
	return ERR_OK;
}

/* c: NULL when the command is not known; that is said later. */
static int
read_file(const struct frame *in, const struct json *root,
    const struct admin_command *c, struct request *q, struct diag *d)
{
	size_t max =
	    c != NULL && c->file_max != 0 ? c->file_max : ADMIN_FILE_MAX;
	const struct json *files;
	struct stat st;
	size_t n;
	int r;

	if ((r = json_get_array(root, "files", &files, &n, d)) < 0)
		return r;
	if (n != in->n_fds || n > 1)
		return diag_fail(d, ERR_PROTOCOL, "%zu files named, %zu came",
		    n, in->n_fds);
	if (n == 0)
		return ERR_OK;
	/* Anything but a plain file could keep us waiting. */
	if (fstat(in->fds[0], &st) != 0 || !S_ISREG(st.st_mode))
		return diag_fail(d, ERR_PROTOCOL, "the file is not plain");
	q->has_file = true;
	q->file.max = max;
	return file_read_fd(in->fds[0], "FILE", max, &q->file, d);
}

static void
note_refusal(const struct admin *a, const struct request *q, int r,
    const struct diag *why)
{
	static uint64_t minute;
	static unsigned n;
	struct diag d = { 0 };

	log_warning("%s: %s: %s", q->actor, q->command, why->text);
	if (q->role == ROLE_NOBODY) {
		if (q->now / 60 != minute) {
			minute = q->now / 60;
			n = 0;
		}
		if (n++ >= STRANGERS_MAX)
			return;
	}
	if (audit_refusal(a, q->actor, q->command, why, r, &d) < 0)
		log_error("%s: not in the audit log: %s", q->command, d.text);
}

static int
run(struct admin *a, const struct admin_command *c, struct request *q,
    struct answer *answer, struct diag *d)
{
	if (q->role == ROLE_NOBODY)
		return diag_refuse(d, REASON_PermissionDenied,
		    "%s is neither root nor in group " GROUP_ADMIN
		    " or " GROUP_REVIEW,
		    q->actor);
	if (c == NULL)
		return diag_fail(d, ERR_USAGE, "%s: no such command",
		    q->command);
	if (c->changes && q->role != ROLE_ADMINISTRATOR)
		return diag_refuse(d, REASON_PermissionDenied,
		    "%s may look, not change", q->actor);
	if (check_args(c, q, d) < 0)
		return ERR_USAGE;
	return c->run(a, q, answer, d);
}

static int
take_request(struct admin *a, const struct frame *in, struct request *q,
    struct answer *answer, struct diag *d)
{
	auto_json_doc struct json_doc *doc = NULL;
	char name[COMMAND_MAX] = "an unreadable request";
	const struct admin_command *c = NULL;
	const struct json *root;
	struct bytes command;
	int r;

	q->command = name;
	if (in->kind != FRAME_REQUEST || in->op != CTL_OP_COMMAND)
		r = diag_fail(d, ERR_PROTOCOL, "not a command");
	else if (q->role == ROLE_NOBODY)
		r = run(a, NULL, q, answer, d); /* not a byte is looked at */
	else if ((r = json_parse(in->body, &doc, d)) == ERR_OK) {
		root = json_root(doc);
		if ((r = json_get_text(root, "command", &command, d)) ==
			ERR_OK &&
		    (r = json_get_object(root, "args", &q->args, d)) ==
			ERR_OK &&
		    (r = read_file(in, root, find_command(command), q, d)) ==
			ERR_OK) {
			text_escape(command, name, sizeof(name));
			c = find_command(command);
			r = run(a, c, q, answer, d);
		}
	}
	if (r < 0 && (q->role == ROLE_NOBODY || (c != NULL && c->changes)))
		note_refusal(a, q, r, d);
	return r;
}

static int
send_answer(int fd, const struct frame *in, struct answer *answer, int r,
    const struct diag *why, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(2 * ANSWER_MAX);
	auto_close int big = -1;
	int e = answer_encode(answer, r, why, &b, d);

	if (e < 0)
		return channel_reply_error(fd, in, e, d, d);
	if (b.len <= INLINE_MAX)
		return channel_reply(fd, in, buf_bytes(&b), &answer->file_fd,
		    answer->file_fd >= 0 ? 1 : 0, d);
	if ((e = memfd_sealed("answer", buf_bytes(&b), &big, d)) < 0)
		return channel_reply_error(fd, in, e, d, d);
	return channel_reply(fd, in, BYTES_NONE, &big, 1, d);
}

int
session_serve(struct admin *a, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame in = FRAME_INIT;
	struct request q = { .file = BUF_INIT(ADMIN_FILE_MAX),
		.now = (uint64_t)time(NULL) };
	struct diag why = { 0 };
	auto_close int fd = -1;
	struct answer answer;
	struct peer peer;
	int r;

	if ((r = ctl_accept(a->control_fd, &fd, &peer, d)) < 0)
		return r;
	q.role = role_of(fd, &peer);
	(void)snprintf(q.actor, sizeof(q.actor), "uid %u", (unsigned)peer.uid);
	r = channel_receive(fd,
	    q.role == ROLE_NOBODY ? STRANGER_MS : REQUEST_MS, &storage, &in, d);
	if (r < 0) {
		diag_prefix(d, "%s", q.actor);
		return r;
	}
	answer_init(&answer);
	r = take_request(a, &in, &q, &answer, &why);
	r = send_answer(fd, &in, &answer, r, &why, d);
	answer_free(&answer);
	buf_free(&q.file);
	return r;
}
