/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirm and stopped: the host says which seal runs. No key is used.
 */
#include <stdio.h>

#include "base/text.h"
#include "hgs/common/outcome.h"
#include "hgs/key/ask.h"

static int
load(struct ask *a, struct seal_notice *q, struct diag *d)
{
	int r;

	r = fields_decode(&seal_notice_fields, a->call.body, q, d);
	if (r < 0)
		return r;
	if (q->version != PROTO_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    "notice: version %u", q->version);
	if ((r = caller_check(a->k, &a->call, &q->asker, a->now, &a->caller,
		 d)) < 0 ||
	    (r = ask_load_core(a, q->core, d)) < 0)
		return r;
	/* T95: a seal that was never offered. */
	if (a->vm_version == 0)
		return diag_refuse(d, REASON_NotConfirmed,
		    "this HGS has no memory of the VM");
	return ERR_OK;
}

static int
finish(struct ask *a, const char *outcome, uint32_t lease, struct buf *ret,
    struct diag *d)
{
	struct seal_notice_reply reply = { PROTO_VERSION, lease };
	char detail[96], digest[65];
	int r;

	hex_format(bytes_of(a->core->seal_digest, 32), digest);
	(void)snprintf(detail, sizeof(detail), "seal=%s", digest);
	r = ask_commit(a, true, true, outcome, detail, NULL, d);
	if (r < 0)
		return r;
	return outcome_message(&seal_notice_reply_fields, &reply, ret, d);
}

int
ask_confirm(struct ask *a, struct buf *ret, struct diag *d)
{
	struct life_ask ask = { .host_id = a->caller.health.host_id,
		.now = a->now };
	struct seal_notice q;
	bool renewal;
	int r;

	if ((r = load(a, &q, d)) < 0)
		return r;
	renewal = a->vm.running && a->vm.n_pending == 0;
	ask.core = a->core;
	r = life_confirm(&a->vm, &ask, a->k->lease_seconds, d);
	if (r < 0)
		return r;
	return finish(a, renewal ? "renewed" : "confirmed", a->k->lease_seconds,
	    ret, d);
}

int
ask_stopped(struct ask *a, struct buf *ret, struct diag *d)
{
	struct life_ask ask = { .host_id = a->caller.health.host_id,
		.now = a->now };
	struct seal_notice q;
	int r;

	if ((r = load(a, &q, d)) < 0)
		return r;
	ask.core = a->core;
	if ((r = life_stopped(&a->vm, &ask, q.clean, d)) < 0)
		return r;
	return finish(a, q.clean ? "stopped" : "stopped unclean", 0, ret, d);
}
