/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shield evidence show: what a file says, in words. It decides nothing and
 * needs no service.
 */
#include <string.h>

#include "ctl/common/reply.h"
#include "ctl/shield/commands.h"
#include "ctl/shield/evidence.h"
#include "proto/enrol.h"
#include "proto/evidence.h"

const struct option_spec evidence_show_options[] = {
	{ "events", NULL, "one by one, with digests and decoded data", false },
	{ "pcrs", NULL, "the values that a log replays to", false },
	{ "format", "WORD",
	    "auto (default), bundle, tcg, ima, ima-ascii, quote, ek, public, "
	    "enrolment",
	    false },
	{ NULL },
};

/* All of the file, of which the window is the beginning. */
static int
read_whole(struct window *w, size_t max, struct buf *ret, struct diag *d)
{
	int r;

	for (;;) {
		if (w->in.len > max - ret->len)
			return diag_fail(d, ERR_LIMIT, "%s: over %zu bytes",
			    w->what, max);
		if (!buf_put(ret, w->in))
			return diag_nomem(d);
		if (!w->more)
			return ERR_OK;
		if ((r = window_pass(w, w->in.len, d)) < 0)
			return r;
	}
}

static int
show_whole(struct show *s, enum file_kind kind, struct window *w,
    struct diag *d)
{
	size_t max = kind == FILE_BUNDLE ? EVIDENCE_MAX
	    : kind == FILE_ENROLMENT     ? ENROL_MAX
					 : EVIDENCE_PART_MAX;
	auto_buf struct buf all = { .max = max };
	int r = read_whole(w, max, &all, d);

	if (r < 0)
		return r;
	switch (kind) {
	case FILE_BUNDLE:
		return show_bundle(s, buf_bytes(&all), d);
	case FILE_ENROLMENT:
		return show_enrolment(s, buf_bytes(&all), d);
	case FILE_QUOTE:
		return show_attest(s, "quote", buf_bytes(&all), d);
	case FILE_EK:
		return show_certificate(s, "certificate", buf_bytes(&all), d);
	case FILE_PUBLIC:
		return show_public(s, "public", buf_bytes(&all), d);
	case FILE_UNKNOWN:
	case FILE_TCG:
	case FILE_IMA:
	case FILE_IMA_ASCII:
	case FILE_KINDS:
		break;
	}
	return diag_refuse(d, REASON_FileInvalid,
	    "%s: %s; --format names its kind, to hear what is wrong", w->what,
	    file_kind_name(FILE_UNKNOWN));
}

static int
find_kind(const struct cli *cli, struct bytes head, enum file_kind *ret,
    struct diag *d)
{
	const char *word = cli_option(cli, "format");
	enum file_kind k = FILE_UNKNOWN;

	if (word != NULL && (k = file_kind_parse(word)) == FILE_KINDS)
		return diag_fail(d, ERR_USAGE,
		    "--format: auto, bundle, tcg, ima, ima-ascii, quote, ek, "
		    "public or enrolment");
	*ret = k == FILE_UNKNOWN ? file_kind_find(head) : k;
	return ERR_OK;
}

int
cmd_evidence_show(struct cli *cli, struct diag *d)
{
	struct show s = { cli, cli_flag(cli, "events"), cli_flag(cli, "pcrs") };
	auto_window struct window w = WINDOW_NONE;
	enum file_kind kind;
	int r;

	if ((r = window_open(cli_arg(cli, 0), &w, d)) < 0 ||
	    (r = find_kind(cli, w.in, &kind, d)) < 0)
		return r;
	reply_data_text(cli, "kind", file_kind_name(kind));
	if (kind == FILE_TCG)
		return show_log(&s, "boot_log", &w, d);
	if (kind == FILE_IMA || kind == FILE_IMA_ASCII)
		return show_ima(&s, "ima_log", kind == FILE_IMA_ASCII, &w, d);
	return show_whole(&s, kind, &w, d);
}
