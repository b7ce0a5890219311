/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/guardd.h"

#include <jansson.h>

#include "ctl/common/remote.h"

#define ASK_MS 20000

void
guardd_answer_free(struct guardd_answer *a)
{
	cli_clear(&a->cli);
}

int
guardd_ask(const struct cli *cli, const char *command, const char *vm,
    struct guardd_answer *ret, struct diag *d)
{
	struct remote_request q = { .socket = REMOTE_GUARD_SOCKET,
		.command = command,
		.timeout_ms = ASK_MS };

	if (vm != NULL)
		q.args = json_pack("{s:s}", "NAME", vm);
	ret->cli = (struct cli){ .program = cli->program,
		.command = cli->command,
		.root = cli->root,
		.passphrase_fd = -1 };
	return remote_call(&ret->cli, &q, NULL, d);
}

const json_t *
guardd_data(const struct guardd_answer *a)
{
	return a->cli.data;
}

const json_t *
guardd_reasons(const struct guardd_answer *a)
{
	return a->cli.reasons;
}

const char *
guardd_text(const struct guardd_answer *a, const char *key)
{
	const char *v = json_string_value(json_object_get(a->cli.data, key));

	return v != NULL ? v : "";
}

bool
guardd_true(const struct guardd_answer *a, const char *key)
{
	return json_is_true(json_object_get(a->cli.data, key));
}
