/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guardctl setup --undo: takes back what the record has, and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/common/reply.h"
#include "ctl/guardctl/setup.h"

static void
say(struct cli *cli, const struct record_entry *e, enum undone what,
    bool only_say)
{
	static const char *const done[] = { "removed", "restored", "same",
		"left" };
	static const char *const would[] = { "remove", "restore", "same",
		"leave" };
	const char *word = only_say ? would[what] : done[what];

	if (e->kind == RECORD_FOLDER && what != UNDONE_REMOVED)
		return;
	if (what == UNDONE_LEFT)
		reply_line(cli,
		    "%-8s %s%s: it was changed after setup wrote it", word,
		    cli->root, e->path);
	else if (what == UNDONE_NOTHING)
		reply_line(cli, "%-8s %s%s: as before setup already", word,
		    cli->root, e->path);
	else
		reply_line(cli, "%-8s %s%s", word, cli->root, e->path);
}

/* Newest first; what is left stays in the record. */
static int
undo_kind(struct cli *cli, struct record *record, bool folders, bool only_say,
    unsigned *ret_left, struct diag *d)
{
	enum undone what;
	int r;

	for (size_t i = record->n; i-- > 0;) {
		struct record_entry *e = &record->list[i];

		if ((e->kind == RECORD_FOLDER) != folders)
			continue;
		if ((r = entry_undo(cli->root, e, only_say, &what, d)) < 0)
			return r;
		say(cli, e, what, only_say);
		if (what == UNDONE_LEFT)
			(*ret_left)++;
		else if (!only_say)
			record_drop(record, i);
	}
	return ERR_OK;
}

static int
undo_all(struct cli *cli, struct record *record, unsigned *ret_left,
    struct diag *d)
{
	static const struct record empty;
	unsigned full = 0;
	int r, rc;

	r = undo_kind(cli, record, false, false, ret_left, d);
	for (size_t i = 0; i < RECORD_STEPS; i++)
		explicit_bzero(record->steps[i], SHA256_SIZE);
	/* What was taken back is not taken back twice, whatever failed. */
	rc = record_save(cli->root, *ret_left > 0 || r < 0 ? record : &empty,
	    r < 0 ? NULL : d);
	if (r < 0 || rc < 0)
		return r < 0 ? r : rc;
	if (*ret_left > 0)
		return ERR_OK;
	return undo_kind(cli, record, true, false, &full, d);
}

/* The programs that read what was taken back. */
static int
run_again(struct cli *cli, const struct boot *b, struct diag *d)
{
	auto_record struct record *unused = NULL;
	struct steps s = { .grub = b->grub,
		.initramfs =
		    b->maker != INITRAMFS_NONE && b->missing_hook == NULL,
		.kernel = b->kernel_install };
	int r;

	if (cli->root[0] != '\0') {
		steps_say(b, &s, cli);
		return ERR_OK;
	}
	if (cli_flag(cli, "no-initramfs")) {
		struct steps skipped = { .initramfs = s.initramfs };

		steps_say(b, &skipped, cli);
		s.initramfs = false;
	}
	if ((r = record_new(&unused, d)) < 0)
		return r;
	return steps_run(b, &s, cli, unused, d);
}

int
setup_undo(struct cli *cli, bool only_say, struct diag *d)
{
	auto_record struct record *record = NULL;
	auto_close int lock = -1;
	unsigned n_left = 0;
	struct boot b;
	int r;

	if ((r = record_load(cli->root, &record, d)) < 0)
		return r;
	if (record->n == 0) {
		if (!only_say && (r = record_save(cli->root, record, d)) < 0)
			return r;
		reply_changed(cli, NULL,
		    "nothing to undo: setup has no record "
		    "of a change");
		return ERR_OK;
	}
	if (only_say)
		return undo_kind(cli, record, false, true, &n_left, d);
	if ((r = setup_lock(cli->root, &lock, d)) < 0)
		return r;
	if ((r = undo_all(cli, record, &n_left, d)) < 0)
		return r;
	if (tree_has_system(cli->root) &&
	    boot_look(cli->root, cli_option(cli, "cpu"), &b, d) == ERR_OK &&
	    (r = run_again(cli, &b, d)) < 0)
		return r;
	if (n_left > 0)
		reply_changed(cli, "guardctl setup --hgs URL",
		    "undone, but for %u files; boot the machine", n_left);
	else
		reply_changed(cli, "guardctl setup --hgs URL",
		    "undone; boot the machine");
	return ERR_OK;
}
