/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs go on when guardd ends. One that is started anew finds them at
 * guard-tpm, and leaves there a pair of channels for each.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "guard/agent/agent.h"
#include "ipc/ctl.h"

#define ADOPT_MS 10000

struct adopting {
	struct agent *a;
	int tpm_fd;
	int ours[2]; /* command, relay */
};

static int
ask(struct adopting *x, uint32_t slot, struct buf *storage,
    struct vm_adopted *ret, struct diag *d)
{
	auto_buf struct buf body = BUF_INIT(64);
	auto_close int command = -1, relay = -1;
	const struct vm_adopt q = { slot };
	int pair[2], theirs[2], r;

	if ((r = channel_pair(pair, d)) < 0)
		return r;
	x->ours[0] = pair[0];
	theirs[0] = command = pair[1];
	if ((r = channel_pair(pair, d)) < 0)
		return r;
	x->ours[1] = pair[0];
	theirs[1] = relay = pair[1];
	if ((r = fields_encode(&vm_adopt_fields, &q, &body, d)) < 0 ||
	    (r = channel_call(x->tpm_fd, GUARD_OP_VM_ADOPT, buf_bytes(&body),
		 theirs, 2, ADOPT_MS, storage, NULL, d)) < 0)
		return r;
	return fields_decode(&vm_adopted_fields, buf_bytes(storage), ret, d);
}

static int
adopt(struct adopting *x, uint32_t slot, uint32_t *ret_slots, struct diag *d)
{
	auto_buf struct buf storage = BUF_INIT(256);
	struct vm_adopted found;
	int r = ask(x, slot, &storage, &found, d);

	if (r == ERR_OK) {
		*ret_slots = found.slots;
		if (found.pid != 0 && found.name.len != 0)
			r = vm_adopt(x->a, found.name, x->ours, d);
	}
	close_p(&x->ours[0]);
	close_p(&x->ours[1]);
	return r;
}

void
vms_adopt(struct agent *a)
{
	struct adopting x = { a, -1, { -1, -1 } };
	struct diag d = { 0 };
	uint32_t slots = 1;
	int r = ctl_connect(a->place.tpm_socket, &x.tpm_fd, &d);

	for (uint32_t i = 0; r == ERR_OK && i < slots; i++)
		r = adopt(&x, i, &slots, &d);
	close_p(&x.tpm_fd);
	if (r < 0)
		log_notice("VMs that run already are not known: %s", d.text);
}
