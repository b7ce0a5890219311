/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm audit: who asked for what of the VMs, and what was refused.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/host.h"
#include "guard/common/requests.h"

#define SHOWN_MAX 200

struct showing {
	struct cli *cli;
	const char *vm;   /* NULL: all */
	const char *file; /* being read */
	json_t *records;
	json_t *unreadable;
	size_t n_damaged; /* but for a last line that a crash cut */
};

static json_t *
text_of(struct bytes b)
{
	json_t *v = json_stringn((const char *)b.p, b.len);

	return v != NULL ? v : json_string("");
}

static int
show_record(const struct request_record *r, void *arg)
{
	struct showing *s = arg;
	char time[TIME_TEXT_SIZE];

	if (s->vm != NULL && !bytes_equal_text(r->vm, s->vm))
		return ERR_OK;
	time_format(r->time, time);
	reply_line(s->cli, "%s uid %llu %.*s (%.*s): %.*s: %.*s%s%.*s", time,
	    (unsigned long long)r->uid, (int)r->vm.len, (const char *)r->vm.p,
	    (int)r->level.len, (const char *)r->level.p, (int)r->what.len,
	    (const char *)r->what.p, (int)r->outcome.len,
	    (const char *)r->outcome.p, r->detail.len > 0 ? ": " : "",
	    (int)r->detail.len, (const char *)r->detail.p);
	(void)json_array_append_new(s->records,
	    json_pack("{s:s, s:o, s:o, s:I, s:o, s:o, s:o}", "time", time, "vm",
		text_of(r->vm), "level", text_of(r->level), "uid",
		(json_int_t)r->uid, "what", text_of(r->what), "outcome",
		text_of(r->outcome), "detail", text_of(r->detail)));
	return ERR_OK;
}

/* Nothing is left out in silence: somebody may have written it so. */
static int
show_unreadable(size_t line, bool is_cut, struct bytes text, const char *why,
    void *arg)
{
	struct showing *s = arg;
	char shown[SHOWN_MAX];

	text_escape(text, shown, sizeof(shown));
	reply_line(s->cli, "%s, line %zu: %s: %s", s->file, line,
	    is_cut ? "cut by a crash" : why, shown);
	(void)json_array_append_new(s->unreadable,
	    json_pack("{s:s, s:I, s:b, s:s, s:s}", "file", s->file, "line",
		(json_int_t)line, "cut", is_cut, "why", why, "text", shown));
	if (!is_cut)
		s->n_damaged++;
	return ERR_OK;
}

static int
show_file(struct showing *s, int dir_fd, const char *file, struct diag *d)
{
	const struct requests_reader to = { show_record, show_unreadable, s };
	auto_buf struct buf b = BUF_INIT(REQUESTS_MAX);
	int r = file_read(dir_fd, file, REQUESTS_MAX, &b, d);

	if (r == ERR_NOT_FOUND)
		return ERR_OK;
	if (r < 0)
		return r;
	s->file = file;
	return requests_read(buf_bytes(&b), &to, d);
}

int
cmd_vm_audit(struct cli *cli, struct diag *d)
{
	struct showing s = { .cli = cli, .vm = cli_arg(cli, 0) };
	auto_close int fd = -1;
	struct host h;
	int r;

	if ((r = host_need_root(cli, d)) < 0 || (r = host_load(cli, &h, d)) < 0)
		return r;
	fd = open(h.vm_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return diag_errno(d, "%s", h.vm_dir);
	s.records = json_array();
	s.unreadable = json_array();
	if ((r = show_file(&s, fd, REQUESTS_FILE_OLD, d)) == ERR_OK)
		r = show_file(&s, fd, REQUESTS_FILE, d);
	reply_data(cli, "records", s.records);
	reply_data(cli, "unreadable", s.unreadable);
	if (r == ERR_OK && s.n_damaged > 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "%s: %zu line%s of the record cannot be read", h.vm_dir,
		    s.n_damaged, s.n_damaged == 1 ? "" : "s");
	return r;
}
