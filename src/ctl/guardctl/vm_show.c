/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm list, vm show: the folders, and what guardd knows of them.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/common/reply.h"
#include "ctl/guardctl/commands.h"
#include "ctl/guardctl/guardd.h"
#include "ctl/guardctl/vm_folder.h"
#include "ctl/guardctl/vm_local.h"

static int
is_vm(const struct dirent *e)
{
	return name_valid(bytes_of_text(e->d_name)) &&
	    (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The phase of a VM in guardd's list, or NULL. */
static const char *
phase_of(const json_t *vms, const char *name)
{
	for (size_t i = 0; i < json_array_size(vms); i++) {
		const json_t *v = json_array_get(vms, i);
		const char *n = json_string_value(json_object_get(v, "name"));

		if (n != NULL && strcmp(n, name) == 0)
			return json_string_value(json_object_get(v, "phase"));
	}
	return NULL;
}

static void
put_vm(struct cli *cli, json_t *list, const char *name, const char *phase)
{
	reply_line(cli, "%-32s %s", name, phase);
	(void)json_array_append_new(list,
	    json_pack("{s:s, s:s}", "name", name, "phase", phase));
}

/* Of those guardd knows and whose folder has gone. */
static void
put_lost(struct cli *cli, json_t *list, const json_t *vms,
    struct dirent *const *found, int n)
{
	for (size_t i = 0; i < json_array_size(vms); i++) {
		const json_t *v = json_array_get(vms, i);
		const char *name =
		    json_string_value(json_object_get(v, "name"));
		bool has = name == NULL;

		for (int k = 0; k < n; k++)
			has = has || strcmp(found[k]->d_name, name) == 0;
		if (!has)
			put_vm(cli, list, name, phase_of(vms, name));
	}
}

int
cmd_vm_list(struct cli *cli, struct diag *d)
{
	auto_guardd_answer struct guardd_answer a = { 0 };
	struct diag why = { 0 };
	struct dirent **found = NULL;
	const json_t *vms = NULL;
	json_t *list;
	struct host h;
	int n, r;

	if ((r = host_load(cli, &h, d)) < 0)
		return r;
	n = scandir(h.vm_dir, &found, is_vm, by_name);
	if (n < 0)
		return diag_errno(d, "%s", h.vm_dir);
	if (guardd_ask(cli, "vm list", NULL, &a, &why) == ERR_OK)
		vms = json_object_get(guardd_data(&a), "vms");
	else
		reply_line(cli, "note: guardd does not answer: %s", why.text);
	list = json_array();
	for (int i = 0; i < n; i++) {
		const char *phase = phase_of(vms, found[i]->d_name);

		if (phase == NULL && vm_local_is_held(&h, found[i]->d_name))
			phase = "running";
		if (phase == NULL)
			phase = vms != NULL ? "stopped" : "unknown";
		put_vm(cli, list, found[i]->d_name, phase);
	}
	put_lost(cli, list, vms, found, n);
	reply_data(cli, "vms", list);
	for (int i = 0; i < n; i++)
		free(found[i]);
	free(found);
	return ERR_OK;
}

static void
show_features(struct cli *cli, const struct vm_config *c)
{
	json_t *o = json_object();
	char line[256] = "";
	size_t n = 0;

	for (unsigned i = 0; i < VM_FEATURES; i++) {
		const char *word = vm_feature_word((enum vm_feature)i);
		bool on = (c->features & VM_FEATURE_BIT(i)) != 0;

		(void)json_object_set_new(o, word, json_boolean(on));
		if (on)
			n += (size_t)snprintf(line + n, sizeof(line) - n, " %s",
			    word);
		BUG_ON(n >= sizeof(line));
	}
	reply_line(cli, "features    %s", n > 0 ? line : " none");
	reply_data(cli, "features", o);
}

static void
show_nets(struct cli *cli, const struct vm_config *c)
{
	json_t *list = json_array();
	char mac[18];

	for (size_t i = 0; i < c->n_nets; i++) {
		vm_mac_format(c->nets[i].mac, mac);
		reply_line(cli, "network      %s, %s", c->nets[i].bridge, mac);
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s}", "bridge", c->nets[i].bridge, "mac",
			mac));
	}
	reply_data(cli, "networks", list);
}

