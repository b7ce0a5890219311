/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline predict: the baseline of the boot behind an update, so that it can
 * be registered before.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/baseline_parts.h"
#include "ctl/guardctl/baseline_tell.h"
#include "ctl/guardctl/commands.h"

static void
prediction_free(struct prediction *j)
{
	host_boot_free(j->boot);
	buf_free(&j->file);
	buf_free(&j->captured);
	free(j->p);
	free(j->commands);
	for (size_t i = 0; i < ARRAY_LEN(j->texts); i++)
		buf_free(&j->texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(j->new); i++)
		buf_free(&j->new[i]);
}

static int
from_running(struct cli *cli, struct prediction *j, struct baseline_source *src,
    struct diag *d)
{
	struct host host;
	int r;

	if ((r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &host, d)) < 0)
		return r;
	if (src->name.len == 0) {
		if ((r = host_name(&host, j->name, d)) < 0)
			return r;
		src->name = bytes_of_text(j->name);
	}
	if ((r = host_boot(&host, BYTES_NONE, &j->boot, d)) < 0)
		return r;
	baseline_tell_boot(cli, j->boot);
	if ((r = baseline_capture(src, &j->boot->findings, &j->captured,
		 &j->from, d)) < 0)
		diag_prefix(d, "no baseline can be taken of this boot");
	return r;
}

static int
from_file(struct cli *cli, struct prediction *j, struct baseline_source *src,
    struct diag *d)
{
	const char *file = cli_option(cli, "from");
	int r;

	if ((r = cli_read_input(cli, file, BASELINE_FILE_MAX, &j->file, d)) <
		0 ||
	    (r = baseline_decode(buf_bytes(&j->file), &j->from, d)) < 0) {
		diag_prefix(d, "%s", file);
		return r;
	}
	if (!cli_flag(cli, "test"))
		src->purpose = j->from.purpose;
	if (src->name.len == 0)
		src->name = j->from.name;
	if (src->description.len == 0)
		src->description = j->from.description;
	return ERR_OK;
}

static int
check_usage(struct cli *cli, struct diag *d)
{
	const char *name = cli_option(cli, "name");
	const char *description = cli_option(cli, "description");

	if ((cli_option(cli, "from") != NULL) == cli_flag(cli, "from-running"))
		return diag_fail(d, ERR_USAGE,
		    "one of --from and --from-running is needed");
	if (cli_option(cli, "o") == NULL && isatty(STDOUT_FILENO) == 1)
		return diag_fail(d, ERR_USAGE, "-o FILE is needed");
	if (name != NULL && name_check("--name", bytes_of_text(name), d) < 0)
		return ERR_USAGE;
	if (description != NULL &&
	    (strlen(description) > BASELINE_TEXT_MAX ||
		!text_printable(bytes_of_text(description))))
		return diag_fail(d, ERR_USAGE,
		    "--description: not printable, or longer than %d bytes",
		    BASELINE_TEXT_MAX);
	return ERR_OK;
}

static int
predict_all(struct cli *cli, struct prediction *j, struct diag *d)
{
	int r;

	j->p = calloc(1, sizeof(*j->p));
	if (j->p == NULL)
		return diag_nomem(d);
	if ((r = predict_start(&j->from, j->p, d)) < 0)
		return r;
	if (j->boot != NULL)
		(void)snprintf(j->source, sizeof(j->source),
		    "predicted from this host's boot:");
	else
		(void)snprintf(j->source, sizeof(j->source),
		    "predicted from baseline %.*s:", (int)j->from.name.len,
		    (const char *)j->from.name.p);
	return baseline_parts_predict(cli, j, d);
}

static int
write_prediction(struct cli *cli, struct prediction *j,
    struct baseline_source *src, struct diag *d)
{
	auto_buf struct buf events = BUF_INIT(FINDINGS_EVENTS_SIZE_MAX);
	auto_buf struct buf file = BUF_INIT(BASELINE_FILE_MAX);
	struct baseline b;
	int r;

	src->source = bytes_of_text(j->source);
	if ((r = predict_finish(j->p, src, &events, &b, d)) < 0 ||
	    (r = baseline_encode(&b, &file, d)) < 0 ||
	    (r = cli_write_output(cli, cli_option(cli, "o"), 0644,
		 buf_bytes(&file), d)) < 0)
		return r;
	baseline_tell(cli, buf_bytes(&file), &b);
	reply_line(cli, "source            %s", j->source);
	reply_data_text(cli, "source", j->source);
	reply_changed(cli, NULL,
	    "written; on the HGS, before the host starts anew: hgsctl "
	    "baseline add %.*s FILE",
	    (int)b.name.len, (const char *)b.name.p);
	return ERR_OK;
}

int
cmd_baseline_predict(struct cli *cli, struct diag *d)
{
	CLEANUP(prediction_free)
	struct prediction j = { .file = BUF_INIT(BASELINE_FILE_MAX),
		.captured = BUF_INIT(FINDINGS_EVENTS_SIZE_MAX),
		.texts = { BUF_INIT(2 * CMDLINE_MAX),
		    BUF_INIT(2 * CMDLINE_MAX) } };
	const char *name = cli_option(cli, "name");
	const char *description = cli_option(cli, "description");
	struct baseline_source src = { .purpose = cli_flag(cli, "test")
		    ? BASELINE_TEST
		    : BASELINE_PRODUCTION,
		.created = (uint64_t)time(NULL),
		.skip_validation = cli_flag(cli, "skip-validation") };
	int r;

	if ((r = check_usage(cli, d)) < 0)
		return r;
	src.name = bytes_of_text(name != NULL ? name : "");
	src.description = bytes_of_text(description != NULL ? description : "");
	src.source = bytes_of_text("this boot");
	if (cli_flag(cli, "from-running"))
		r = from_running(cli, &j, &src, d);
	else
		r = from_file(cli, &j, &src, d);
	if (r < 0 || (r = predict_all(cli, &j, d)) < 0)
		return r;
	return write_prediction(cli, &j, &src, d);
}
