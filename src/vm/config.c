/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/config.h"

#include <string.h>

#include "base/field.h"
#include "json/json.h"

/* vm.json as it is written; struct vm_config is what it means. */
struct disk_words {
	struct bytes file;
	struct bytes id;
};

struct no_words {
	uint8_t unused;
};

struct config_words {
	uint8_t version;
	struct bytes name;
	struct bytes level;
	uint16_t cpus;
	uint32_t memory;
	struct bytes firmware;
	struct disk_words disks[VM_CONFIG_DISKS];
	size_t n_disks;
	struct no_words networks[1];
	size_t n_networks;
};

static const struct field disk_list[] = {
	FIELD_NAME(struct disk_words, file),
	FIELD_TEXT(struct disk_words, id, 2 * VM_DISK_ID_SIZE),
};
static const struct fields disk_fields =
    FIELDS(struct disk_words, "disk", disk_list);

static const struct fields network_fields = { "network", NULL, 0,
	sizeof(struct no_words) };

static const struct field config_list[] = {
	FIELD_U8(struct config_words, version),
	FIELD_NAME(struct config_words, name),
	FIELD_TEXT(struct config_words, level, 32),
	FIELD_U16(struct config_words, cpus),
	FIELD_U32(struct config_words, memory),
	FIELD_TEXT(struct config_words, firmware, 64),
	FIELD_LIST(struct config_words, disks, n_disks, &disk_fields),
	FIELD_LIST(struct config_words, networks, n_networks, &network_fields),
};
static const struct fields config_fields =
    FIELDS(struct config_words, "vm", config_list);

static const struct {
	uint8_t level;
	const char *name;
} levels[] = {
	{ VM_LEVEL_SHIELDED, "shielded" },
	{ VM_LEVEL_ENCRYPTION_SUPPORTED, "encryption-supported" },
};

const char *
vm_level_name(uint8_t level)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return NULL;
}

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_FileInvalid, VM_FILE_CONFIG ": %s", what);
}

static void
copy_name(struct bytes name, char ret[static NAME_MAX_LEN + 1])
{
	BUG_ON(name.len > NAME_MAX_LEN);
	memcpy(ret, name.p, name.len);
	ret[name.len] = '\0';
}

static bool
is_taken(const char *file)
{
	static const char *const taken[] = { VM_FILE_CONFIG, VM_FILE_PROTECTOR,
		VM_FILE_PROTECTOR ".prev", VM_FILE_NVRAM, VM_DIR_VTPM };

	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (strcmp(file, taken[i]) == 0)
			return true;
	return false;
}

static int
read_disks(const struct config_words *w, struct vm_config *ret, struct diag *d)
{
	if (w->n_disks == 0)
		return refuse(d, "disks: at least one is needed");
	for (size_t i = 0; i < w->n_disks; i++) {
		struct vm_config_disk *disk = &ret->disks[i];

		if (!name_valid(w->disks[i].file))
			return refuse(d, "disks: file: not a plain name");
		copy_name(w->disks[i].file, disk->file);
		if (is_taken(disk->file))
			return refuse(d, "disks: file: another part's name");
		if (hex_decode_fixed(w->disks[i].id, disk->id, sizeof(disk->id),
			NULL) < 0)
			return refuse(d, "disks: id: not 32 hex digits");
		for (size_t k = 0; k < i; k++)
			if (strcmp(ret->disks[k].file, disk->file) == 0 ||
			    bytes_equal(BYTES_OF_ARRAY(ret->disks[k].id),
				BYTES_OF_ARRAY(disk->id)))
				return refuse(d, "disks: one is there twice");
	}
	ret->n_disks = w->n_disks;
	return ERR_OK;
}

static int
read_words(const struct config_words *w, struct vm_config *ret, struct diag *d)
{
	if (w->version != VM_CONFIG_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    VM_FILE_CONFIG ": version: %u is not 1", w->version);
	if (!name_valid(w->name))
		return refuse(d, "name: not a name");
	copy_name(w->name, ret->name);
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (bytes_equal_text(w->level, levels[i].name))
			ret->level = levels[i].level;
	if (ret->level == 0)
		return refuse(d,
		    "level: neither shielded nor encryption-supported");
	if (w->cpus < 1 || w->cpus > VM_CPUS_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    VM_FILE_CONFIG ": cpus: %u is not 1-%d", w->cpus,
		    VM_CPUS_MAX);
	ret->cpus = w->cpus;
	if (w->memory < VM_MEMORY_MIN || w->memory > VM_MEMORY_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    VM_FILE_CONFIG ": memory: %u MiB is not %d-%u", w->memory,
		    VM_MEMORY_MIN, VM_MEMORY_MAX);
	ret->memory = w->memory;
	if (hex_decode_fixed(w->firmware, ret->firmware, sizeof(ret->firmware),
		NULL) < 0)
		return refuse(d, "firmware: not 64 hex digits");
	if (w->n_networks != 0)
		return refuse(d, "networks: none is offered");
	return read_disks(w, ret, d);
}

int
vm_config_parse(struct bytes json, struct vm_config *ret, struct diag *d)
{
	auto_json_doc struct json_doc *owner = NULL;
	struct vm_config config = { 0 };
	struct config_words w;
	int r;

	if (json.len > VM_CONFIG_MAX)
		return refuse(d, "longer than 16 KiB");
	if ((r = json_decode(json, &config_fields, &w, &owner, d)) < 0) {
		if (r == ERR_NOMEM)
			return r;
		diag_prefix(d, VM_FILE_CONFIG);
		if (d != NULL)
			d->reason = REASON_FileInvalid;
		return ERR_REFUSED;
	}
	if ((r = read_words(&w, &config, d)) < 0)
		return r;
	*ret = config;
	return ERR_OK;
}

int
vm_config_write(const struct vm_config *config, struct buf *ret, struct diag *d)
{
	auto_buf struct buf out = BUF_INIT(VM_CONFIG_MAX);
	char ids[VM_CONFIG_DISKS][2 * VM_DISK_ID_SIZE + 1], firmware[65];
	const char *level = vm_level_name(config->level);
	struct config_words w = { 0 };
	struct vm_config again;
	int r;

	if (level == NULL || config->n_disks > VM_CONFIG_DISKS)
		return diag_fail(d, ERR_USAGE, VM_FILE_CONFIG ": bad value");
	w.version = VM_CONFIG_VERSION;
	w.name = bytes_of_text(config->name);
	w.level = bytes_of_text(level);
	w.cpus = config->cpus;
	w.memory = config->memory;
	hex_format(BYTES_OF_ARRAY(config->firmware), firmware);
	w.firmware = bytes_of_text(firmware);
	w.n_disks = config->n_disks;
	for (size_t i = 0; i < w.n_disks; i++) {
		hex_format(BYTES_OF_ARRAY(config->disks[i].id), ids[i]);
		w.disks[i].id = bytes_of_text(ids[i]);
		w.disks[i].file = bytes_of_text(config->disks[i].file);
	}
	if ((r = json_encode(&config_fields, &w, &out, d)) < 0 ||
	    (r = vm_config_parse(buf_bytes(&out), &again, d)) < 0)
		return r;
	(void)buf_put(ret, buf_bytes(&out));
	(void)buf_put_u8(ret, '\n');
	return buf_check(ret, VM_FILE_CONFIG, d);
}
