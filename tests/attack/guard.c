/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The product's own sockets, files and programs: root in the place of guardd,
 * of guard-tpm and of a listener.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "ask.h"
#include "ipc/ctl.h"
#include "proto/guard.h"

/* No answer but the end of the connection will do. */
static void
try_op(const struct attack *a, uint16_t op, struct result *r)
{
	auto_buf struct buf reply = BUF_INIT(CHANNEL_BODY_MAX);
	struct diag d = { 0 };
	int rc;

	if (access(a->socket, F_OK) != 0) {
		result_set(r, VERDICT_NOTHING, "no guard-tpm is here");
		return;
	}
	rc = ask(a, op, BYTES_NONE, NULL, 0, &reply, &d);
	if (rc == ERR_OK)
		result_set(r, VERDICT_FOUND, "%zu bytes", reply.len);
	else if (rc == ERR_NOT_FOUND || rc == ERR_IO)
		result_set(r, VERDICT_REFUSED, "the connection was closed");
	else
		result_set(r, VERDICT_BROKEN, "it was read: %.200s", d.text);
}

#define OP_ATTEMPT(function, op)                                 \
	static void function(const struct attack *a, int target, \
	    struct result *r)                                    \
	{                                                        \
		(void)target;                                    \
		try_op(a, op, r);                                \
	}                                                        \
	struct function##_needs_a_semicolon

OP_ATTEMPT(try_record, GUARD_OP_RECORD);
OP_ATTEMPT(try_authorise, GUARD_OP_AUTHORISE);
OP_ATTEMPT(try_unwrap, GUARD_OP_UNWRAP);
OP_ATTEMPT(try_vm_command, GUARD_OP_VM_COMMAND);
OP_ATTEMPT(try_vm_relay, GUARD_OP_VM_RELAY);
OP_ATTEMPT(try_vm_dump, GUARD_OP_VM_DUMP);

/* Refused with words is right here; an answer is looked through. */
static void
try_asked(const struct attack *a, uint16_t op, struct bytes body,
    enum verdict when_answered, struct result *r)
{
	auto_buf struct buf reply = BUF_INIT(CHANNEL_BODY_MAX);
	struct diag d = { 0 };

	if (access(a->socket, F_OK) != 0)
		result_set(r, VERDICT_NOTHING, "no guard-tpm is here");
	else if (ask(a, op, body, NULL, 0, &reply, &d) < 0)
		result_set(r, VERDICT_REFUSED, "%.250s", d.text);
	else if (holds_marker(a, reply.p != NULL ? (const void *)reply.p : "",
		     reply.len))
		result_set(r, VERDICT_FOUND, "the marker is in the answer");
	else
		result_set(r, when_answered, "%zu bytes", reply.len);
}

static void
try_identity(const struct attack *a, int target, struct result *r)
{
	(void)target;
	try_asked(a, GUARD_OP_IDENTITY, BYTES_NONE, VERDICT_NOTHING, r);
}

static void
try_health(const struct attack *a, int target, struct result *r)
{
	(void)target;
	try_asked(a, GUARD_OP_HEALTH, BYTES_NONE, VERDICT_NOTHING, r);
}

static void
try_attest(const struct attack *a, int target, struct result *r)
{
	char said[160];

	(void)target;
	if (access(a->socket, F_OK) != 0) {
		result_set(r, VERDICT_NOTHING, "no guard-tpm is here");
		return;
	}
	ask_attest(a, said, sizeof(said));
	result_set(r, VERDICT_REFUSED, "%s", said);
}

/* A release key of our own choice, sealed to nobody. */
static void
try_attested(const struct attack *a, int target, struct result *r)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX);
	uint8_t sealed[113] = { 4 };
	const struct attested in = { .certificate = bytes_of_text("attack"),
		.sealed = BYTES_OF_ARRAY(sealed) };

	(void)target;
	if (fields_encode(&attested_fields, &in, &body, NULL) < 0)
		result_set(r, VERDICT_BROKEN, "cannot encode");
	else
		try_asked(a, GUARD_OP_ATTESTED, buf_bytes(&body), VERDICT_FOUND,
		    r);
}

static void
try_stranger(const struct attack *a, int target, struct result *r)
{
	(void)target;
	if (access(a->socket, F_OK) != 0) {
		result_set(r, VERDICT_NOTHING, "no guard-tpm is here");
		return;
	}
	if (setresgid(65534, 65534, 65534) != 0 ||
	    setresuid(65534, 65534, 65534) != 0)
		result_errno(r, "become nobody");
	else
		try_asked(a, GUARD_OP_IDENTITY, BYTES_NONE, VERDICT_READ, r);
}

