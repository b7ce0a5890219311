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

struct net_words {
	struct bytes bridge;
	struct bytes mac;
};

struct config_words {
	uint8_t version;
	struct bytes name;
	struct bytes level;
	bool secure_boot, tpm, state_encryption, integration, console, serial,
	    debug;
	uint16_t cpus;
	uint32_t memory;
	struct bytes firmware;
	struct disk_words disks[VM_CONFIG_DISKS];
	size_t n_disks;
	struct net_words networks[VM_CONFIG_NETS];
	size_t n_networks;
};

static const struct field disk_list[] = {
	FIELD_NAME(struct disk_words, file),
	FIELD_TEXT(struct disk_words, id, 2 * VM_DISK_ID_SIZE),
};
static const struct fields disk_fields =
    FIELDS(struct disk_words, "disk", disk_list);

static const struct field net_list[] = {
	FIELD_TEXT(struct net_words, bridge, VM_BRIDGE_MAX),
	FIELD_TEXT(struct net_words, mac, 17),
};
static const struct fields net_fields =
    FIELDS(struct net_words, "network", net_list);

static const struct field config_list[] = {
	FIELD_U8(struct config_words, version),
	FIELD_NAME(struct config_words, name),
	FIELD_TEXT(struct config_words, level, 32),
	FIELD_BOOL(struct config_words, secure_boot),
	FIELD_BOOL(struct config_words, tpm),
	FIELD_BOOL(struct config_words, state_encryption),
	FIELD_BOOL(struct config_words, integration),
	FIELD_BOOL(struct config_words, console),
	FIELD_BOOL(struct config_words, serial),
	FIELD_BOOL(struct config_words, debug),
	FIELD_U16(struct config_words, cpus),
	FIELD_U32(struct config_words, memory),
	FIELD_TEXT(struct config_words, firmware, 64),
	FIELD_LIST(struct config_words, disks, n_disks, &disk_fields),
	FIELD_LIST(struct config_words, networks, n_networks, &net_fields),
};
static const struct fields config_fields =
    FIELDS(struct config_words, "vm", config_list);

/* In the order of enum vm_feature. */
static bool *
word_of(struct config_words *w, enum vm_feature f)
{
	bool *const words[VM_FEATURES] = { &w->secure_boot, &w->tpm,
		&w->state_encryption, &w->integration, &w->console, &w->serial,
		&w->debug };

	return words[f];
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
		VM_FILE_PROTECTOR ".prev", VM_FILE_NVRAM, VM_DIR_VTPM,
		VM_FILE_STATE_KEY };

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

bool
vm_bridge_valid(struct bytes name)
{
	return name.len <= VM_BRIDGE_MAX && name_valid(name);
}

int
vm_mac_parse(struct bytes text, uint8_t ret[static VM_MAC_SIZE], struct diag *d)
{
	uint8_t mac[VM_MAC_SIZE];
	bool good = text.len == 3 * VM_MAC_SIZE - 1;

	for (size_t i = 0; good && i < VM_MAC_SIZE; i++)
		good = hex_decode_fixed(bytes_of(text.p + 3 * i, 2), mac + i, 1,
			   NULL) == ERR_OK &&
		    (i == VM_MAC_SIZE - 1 || text.p[3 * i + 2] == ':');
	/* A group's address is no card's. */
	if (!good || (mac[0] & 1) != 0)
		return diag_refuse(d, REASON_FileInvalid,
		    "not a network card's address, like 02:00:5e:00:00:01");
	memcpy(ret, mac, sizeof(mac));
	return ERR_OK;
}

void
vm_mac_format(const uint8_t mac[static VM_MAC_SIZE], char ret[static 18])
{
	for (size_t i = 0; i < VM_MAC_SIZE; i++) {
		hex_format(bytes_of(mac + i, 1), ret + 3 * i);
		ret[3 * i + 2] = ':';
	}
	ret[17] = '\0';
}

