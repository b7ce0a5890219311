/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy list, enable, disable; mode show; signer list, deny-before.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hgs/admin/change.h"
#include "hgs/admin/ci_modes.h"
#include "hgs/common/store_client.h"
#include "policy/builtin.h"

static int
take_policy(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct policy_set *set = user;
	enum policy p = builtin_find(name);
	struct policy_record rec;
	int r = policy_record_decode(row->value, &rec, d);

	if (r < 0)
		return r;
	if (p == POLICY_COUNT)
		return diag_fail(d, ERR_FORMAT, "policy %.*s is unknown here",
		    (int)name.len, (const char *)name.p);
	if ((r = policy_set_change(set, p, rec.enabled, d)) < 0 ||
	    rec.parameter.len == 0)
		return r;
	return policy_set_parameter(set, p, rec.parameter, d);
}

static int
read_set(const struct admin *a, struct policy_set *ret, struct diag *d)
{
	*ret = policy_set_default();
	return each_row(a, "policy/", take_policy, ret, d);
}

/* CiPolicy says nothing without what it judges by. */
static int
list_ci(const struct admin *a, struct answer *ret, struct json_out *o,
    struct diag *d)
{
	const char *warning;
	struct ci_modes m;
	int r = ci_modes_read(a, &m, d);

	if (r < 0)
		return r;
	answer_line(ret, "%-24s %-12s %u enforced, %u in audit mode", "", "",
	    m.n_enforced, m.n_audit);
	if ((warning = ci_modes_warning(&m)) != NULL)
		answer_line(ret, "%-24s %-12s %s", "", "", warning);
	json_out_put_string(o, "effect", ci_modes_name(&m));
	return ERR_OK;
}

static int
on_list(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct json_out *o = answer_data(ret);
	char parameter[TPM_RULES_TEXT_MAX];
	struct policy_set set;
	int r;

	(void)q;
	if ((r = read_set(a, &set, d)) < 0)
		return r;
	json_out_key(o, "policies");
	json_out_begin_array(o);
	for (int i = 0; i < POLICY_COUNT; i++) {
		const struct builtin *b = builtin_get((enum policy)i);
		bool on = policy_set_has(&set, (enum policy)i);
		const char *state = b->locked ? "locked"
		    : b->unavailable != NULL  ? "unavailable"
		    : on                      ? "enabled"
					      : "disabled";

		policy_set_parameter_text(&set, (enum policy)i, parameter);
		answer_line(ret, "%-24s %-12s %s", b->name, state,
		    b->unavailable != NULL ? b->unavailable : b->meaning);
		if (parameter[0] != '\0')
			answer_line(ret, "%-24s %-12s --%s=%s", "", "",
			    b->parameter, parameter);
		json_out_begin_object(o);
		json_out_put_string(o, "name", b->name);
		json_out_put_string(o, "state", state);
		json_out_put_bool(o, "enabled", on);
		if (b->parameter != NULL)
			json_out_put_string(o, b->parameter, parameter);
		if (i == POLICY_CI_POLICY && on &&
		    (r = list_ci(a, ret, o, d)) < 0)
			return r;
		json_out_end_object(o);
	}
	json_out_end_array(o);
	return ERR_OK;
}

/*
 * The option that belongs to the policy, and no other; in one notation, so that
 * what is listed can be compared. Enabling takes it anew each time.
 */
static int
read_parameter(const struct request *q, enum policy p, bool on,
    struct policy_set *set, char ret[static TPM_RULES_TEXT_MAX], struct diag *d)
{
	static const char *const options[] = { "vendor", "minimum" };
	const char *own = builtin_get(p)->parameter;
	struct bytes text;
	int r;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (json_has(q->args, options[i]) &&
		    (own == NULL || strcmp(own, options[i]) != 0))
			return diag_fail(d, ERR_USAGE, "%s takes no --%s",
			    builtin_get(p)->name, options[i]);
	if (!on || own == NULL)
		return ERR_OK;
	if (!json_has(q->args, own))
		return diag_fail(d, ERR_USAGE, "%s needs --%s=LIST",
		    builtin_get(p)->name, own);
	if ((r = request_text(q, own, &text, d)) < 0 ||
	    (r = policy_set_parameter(set, p, text, d)) < 0)
		return r;
	policy_set_parameter_text(set, p, ret);
	return ERR_OK;
}

static int
find_policy(const struct request *q, struct bytes *ret_name, enum policy *ret,
    struct diag *d)
{
	int r = request_name(q, "POLICY", ret_name, d);

