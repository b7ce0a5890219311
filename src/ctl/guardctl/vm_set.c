/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm set: the fabric's part of a stopped VM, within what its type and its
 * owner allow. Who asks for more is refused and recorded.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "ctl/common/ask.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/vm_edit.h"
#include "ctl/guardctl/vm_folder.h"
#include "ctl/guardctl/vm_local.h"
#include "ctl/guardctl/vm_parts.h"
#include "guard/common/requests.h"
#include "vm/security.h"

/* A VM that is being changed. */
struct setting {
	struct cli *cli;
	const char *vm;
	struct host h;
	struct vm_local v;
	struct vm_folder f;
	struct vm_edit e;
	bool new_vtpm, loses_vtpm;
};

static void
setting_free(struct setting *s)
{
	vm_folder_free(&s->f);
	vm_local_close(&s->v);
}

static void
record_refusal(struct setting *s, const struct diag *why)
{
	char what[VM_EDIT_KEY_MAX + 8];
	struct diag d = { 0 };
	struct request_record record = {
		.time = (uint64_t)time(NULL),
		.vm = bytes_of_text(s->vm),
		.level = bytes_of_text(vm_level_name(s->f.config.level)),
		.uid = getuid(),
		.outcome = bytes_of_text(reason_name(why->reason)),
		.detail = bytes_of_text(why->text),
	};

	(void)snprintf(what, sizeof(what), "set %s", s->e.key);
	record.what = bytes_of_text(what);
	if (requests_append(s->v.dir_fd, &record, &d) < 0)
		reply_line(s->cli, "note: not recorded: %s", d.text);
}

static int
read_words(struct setting *s, struct diag *d)
{
	const char *word;
	int r;

	s->e.config = s->f.config;
	s->e.leave.granted = vm_folder_granted(&s->f);
	if (s->f.protector != NULL) {
		const struct grant_policy *p =
		    &s->f.protector->core->grant->c.policy;

		s->e.leave.any_keys =
		    bytes_all_zero(BYTES_OF_ARRAY(p->secure_boot_keys));
	}
	for (size_t i = 1; (word = cli_arg(s->cli, i)) != NULL; i++) {
		r = vm_edit_word(&s->e, word, d);
		if (r == ERR_REFUSED)
			record_refusal(s, d);
		if (r < 0) {
			diag_prefix(d, "%s", s->vm);
			return r;
		}
	}
	vm_edit_finish(&s->e);
	return ERR_OK;
}

/* The form of a vTPM's state is that of its first day. */
static int
plan_vtpm(struct setting *s, struct diag *d)
{
	uint32_t tpm = VM_FEATURE_BIT(VM_FEATURE_TPM);
	uint32_t changed = s->e.config.features ^ s->f.config.features;
	bool other_form =
	    (changed & VM_FEATURE_BIT(VM_FEATURE_STATE_ENCRYPTION)) != 0;

	s->loses_vtpm = s->f.has_vtpm && other_form;
	s->new_vtpm = s->loses_vtpm ||
	    (!s->f.has_vtpm && (s->e.config.features & tpm) != 0);
	if (!s->loses_vtpm)
		return ERR_OK;
	return ask_confirm(s->cli,
	    "This makes a new vTPM: what the guest sealed to the old one is "
	    "lost. Go on?",
	    d);
}

