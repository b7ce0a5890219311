/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/refusal.h"

#include <stdio.h>

#include "base/text.h"
#include "hgs/common/outcome.h"
#include "hgs/common/store_client.h"

void
refusal_actor(const struct refusal *f, char *text, size_t size)
{
	if (f->host.len != 0)
		(void)snprintf(text, size, "host %.*s", (int)f->host.len,
		    (const char *)f->host.p);
	else
		(void)snprintf(text, size, "unregistered host");
}

int
refuse_host(int store_fd, const struct refusal *f, struct buf *ret,
    struct diag *d)
{
	enum reason reason = outcome_reason(f->err, f->why);
	static struct store_commit c;
	struct diag sink = { 0 };
	char actor[96], detail[DIAG_TEXT_MAX * 4];
	int r;

	refusal_actor(f, actor, sizeof(actor));
	text_escape(bytes_of_text(f->why->text), detail, 1000);
	c.n_changes = 0;
	c.n_audits = 1;
	c.audits[0] = (struct audit_entry){
		.actor = bytes_of_text(actor),
		.action = bytes_of_text(f->action),
		.subject = f->subject.len != 0 ? f->subject : f->host,
		.outcome = bytes_of_text(reason_name(reason)),
		.detail = bytes_of_text(detail),
	};
	if ((r = store_write(store_fd, &c, NULL, &sink)) < 0)
		return outcome_refusal(r, &sink, "", ret, d);
	return outcome_refusal(f->err, f->why,
	    reason == REASON_UnauthorizedHost ? "UnauthorizedHost" : "", ret,
	    d);
}
