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

int
ci_modes_say(const struct admin *a, struct answer *ret, struct diag *d)
{
	struct ci_modes m;
	const char *warning;
	int r = ci_modes_read(a, &m, d);

	if (r < 0)
		return r;
	json_out_put_string(answer_data(ret), "effect", ci_modes_name(&m));
	if ((warning = ci_modes_warning(&m)) != NULL)
		answer_line(ret, "%s", warning);
	return ERR_OK;
}

void
ci_modes_say_after(const struct admin *a, struct answer *ret)
{
	struct diag why = { 0 };

	if (ci_modes_say(a, ret, &why) < 0)
		answer_line(ret, "the others cannot be read: %s", why.text);
}

int
ci_modes_move(const struct admin *a, const struct ci_record *rec,
    enum epoch_move *ret, struct diag *d)
{
	struct ci_modes before;
	int r = ci_modes_read(a, &before, d);

	if (r < 0)
		return r;
	*ret = rec->mode == CI_ENFORCED && before.n_enforced == 0 &&
		before.n_audit > 0
	    ? EPOCH_FLOOR
	    : EPOCH_NEXT;
	return ERR_OK;
}