/* nvram and vTPM first: vm.json says what is there. */
static int
write_all(struct setting *s, struct diag *d)
{
	auto_buf struct buf nvram = BUF_INIT(VM_NVRAM_MAX);
	auto_buf struct buf config = BUF_INIT(VM_CONFIG_MAX);
	uint32_t encrypted = VM_FEATURE_BIT(VM_FEATURE_STATE_ENCRYPTION);
	int r;

	if ((r = vm_config_write(&s->e.config, &config, d)) < 0)
		return r;
	if (s->e.secure_boot != NULL &&
	    ((r = vm_make_nvram(s->e.secure_boot, &nvram, d)) < 0 ||
		(r = file_write_atomic(s->v.fd, VM_FILE_NVRAM, 0600,
		     buf_bytes(&nvram), d)) < 0))
		return r;
	if (s->new_vtpm &&
	    (r = vm_make_vtpm(s->h.vm_dir, s->vm,
		 (s->e.config.features & encrypted) != 0, s->v.fd, d)) < 0)
		return r;
	r = file_write_atomic(s->v.fd, VM_FILE_CONFIG, 0600, buf_bytes(&config),
	    d);
	if (r == ERR_OK && s->loses_vtpm &&
	    (s->e.config.features & encrypted) == 0 &&
	    unlinkat(s->v.fd, VM_FILE_STATE_KEY, 0) != 0 && errno != ENOENT)
		return diag_errno(d, VM_FILE_STATE_KEY ": cannot remove");
	return r;
}

static void
tell(struct setting *s, const struct vm_change *changes, size_t n)
{
	auto_buf struct buf undo = BUF_INIT(sizeof(s->cli->undo) - 1);
	bool has_undo = s->e.secure_boot == NULL && !s->loses_vtpm;
	json_t *list = json_array();

	(void)buf_printf(&undo, "guardctl vm set %s", s->vm);
	for (size_t i = 0; i < n; i++) {
		const struct vm_change *c = &changes[i];

		if (strcmp(c->key, "memory") == 0)
			reply_line(s->cli, "memory: %u MiB -> %u MiB",
			    (unsigned)s->f.config.memory,
			    (unsigned)s->e.config.memory);
		else
			reply_line(s->cli, "%s: %s -> %s", c->key, c->from,
			    c->to);
		(void)buf_printf(&undo, " %s=%s", c->key, c->from);
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s}", "key", c->key, "from", c->from,
			"to", c->to));
	}
	reply_data_text(s->cli, "name", s->vm);
	reply_data(s->cli, "changes", list);
	reply_data(s->cli, "nvram_made",
	    json_boolean(s->e.secure_boot != NULL));
	reply_data(s->cli, "vtpm_made", json_boolean(s->new_vtpm));
	if (s->e.secure_boot != NULL)
		reply_line(s->cli,
		    "note: the firmware's variables are new: boot entries that "
		    "the guest made are gone");
	if (s->loses_vtpm)
		reply_line(s->cli, "note: the vTPM is a new one");
	(void)buf_put_u8(&undo, '\0');
	reply_changed(s->cli,
	    has_undo && buf_ok(&undo) ? (const char *)undo.p : NULL,
	    "%s changed", s->vm);
}

static int
change(struct setting *s, struct diag *d)
{
	struct vm_change changes[VM_CHANGES_MAX];
	size_t n = vm_config_changes(&s->f.config, &s->e.config, changes);
	int r;

	if (n == 0 && s->e.secure_boot == NULL) {
		reply_data_text(s->cli, "name", s->vm);
		reply_data(s->cli, "changes", json_array());
		reply_changed(s->cli, NULL, "%s is so already", s->vm);
		return ERR_OK;
	}
	if ((r = plan_vtpm(s, d)) < 0 || (r = write_all(s, d)) < 0)
		return r;
	tell(s, changes, n);
	return ERR_OK;
}

int
cmd_vm_set(struct cli *cli, struct diag *d)
{
	CLEANUP(setting_free)
	struct setting s = { .cli = cli,
		.vm = cli_arg(cli, 0),
		.v = VM_LOCAL_NONE };
	int r;

	if ((r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &s.h, d)) < 0 ||
	    (r = vm_local_open(&s.h, s.vm, &s.v, d)) < 0 ||
	    (r = vm_local_lock(cli, s.vm, &s.v, d)) < 0 ||
	    (r = vm_folder_read(s.v.fd, s.vm, &s.f, d)) < 0 ||
	    (r = read_words(&s, d)) < 0)
		return r;
	return change(&s, d);
}
