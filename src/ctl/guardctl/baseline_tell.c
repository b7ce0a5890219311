/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/baseline_tell.h"

#include <jansson.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/baseline_items.h"
#include "policy/arguments.h"
#include "policy/variance.h"

/* Were these policies enabled. */
static void
tell_command_line(struct cli *cli, struct bytes cmdline)
{
	json_t *missed = json_object();

	for (unsigned p = 0; p < POLICY_COUNT; p++) {
		const struct builtin *b = builtin_get((enum policy)p);
		struct diag why = { 0 };

		if (!arguments_apply((enum policy)p) ||
		    arguments_judge((enum policy)p, cmdline, &why) == ERR_OK)
			continue;
		reply_line(cli, "note              %s would not hold: %s",
		    b->name, why.text);
		(void)json_object_set_new(missed, b->name,
		    json_string(why.text));
	}
	reply_data(cli, "policies_missed", missed);
}

void
baseline_tell_boot(struct cli *cli, const struct host_boot *boot)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < BASELINE_ITEMS; i++) {
		struct baseline_item_state s;

		baseline_item_read((enum baseline_item)i, &boot->findings,
		    buf_bytes(&boot->ima_log), &s);
		reply_line(cli, "%-17s %s%s", s.name,
		    s.good ? "" : "warning: ", s.text);
		(void)json_object_set_new(all, s.name,
		    json_pack("{s:b, s:s}", "good", s.good ? 1 : 0, "text",
			s.text));
	}
	reply_data(cli, "boot", all);
}

static void
tell_variances(struct cli *cli, const struct baseline *b)
{
	auto_buf struct buf text = BUF_INIT(BASELINE_FILE_MAX);
	json_t *all = json_array();
	struct bytes rest, line;

	if (variance_put(&text, b))
		for (rest = buf_bytes(&text); text_next_line(&rest, &line);) {
			reply_line(cli, "varies            %.*s", (int)line.len,
			    (const char *)line.p);
			(void)json_array_append_new(all,
			    json_stringn((const char *)line.p, line.len));
		}
	reply_data(cli, "varies", all);
}

void
baseline_tell(struct cli *cli, struct bytes file, const struct baseline *b)
{
	uint8_t id[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	baseline_id(file, id);
	hex_format(BYTES_OF_ARRAY(id), hex);
	reply_line(cli, "baseline          %s", hex);
	reply_data_text(cli, "baseline", hex);
	reply_line(cli, "boot events       %u", b->n_events);
	reply_data_number(cli, "events", b->n_events);
	reply_line(cli, "command line      %.*s", (int)b->cmdline.len,
	    b->cmdline.len == 0 ? "" : (const char *)b->cmdline.p);
	reply_line(cli, "purpose           %s",
	    b->purpose == BASELINE_TEST ? "test" : "production");
	tell_variances(cli, b);
	if (b->cmdline.len != 0)
		tell_command_line(cli, b->cmdline);
}
