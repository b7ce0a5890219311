/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ci events: what a policy would refuse of a list of measurements.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "conf/paths.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/ci_file.h"
#include "ctl/guardctl/ci_merge.h"
#include "ctl/guardctl/commands.h"

/* Beyond these a policy is of another machine. */
#define SHOWN_MAX  10000
#define NAME_SHOWN 1024

struct events {
	struct cli *cli;
	const struct ci_policy *p;
	struct ci_keys keys;
	json_t *list;
	uint64_t n, n_refused;
};

static void
show(struct events *x, const struct ima_entry *e, enum ci_result result)
{
	char name[NAME_SHOWN], got[2 * HASH_SIZE_MAX + 1] = "";
	char expected[2 * HASH_SIZE_MAX + 1] = "";
	struct bytes digest;
	enum ci_alg alg;

	text_escape(e->name, name, sizeof(name));
	if (e->digest.value.len <= HASH_SIZE_MAX)
		hex_format(e->digest.value, got);
	if (result == CI_CHANGED && ci_expected(x->p, e->name, &alg, &digest))
		hex_format(digest, expected);
	reply_line(x->cli, "%-14s %s", ci_result_name(result), name);
	if (expected[0] != '\0')
		reply_line(x->cli, "  expected %s", expected);
	if (got[0] != '\0' && x->cli->verbose)
		reply_line(x->cli, "  got      %s", got);
	(void)json_array_append_new(x->list,
	    json_pack("{s:I, s:s, s:s, s:s, s:s}", "entry",
		(json_int_t)e->index, "result", ci_result_name(result), "name",
		name, "got", got, "expected", expected));
}

static int
judge(void *user, const struct ima_entry *e, struct diag *d)
{
	struct events *x = user;
	enum ci_result result = ci_judge(x->p, &x->keys, e);

	(void)d;
	x->n++;
	if (ci_allows(result))
		return ERR_OK;
	if (x->n_refused++ < SHOWN_MAX)
		show(x, e, result);
	return ERR_OK;
}

static int
read_list(const struct cli *cli, struct buf *ret, struct diag *d)
{
	const char *file = cli_option(cli, "ima-log");
	char path[PATH_TEXT_MAX];
	int r;

	if (file != NULL)
		return cli_read_input(cli, file, CI_IMA_LOG_MAX, ret, d);
	if ((r = cli_path(cli, CI_IMA_LOG, path, sizeof(path), d)) < 0)
		return r;
	return file_read(AT_FDCWD, path, CI_IMA_LOG_MAX, ret, d);
}

static int
open_policy(const struct cli *cli, struct ci_file **ret, struct diag *d)
{
	const char *file = cli_option(cli, "policy");
	char path[PATH_TEXT_MAX];
	int r;

	if (file != NULL)
		return ci_file_open(cli, file, ret, d);
	if ((r = cli_path(cli, PATH_CI_POLICY, path, sizeof(path), d)) < 0)
		return r;
	return ci_file_open(cli, path, ret, d);
}

static int
say(struct events *x, struct diag *d)
{
	reply_data(x->cli, "refused", x->list);
	reply_data_number(x->cli, "n_entries", x->n);
	reply_data_number(x->cli, "n_refused", x->n_refused);
	reply_data_text(x->cli, "mode", ci_mode_name(x->p->mode));
	if (x->n_refused > SHOWN_MAX)
		reply_line(x->cli, "... the first %d of them", SHOWN_MAX);
	if (x->n_refused != 0 && x->p->mode == CI_ENFORCED)
		return diag_refuse(d, REASON_CodeIntegrityPolicy,
		    "the policy does not allow %llu of %llu entries",
		    (unsigned long long)x->n_refused, (unsigned long long)x->n);
	reply_line(x->cli, "%llu entries, %llu not allowed, mode %s",
	    (unsigned long long)x->n, (unsigned long long)x->n_refused,
	    ci_mode_name(x->p->mode));
	return ERR_OK;
}

int
cmd_ci_events(struct cli *cli, struct diag *d)
{
	auto_buf struct buf list = BUF_INIT(CI_IMA_LOG_MAX);
	auto_ci_file struct ci_file *f = NULL;
	struct events x = { .cli = cli };
	int r;

	if ((r = open_policy(cli, &f, d)) < 0 ||
	    (r = read_list(cli, &list, d)) < 0)
		return r;
	x.p = &f->policy;
	if ((r = ci_keys_open(x.p, &x.keys, d)) < 0)
		return r;
	x.list = json_array();
	r = ci_ima_each(buf_bytes(&list), judge, &x, d);
	ci_keys_free(&x.keys);
	if (r < 0) {
		json_decref(x.list);
		return r;
	}
	return say(&x, d);
}
