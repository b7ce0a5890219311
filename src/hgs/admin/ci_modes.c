/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/admin/ci_modes.h"

#include "policy/ci.h"

static int
count(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct ci_modes *m = user;
	struct ci_record rec;
	int r = fields_decode(&ci_record_fields, row->value, &rec, d);

	(void)name;
	if (r < 0)
		return r;
	if (rec.mode == CI_ENFORCED)
		m->n_enforced++;
	else
		m->n_audit++;
	return ERR_OK;
}

int
ci_modes_read(const struct admin *a, struct ci_modes *ret, struct diag *d)
{
	*ret = (struct ci_modes){ 0 };
	return each_row(a, "ci/", count, ret, d);
}

const char *
ci_modes_name(const struct ci_modes *m)
{
	return m->n_enforced > 0 ? "enforced"
	    : m->n_audit > 0     ? "audit"
				 : "none";
}

const char *
ci_modes_warning(const struct ci_modes *m)
{
	if (m->n_enforced > 0 && m->n_audit > 0)
		return "what is in audit mode counts for nothing while a "
		       "policy is enforced";
	if (m->n_audit > 0)
		return "WARNING: audit mode alone: whatever code a host ran, "
		       "CiPolicy refuses nothing for it; it is only noted";
	if (m->n_enforced == 0)
		return "no CI policy is registered: CiPolicy refuses every "
		       "host";
	return NULL;
}