/* --- the commands of a VM --------------------------------------------------------- */

static void
start_vm(const struct attack *a, const char *folder, struct result *r)
{
	auto_buf struct buf body = BUF_INIT(8192),
			    reply = BUF_INIT(CHANNEL_BODY_MAX);
	const struct vm_start in = { .name = bytes_of_text(a->vm),
		.folder = bytes_of_text(folder) };
	int command[2] = { -1, -1 }, relay[2] = { -1, -1 };
	struct diag d = { 0 };
	struct pollfd p;

	if (channel_pair(command, &d) < 0 || channel_pair(relay, &d) < 0 ||
	    fields_encode(&vm_start_fields, &in, &body, &d) < 0) {
		result_set(r, VERDICT_BROKEN, "%.200s", d.text);
		return;
	}
	if (ask(a, GUARD_OP_VM_START, buf_bytes(&body),
		(int[]){ command[1], relay[1] }, 2, &reply, &d) < 0) {
		result_set(r, VERDICT_REFUSED, "%.250s", d.text);
		return;
	}
	(void)close(command[1]);
	(void)close(relay[1]);
	p = (struct pollfd){ relay[0], POLLIN, 0 };
	if (poll(&p, 1, 8000) > 0 && (p.revents & POLLIN) != 0)
		result_set(r, VERDICT_ALLOWED,
		    "started; it asks us to carry its requests");
	else
		result_set(r, VERDICT_ALLOWED, "started; it asks nothing");
}

static void
try_start_again(const struct attack *a, int target, struct result *r)
{
	(void)target;
	if (a->vm == NULL || a->folder == NULL)
		result_set(r, VERDICT_NOTHING, "no --vm and --folder given");
	else
		start_vm(a, a->folder, r);
}

static void
try_start_elsewhere(const struct attack *a, int target, struct result *r)
{
	struct attack other = *a;

	(void)target;
	if (a->vm == NULL) {
		result_set(r, VERDICT_NOTHING, "no --vm given");
		return;
	}
	other.vm = "attack";
	start_vm(&other, "/tmp/attack-vm", r);
}

/* Whether a channel that we left was taken; then asks for all there is. */
static void
ask_vm(const struct attack *a, int fd, struct result *r)
{
	static const struct {
		const char *name;
		uint16_t op;
	} asks[] = { { "dump", GUARD_OP_VM_DUMP },
		{ "console", GUARD_OP_VM_CONSOLE } };
	static const char out[] = "/tmp/attack-dump";
	auto_buf struct buf body = BUF_INIT(64),
			    reply = BUF_INIT(CHANNEL_BODY_MAX);
	const struct vm_dump dump = { 0 };
	const struct vm_console console = { .kind = bytes_of_text("display") };
	auto_close int file = open(out, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char said[2][160];
	bool given = false;

	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		struct diag d = { 0 };

		buf_reset(&body);
		if ((i == 0 ? fields_encode(&vm_dump_fields, &dump, &body, &d)
			    : fields_encode(&vm_console_fields, &console, &body,
				  &d)) < 0 ||
		    channel_call(fd, asks[i].op, buf_bytes(&body), &file, 1,
			8000, &reply, NULL, &d) < 0) {
			(void)snprintf(said[i], sizeof(said[i]), "%.140s",
			    d.text);
			continue;
		}
		given = true;
		(void)snprintf(said[i], sizeof(said[i]), "given");
	}
	(void)a;
	result_set(r, given ? VERDICT_FOUND : VERDICT_REFUSED,
	    "dump: %s; console: %s", said[0], said[1]);
}

/*
 * A new guardd is given channels to the VMs that run. This is root's best
 * place; guardd must have ended before (attempts.sh stops it).
 */