/* In the folder, but not of the VM now. */
static void
show_detached(struct cli *cli, const struct vm_folder *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->n_files; i++) {
		const struct vm_file *file = &f->files[i];

		if (!vm_folder_is_detached(f, file))
			continue;
		reply_line(cli, "detached     %s, %llu MiB", file->path,
		    (unsigned long long)(file->size >> 20));
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:I}", "file", file->path, "size",
			(json_int_t)file->size));
	}
	reply_data(cli, "detached", list);
}

static void
show_config(struct cli *cli, const struct vm_folder *f)
{
	const struct vm_config *c = &f->config;
	json_t *disks = json_array();
	char hex[2 * SHA256_SIZE + 1];

	reply_line(cli, "type         %s", vm_level_name(c->level));
	reply_data_text(cli, "level", vm_level_name(c->level));
	show_features(cli, c);
	reply_line(cli, "CPUs         %u", (unsigned)c->cpus);
	reply_data_number(cli, "cpus", c->cpus);
	reply_line(cli, "memory       %u MiB", (unsigned)c->memory);
	reply_data_number(cli, "memory", c->memory);
	hex_format(BYTES_OF_ARRAY(c->firmware), hex);
	reply_line(cli, "firmware     %s", hex);
	reply_data_text(cli, "firmware", hex);
	for (size_t i = 0; i < c->n_disks; i++) {
		uint64_t mib = f->disk_size[i] >> 20;

		reply_line(cli, "disk         %s, %llu MiB", c->disks[i].file,
		    (unsigned long long)mib);
		(void)json_array_append_new(disks,
		    json_pack("{s:s, s:I}", "file", c->disks[i].file, "size",
			(json_int_t)f->disk_size[i]));
	}
	reply_data(cli, "disks", disks);
	show_detached(cli, f);
	show_nets(cli, c);
}

static void
show_protector(struct cli *cli, const struct core *core)
{
	const struct grant_content *g = &core->grant->c;
	char hex[2 * SHA256_SIZE + 1];

	hex_format(BYTES_OF_ARRAY(core->seal.vm_id), hex);
	reply_line(cli, "VM id        %s", hex);
	reply_data_text(cli, "vm_id", hex);
	hex_format(BYTES_OF_ARRAY(core->grant->owner_id), hex);
	reply_line(cli, "owner        %s", hex);
	reply_data_text(cli, "owner", hex);
	reply_line(cli, "grant        revision %llu, %zu guardian%s",
	    (unsigned long long)g->revision, g->n_guardians,
	    g->n_guardians == 1 ? "" : "s");
	reply_data_number(cli, "revision", g->revision);
	reply_data_number(cli, "guardians", g->n_guardians);
	hex_format(BYTES_OF_ARRAY(core->seal_digest), hex);
	reply_line(cli, "seal         generation %llu, %s",
	    (unsigned long long)core->seal.generation, hex);
	reply_data_number(cli, "generation", core->seal.generation);
	reply_data_text(cli, "seal", hex);
}

int
cmd_vm_show(struct cli *cli, struct diag *d)
{
	const char *vm = cli_arg(cli, 0);
	auto_vm_folder struct vm_folder f = { 0 };
	auto_vm_local struct vm_local v = VM_LOCAL_NONE;
	auto_guardd_answer struct guardd_answer a = { 0 };
	struct diag why = { 0 };
	const char *phase = "stopped";
	struct host h;
	int r;

	if ((r = host_need_root(cli, d)) < 0 ||
	    (r = host_load(cli, &h, d)) < 0 ||
	    (r = vm_local_open(&h, vm, &v, d)) < 0)
		return r;
	if (guardd_ask(cli, "vm status", vm, &a, &why) == ERR_OK)
		phase = guardd_text(&a, "phase");
	else if (vm_local_is_held(&h, vm))
		phase = "running";
	else if (why.reason != REASON_VmNotRunning)
		phase = "unknown";
	reply_line(cli, "%s: %s", vm, phase);
	reply_data_text(cli, "name", vm);
	reply_data_text(cli, "phase", phase);
	/* A running VM's files change under our eyes: what is shown is whole. */
	if ((r = vm_folder_read(v.fd, vm, &f, d)) < 0)
		return r;
	show_config(cli, &f);
	if (f.protector != NULL)
		show_protector(cli, f.protector->core);
	return ERR_OK;
}