	if (r < 0)
		return r;
	*ret = builtin_find(*ret_name);
	if (*ret == POLICY_COUNT)
		return diag_fail(d, ERR_NOT_FOUND,
		    "policy %.*s: no such policy", (int)ret_name->len,
		    (const char *)ret_name->p);
	return ERR_OK;
}

/* undo: what there was before, its parameter included. */
static void
put_undo(const struct builtin *b, bool was, const char *parameter,
    char ret[static 700])
{
	(void)snprintf(ret, 700, "hgsctl policy %s %s%s%s%s%s",
	    was ? "enable" : "disable", b->name,
	    was && parameter[0] != '\0' ? " --" : "",
	    was && parameter[0] != '\0' ? b->parameter : "",
	    was && parameter[0] != '\0' ? "=" : "",
	    was && parameter[0] != '\0' ? parameter : "");
}

static int
change_policy(struct admin *a, const struct request *q, bool on,
    struct answer *ret, struct diag *d)
{
	struct policy_record rec = { RECORD_VERSION, on, BYTES_NONE };
	char old[TPM_RULES_TEXT_MAX], parameter[TPM_RULES_TEXT_MAX];
	char key[STORE_KEY_MAX + 1], undo[700];
	auto_change struct change c;
	struct policy_set set;
	struct bytes name;
	enum policy p;
	bool was;
	int r;

	change_init(&c, a, q);
	if ((r = find_policy(q, &name, &p, d)) < 0 ||
	    (r = read_set(a, &set, d)) < 0)
		return r;
	was = policy_set_has(&set, p);
	policy_set_parameter_text(&set, p, old);
	if ((r = policy_set_change(&set, p, on, d)) < 0 ||
	    (r = read_parameter(q, p, on, &set, parameter, d)) < 0 ||
	    (r = store_key_name(key, "policy", name, d)) < 0)
		return r;
	if (was == on && strcmp(old, parameter) == 0) {
		answer_changed(ret, NULL, "policy %s is %s already",
		    builtin_get(p)->name, on ? "enabled" : "disabled");
		return ERR_OK;
	}
	rec.parameter = bytes_of_text(parameter);
	r = change_put(&c, key, STORE_ANY, &policy_record_fields, &rec, d);
	/* A stricter policy is for hosts that passed by a laxer one too. */
	if (r < 0 ||
	    (r = change_commit(&c, on ? EPOCH_FLOOR : EPOCH_NEXT, name,
		 parameter, ret, d)) < 0)
		return r;
	put_undo(builtin_get(p), was, old, undo);
	answer_changed(ret, undo, "policy %s is %s", builtin_get(p)->name,
	    on ? "enabled" : "disabled");
	return ERR_OK;
}

static int
on_enable(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	return change_policy(a, q, true, ret, d);
}

static int
on_disable(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	return change_policy(a, q, false, ret, d);
}

static int
on_mode(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	struct service_record s;
	int r;

	(void)q;
	r = store_read(a->store_fd, "config/service", &service_record_fields,
	    &b, &s, NULL, d);
	if (r < 0)
		return r;
	answer_line(ret, "mode: %.*s", (int)s.mode.len, (const char *)s.mode.p);
	json_out_put_text(answer_data(ret), "mode", s.mode);
	return ERR_OK;
}

static int
on_deny(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_change struct change c;
	uint64_t when = q->now;
	char text[24], detail[64];
	struct bytes given;
	int r;

	change_init(&c, a, q);
	if (json_has(q->args, "time")) {
		if ((r = request_text(q, "time", &given, d)) < 0)
			return r;
		if (time_parse(given, &when, d) < 0)
			return ERR_USAGE;
		if (when > q->now)
			return diag_fail(d, ERR_USAGE,
			    "--time: is in the future");
	}
	(void)snprintf(detail, sizeof(detail), "deny-before=%s",
	    time_text(when, text));
	if ((r = change_commit_deny(&c, when, detail, ret, d)) < 0)
		return r;
	answer_changed(ret, NULL,
	    "certificates issued before %s are refused; this cannot be undone, "
	    "hosts attest again",
	    text);
	return ERR_OK;
}

const struct admin_command policy_commands[] = {
	{ "policy list", { NULL }, false, on_list },
	{ "policy enable", { "POLICY", "vendor", "minimum" }, true, on_enable },
	{ "policy disable", { "POLICY" }, true, on_disable },
	{ "mode show", { NULL }, false, on_mode },
	{ "signer deny-before", { "time" }, true, on_deny },
	{ NULL },
};