static void
try_adopt(const struct attack *a, int target, struct result *r)
{
	auto_buf struct buf body = BUF_INIT(64),
			    reply = BUF_INIT(CHANNEL_BODY_MAX);
	struct vm_adopt in = { 0 };
	struct vm_adopted out = { .slots = 1 };
	struct diag d = { 0 };
	int command[2], relay[2];
	struct pollfd p;

	(void)target;
	for (; in.slot < out.slots && out.pid == 0; in.slot++) {
		buf_reset(&body);
		buf_reset(&reply);
		if (channel_pair(command, &d) < 0 ||
		    channel_pair(relay, &d) < 0 ||
		    fields_encode(&vm_adopt_fields, &in, &body, &d) < 0 ||
		    ask(a, GUARD_OP_VM_ADOPT, buf_bytes(&body),
			(int[]){ command[1], relay[1] }, 2, &reply, &d) < 0 ||
		    fields_decode(&vm_adopted_fields, buf_bytes(&reply), &out,
			&d) < 0) {
			result_set(r, VERDICT_REFUSED, "%.250s", d.text);
			return;
		}
		(void)close(command[1]);
		(void)close(relay[1]);
		if (out.pid == 0) {
			(void)close(command[0]);
			(void)close(relay[0]);
		}
	}
	if (out.pid == 0) {
		result_set(r, VERDICT_NOTHING, "no VM runs");
		return;
	}
	p = (struct pollfd){ relay[0], POLLIN, 0 };
	if (poll(&p, 1, 10000) <= 0)
		result_set(r, VERDICT_NOTHING,
		    "a channel is left; guard-vm does not come for it");
	else
		ask_vm(a, command[0], r);
}

/* guard-vm by our own hand: we are its guard-tpm, and know no release key. */
static void
try_own_guard_vm(const struct attack *a, int target, struct result *r)
{
	int tpm[2], command[2], relay[2];
	char fds[3][32], name[128], folder[600];
	struct pollfd p;
	pid_t pid;

	(void)target;
	if (a->vm == NULL || a->folder == NULL ||
	    access(a->guard_vm, X_OK) != 0) {
		result_set(r, VERDICT_NOTHING, "no guard-vm, --vm or --folder");
		return;
	}
	if (channel_pair(tpm, NULL) < 0 || channel_pair(command, NULL) < 0 ||
	    channel_pair(relay, NULL) < 0)
		return;
	(void)snprintf(fds[0], sizeof(fds[0]), "tpm=%d", tpm[1]);
	(void)snprintf(fds[1], sizeof(fds[1]), "control=%d", command[1]);
	(void)snprintf(fds[2], sizeof(fds[2]), "relay=%d", relay[1]);
	(void)snprintf(name, sizeof(name), "name=%s", a->vm);
	(void)snprintf(folder, sizeof(folder), "folder=%s", a->folder);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 3; i++)
			(void)fcntl((int[]){ tpm[1], command[1], relay[1] }[i],
			    F_SETFD, 0);
		(void)dup2(open("/dev/null", O_WRONLY), 2);
		(void)execl(a->guard_vm, "guard-vm", "--fd", fds[0], "--fd",
		    fds[1], "--fd", fds[2], "--set", name, "--set", folder,
		    "--set", "root=", (char *)NULL);
		_exit(127);
	}
	(void)close(tpm[1]);
	p = (struct pollfd){ tpm[0], POLLIN, 0 };
	if (poll(&p, 1, 8000) > 0 && (p.revents & POLLIN) != 0)
		result_set(r, VERDICT_NOTHING,
		    "it asks us for a proof that we cannot give");
	else
		result_set(r, VERDICT_NOTHING, "it ends without asking");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static const struct attempt list[] = {
	{ "guard-record", "ask guard-tpm for another record", try_record, false,
	    30 },
	{ "guard-authorise", "ask it to authorise, as guardd", try_authorise,
	    false, 30 },
	{ "guard-unwrap", "ask it to unwrap, as guardd", try_unwrap, false,
	    30 },
	{ "guard-vm-command", "ask it for a VM's command channel",
	    try_vm_command, false, 30 },
	{ "guard-vm-relay", "ask it for a VM's relay channel", try_vm_relay,
	    false, 30 },
	{ "guard-vm-dump", "ask it for a VM's memory", try_vm_dump, false, 30 },
	{ "guard-identity", "ask it for the host's identity", try_identity,
	    false, 30 },
	{ "guard-health", "ask it for the certificate", try_health, false, 30 },
	{ "guard-attest", "ask it to answer a made-up challenge", try_attest,
	    false, 30 },
	{ "guard-attested", "give it a release key of our own", try_attested,
	    false, 30 },
	{ "guard-stranger", "ask it as nobody", try_stranger, false, 30 },
	{ "guard-start-again", "have the running VM started again",
	    try_start_again, false, 30 },
	{ "guard-start-elsewhere", "start a VM from a folder of our own",
	    try_start_elsewhere, false, 30 },
	{ "guard-own-vm", "start guard-vm ourselves", try_own_guard_vm, false,
	    30 },
	{ "guard-adopt", "adopt the running VM; ask for dump and console",
	    try_adopt, false, 60 },
};

const struct group guard_group = { "guard",
	"guard-tpm's socket, in guardd's place", list, ARRAY_LEN(list) };