static int
read_nets(const struct config_words *w, struct vm_config *ret, struct diag *d)
{
	for (size_t i = 0; i < w->n_networks; i++) {
		struct vm_config_net *net = &ret->nets[i];
		struct bytes bridge = w->networks[i].bridge;

		if (!vm_bridge_valid(bridge))
			return refuse(d, "networks: bridge: not a name");
		memcpy(net->bridge, bridge.p, bridge.len);
		if (vm_mac_parse(w->networks[i].mac, net->mac, NULL) < 0)
			return refuse(d, "networks: mac: not an address");
		for (size_t k = 0; k < i; k++)
			if (bytes_equal(BYTES_OF_ARRAY(ret->nets[k].mac),
				BYTES_OF_ARRAY(net->mac)))
				return refuse(d,
				    "networks: mac: one is there twice");
	}
	ret->n_nets = w->n_networks;
	return ERR_OK;
}

/* What the owner decides is checked where the grant is known. */
static int
read_level(struct config_words *w, struct vm_config *ret, struct diag *d)
{
	int r;

	ret->level = vm_level_find(w->level);
	if (ret->level == 0)
		return refuse(d,
		    "level: not shielded, encryption-supported or regular");
	for (unsigned i = 0; i < VM_FEATURES; i++)
		if (*word_of(w, (enum vm_feature)i))
			ret->features |= VM_FEATURE_BIT(i);
	r = vm_features_check(ret->level, ret->features, ~(uint32_t)0, d);
	if (r < 0)
		diag_prefix(d, VM_FILE_CONFIG);
	return r;
}

static int
read_words(struct config_words *w, struct vm_config *ret, struct diag *d)
{
	int r;

	if (w->version != VM_CONFIG_VERSION)
		return diag_refuse(d, REASON_UnsupportedVersion,
		    VM_FILE_CONFIG ": version: %u is not 1", w->version);
	if (!name_valid(w->name))
		return refuse(d, "name: not a name");
	copy_name(w->name, ret->name);
	if ((r = read_level(w, ret, d)) < 0)
		return r;
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
	if ((r = read_nets(w, ret, d)) < 0)
		return r;
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

const struct vm_config_disk *
vm_config_disk(const struct vm_config *config, struct bytes file)
{
	for (size_t i = 0; i < config->n_disks; i++)
		if (bytes_equal_text(file, config->disks[i].file))
			return &config->disks[i];
	return NULL;
}

int
vm_config_write(const struct vm_config *config, struct buf *ret, struct diag *d)
{
	auto_buf struct buf out = BUF_INIT(VM_CONFIG_MAX);
	char ids[VM_CONFIG_DISKS][2 * VM_DISK_ID_SIZE + 1], firmware[65];
	char macs[VM_CONFIG_NETS][18];
	const char *level = vm_level_name(config->level);
	struct config_words w = { 0 };
	struct vm_config again;
	int r;

	if (level == NULL || config->n_disks > VM_CONFIG_DISKS ||
	    config->n_nets > VM_CONFIG_NETS)
		return diag_fail(d, ERR_USAGE, VM_FILE_CONFIG ": bad value");
	w.version = VM_CONFIG_VERSION;
	w.name = bytes_of_text(config->name);
	w.level = bytes_of_text(level);
	w.cpus = config->cpus;
	w.memory = config->memory;
	hex_format(BYTES_OF_ARRAY(config->firmware), firmware);
	w.firmware = bytes_of_text(firmware);
	for (unsigned i = 0; i < VM_FEATURES; i++)
		*word_of(&w, (enum vm_feature)i) =
		    (config->features & VM_FEATURE_BIT(i)) != 0;
	w.n_networks = config->n_nets;
	for (size_t i = 0; i < w.n_networks; i++) {
		vm_mac_format(config->nets[i].mac, macs[i]);
		w.networks[i].mac = bytes_of_text(macs[i]);
		w.networks[i].bridge = bytes_of_text(config->nets[i].bridge);
	}
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
