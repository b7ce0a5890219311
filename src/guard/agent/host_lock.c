/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps root of this host out, by guard-tpm's word, for the status.
 */
#include <stdio.h>

#include "guard/agent/agent.h"
#include "ipc/ctl.h"

/* guard-tpm may be at a slow TPM: then the status does not wait for it. */
#define LOCK_MS 1000

static int
ask(const struct agent *a, struct buf *storage, struct host_lock *ret,
    struct diag *d)
{
	auto_close int fd = -1;
	int r;

	if ((r = ctl_connect(a->place.tpm_socket, &fd, d)) < 0 ||
	    (r = channel_call(fd, GUARD_OP_LOCK, BYTES_NONE, NULL, 0, LOCK_MS,
		 storage, NULL, d)) < 0)
		return r;
	return fields_decode(&host_lock_fields, buf_bytes(storage), ret, d);
}

/* An alarm rather than a count of harm: each of these got nothing. */
static void
put_refusals(const struct host_lock *k, struct answer *answer)
{
	const struct {
		const char *what;
		uint64_t n;
	} all[] = { { "bpf", k->bpf }, { "perf", k->perf },
		{ "ptrace", k->ptrace }, { "kill", k->kill },
		{ "sigio", k->sigio }, { "rlimit", k->rlimit },
		{ "pins", k->pins }, { "mounts", k->mounts },
		{ "modules", k->modules }, { "kexec", k->kexec },
		{ "sysctl", k->sysctl }, { "exec", k->exec },
		{ "nsfs", k->nsfs }, { "sysrq", k->sysrq },
		{ "swapon", k->swapon }, { "binfmt", k->binfmt },
		{ "dm", k->dm } };
	struct json_out *o = answer_data(answer);
	char line[512] = "";
	size_t len = 0;

	json_out_key(o, "KernelLockRefused");
	json_out_begin_object(o);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		json_out_put_number(o, all[i].what, all[i].n);
		if (all[i].n == 0)
			continue;
		len += (size_t)snprintf(line + len, sizeof(line) - len,
		    " %s %llu", all[i].what, (unsigned long long)all[i].n);
		BUG_ON(len >= sizeof(line));
	}
	json_out_end_object(o);
	answer_line(answer, "LockRefused       %s",
	    len == 0 ? " nothing" : line);
}

void
host_lock_put(const struct agent *a, struct answer *answer)
{
	auto_buf struct buf storage = BUF_INIT(512);
	struct json_out *o = answer_data(answer);
	struct host_lock k = { 0 };
	struct diag d = { 0 };

	if (ask(a, &storage, &k, &d) < 0) {
		answer_line(answer, "KernelLock         unknown: %s", d.text);
		return;
	}
	json_out_put_bool(o, "KernelLock", k.locked);
	json_out_put_bool(o, "SealedImage", k.sealed);
	json_out_put_bool(o, "ModulesClosed", k.modules_closed);
	answer_line(answer, "KernelLock         %s%s",
	    k.locked ? "on" : "off: root of this host can look into its VMs",
	    k.modules_closed ? ", no module loads any more" : "");
	if (k.locked)
		put_refusals(&k, answer);
}
