/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/epoch.h"

#include "crypto/health.h"

int
epoch_check(struct bytes before, struct bytes now, struct diag *d)
{
	struct health old, new;
	int r;

	if ((r = health_parse(now, &new, d)) < 0)
		return r;
	/* What is no certificate any more says nothing about the HGS. */
	if (before.len == 0 || health_parse(before, &old, NULL) < 0 ||
	    !bytes_equal(old.key_id, new.key_id))
		return ERR_OK;
	if (new.policy_epoch >= old.policy_epoch)
		return ERR_OK;
	return diag_refuse(d, REASON_PolicyOlder,
	    "the HGS judged by policy epoch %llu, after %llu before: it has "
	    "not heard of the last changes",
	    (unsigned long long)new.policy_epoch,
	    (unsigned long long)old.policy_epoch);
}
