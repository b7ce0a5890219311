/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/vm_edit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/common/secureboot.h"
#include "ctl/common/size.h"
#include "ctl/guardctl/vm_parts.h"

#define NONE "none"
#define KEYS                                                                \
	"memory, cpus, net0 to net3, console, serial, integration, debug, " \
	"tpm, state-encryption, secure-boot"

int
yes_no_parse(const char *what, const char *text, bool *ret, struct diag *d)
{
	bool yes = strcmp(text, "yes") == 0;

	if (!yes && strcmp(text, "no") != 0)
		return diag_fail(d, ERR_USAGE, "%s: neither yes nor no", what);
	*ret = yes;
	return ERR_OK;
}

int
vm_net_parse(const char *what, const char *text, struct vm_config_net *ret,
    struct diag *d)
{
	struct vm_config_net net = { 0 };
	size_t n = strcspn(text, "/");

	if (!vm_bridge_valid(bytes_of(text, n)))
		return diag_fail(d, ERR_USAGE,
		    "%s: BRIDGE or BRIDGE/MAC is needed, a bridge's name being "
		    "at most %d of A-Z a-z 0-9 . _ -",
		    what, VM_BRIDGE_MAX);
	memcpy(net.bridge, text, n);
	if (text[n] == '\0')
		vm_make_mac(net.mac);
	else if (vm_mac_parse(bytes_of_text(text + n + 1), net.mac, d) < 0) {
		diag_prefix(d, "%s", what);
		d->reason = REASON_NONE;
		return ERR_USAGE;
	}
	*ret = net;
	return ERR_OK;
}

static int
set_memory(struct vm_edit *e, const char *value, struct diag *d)
{
	return size_memory("memory", value, &e->config.memory, d);
}

static int
set_cpus(struct vm_edit *e, const char *value, struct diag *d)
{
	uint64_t n;

	if (number_parse("cpus", bytes_of_text(value), 1, VM_CPUS_MAX, &n, d) <
	    0)
		return ERR_USAGE;
	e->config.cpus = (uint16_t)n;
	return ERR_OK;
}

static int
set_net(struct vm_edit *e, size_t i, const char *value, struct diag *d)
{
	struct vm_config *c = &e->config;
	struct vm_config_net net;
	int r;

	if (strcmp(value, NONE) == 0) {
		e->gone[i] = true;
		return ERR_OK;
	}
	if ((r = vm_net_parse(e->key, value, &net, d)) < 0)
		return r;
	if (i > c->n_nets)
		return diag_fail(d, ERR_USAGE, "%s: net%zu comes first", e->key,
		    c->n_nets);
	/* Another bridge, but the same card. */
	if (i < c->n_nets && strchr(value, '/') == NULL)
		memcpy(net.mac, c->nets[i].mac, sizeof(net.mac));
	for (size_t k = 0; k < c->n_nets; k++)
		if (k != i && !e->gone[k] &&
		    bytes_equal(BYTES_OF_ARRAY(c->nets[k].mac),
			BYTES_OF_ARRAY(net.mac)))
			return diag_fail(d, ERR_USAGE,
			    "%s: net%zu has this address", e->key, k);
	if (i == c->n_nets)
		c->n_nets++;
	c->nets[i] = net;
	e->gone[i] = false;
	return ERR_OK;
}

void
vm_edit_finish(struct vm_edit *e)
{
	struct vm_config *c = &e->config;
	size_t n = 0;

	for (size_t i = 0; i < c->n_nets; i++)
		if (!e->gone[i])
			c->nets[n++] = c->nets[i];
	for (size_t i = n; i < VM_CONFIG_NETS; i++)
		c->nets[i] = (struct vm_config_net){ 0 };
	c->n_nets = n;
	for (size_t i = 0; i < VM_CONFIG_NETS; i++)
		e->gone[i] = false;
}

static int
set_feature(struct vm_edit *e, enum vm_feature f, const char *value,
    struct diag *d)
{
	struct vm_config *c = &e->config;
	uint32_t features = c->features & ~VM_FEATURE_BIT(f);
	bool on;
	int r;

	if ((r = yes_no_parse(e->key, value, &on, d)) < 0)
		return r;
	if (on)
		features |= VM_FEATURE_BIT(f);
	r = vm_features_check(c->level, features, e->leave.granted, d);
	if (r == ERR_OK)
		c->features = features;
	return r;
}

/* Of an owner's VM: only the keys, and only if the grant names none. */
static int
check_keys(const struct vm_edit *e, bool on, struct diag *d)
{
	switch (e->config.level) {
	case VM_LEVEL_REGULAR:
		return ERR_OK;
	case VM_LEVEL_ENCRYPTION_SUPPORTED:
		if (on && e->leave.any_keys)
			return ERR_OK;
		if (on)
			return diag_refuse(d, REASON_PolicyLowered,
			    "secure-boot: the owner's grant names the keys");
		return diag_refuse(d, REASON_PolicyLowered,
		    "secure-boot: encryption-supported VM: Secure Boot cannot "
		    "be switched off");
	default:
		return diag_refuse(d, REASON_PolicyLowered,
		    "secure-boot: shielded VM: Secure Boot is enforced, with "
		    "the owner's keys");
	}
}

static int
set_secure_boot(struct vm_edit *e, const char *value, struct diag *d)
{
	uint32_t bit = VM_FEATURE_BIT(VM_FEATURE_SECURE_BOOT);
	bool on = strcmp(value, SECURE_BOOT_OFF) != 0;
	int r;

	if (value[0] == '\0' || strcmp(value, "yes") == 0 ||
	    strcmp(value, "no") == 0)
		return diag_fail(d, ERR_USAGE,
		    "secure-boot: " SECURE_BOOT_MICROSOFT ", " SECURE_BOOT_OFF
		    " or a folder with keys is needed");
	if ((r = check_keys(e, on, d)) < 0)
		return r;
	if (on || (e->config.features & bit) != 0)
		e->secure_boot = value;
	e->config.features =
	    on ? e->config.features | bit : e->config.features & ~bit;
	return ERR_OK;
}

/* E4: no word of the fabric's makes a VM less than its owner made it. */
static int
refuse_level(const struct vm_edit *e, struct diag *d)
{
	if (e->config.level == VM_LEVEL_REGULAR)
		return diag_refuse(d, REASON_PolicyLowered,
		    "%s: only an owner can change a VM's type: 'shield vm "
		    "protect' makes a VM of its disk",
		    e->key);
	return diag_refuse(d, REASON_PolicyLowered,
	    "%s: only the owner can change a VM's type", e->key);
}

static int
dispatch(struct vm_edit *e, const char *value, struct diag *d)
{
	char word[VM_EDIT_KEY_MAX];
	enum vm_feature f;

	if (strcmp(e->key, "level") == 0 || strcmp(e->key, "type") == 0)
		return refuse_level(e, d);
	if (strcmp(e->key, "memory") == 0)
		return set_memory(e, value, d);
	if (strcmp(e->key, "cpus") == 0)
		return set_cpus(e, value, d);
	if (strcmp(e->key, "secure-boot") == 0)
		return set_secure_boot(e, value, d);
	if (strncmp(e->key, "net", 3) == 0 && e->key[3] >= '0' &&
	    e->key[3] < '0' + VM_CONFIG_NETS && e->key[4] == '\0')
		return set_net(e, (size_t)(e->key[3] - '0'), value, d);
	/* vm.json's words, as options are written. */
	(void)snprintf(word, sizeof(word), "%s", e->key);
	if (strchr(word, '_') == NULL) {
		for (char *p = word; *p != '\0'; p++)
			if (*p == '-')
				*p = '_';
		if (vm_feature_find(bytes_of_text(word), &f))
			return set_feature(e, f, value, d);
	}
	return diag_fail(d, ERR_USAGE, "%s: no such key; there are " KEYS,
	    e->key);
}

int
vm_edit_word(struct vm_edit *e, const char *word, struct diag *d)
{
	size_t n = strcspn(word, "=");

	text_escape(bytes_of(word, n), e->key, sizeof(e->key));
	if (word[n] == '\0' || n == 0)
		return diag_fail(d, ERR_USAGE,
		    "%s: KEY=VALUE is needed; the keys are " KEYS, e->key);
	return dispatch(e, word + n + 1, d);
}

/* --- what became different --- */

static void
format_net(const struct vm_config *c, size_t i,
    char ret[static VM_EDIT_VALUE_MAX])
{
	char mac[18];

	(void)snprintf(ret, VM_EDIT_VALUE_MAX, NONE);
	if (i >= c->n_nets)
		return;
	vm_mac_format(c->nets[i].mac, mac);
	(void)snprintf(ret, VM_EDIT_VALUE_MAX, "%s/%s", c->nets[i].bridge, mac);
}

static void
format_feature(const struct vm_config *c, enum vm_feature f,
    char ret[static VM_EDIT_VALUE_MAX])
{
	bool on = (c->features & VM_FEATURE_BIT(f)) != 0;

	(void)snprintf(ret, VM_EDIT_VALUE_MAX, "%s", on ? "yes" : "no");
}

static void
name_feature(enum vm_feature f, char ret[static VM_EDIT_KEY_MAX])
{
	(void)snprintf(ret, VM_EDIT_KEY_MAX, "%s", vm_feature_word(f));
	for (char *p = ret; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
}

size_t
vm_config_changes(const struct vm_config *from, const struct vm_config *to,
    struct vm_change ret[static VM_CHANGES_MAX])
{
	struct vm_change all[VM_CHANGES_MAX] = { { .key = "memory" },
		{ .key = "cpus" } };
	size_t n = 2, kept = 0;

	size_format(from->memory, all[0].from);
	size_format(to->memory, all[0].to);
	(void)snprintf(all[1].from, VM_EDIT_VALUE_MAX, "%u",
	    (unsigned)from->cpus);
	(void)snprintf(all[1].to, VM_EDIT_VALUE_MAX, "%u", (unsigned)to->cpus);
	for (unsigned i = 0; i < VM_FEATURES; i++, n++) {
		name_feature((enum vm_feature)i, all[n].key);
		format_feature(from, (enum vm_feature)i, all[n].from);
		format_feature(to, (enum vm_feature)i, all[n].to);
	}
	for (size_t i = 0; i < VM_CONFIG_NETS; i++, n++) {
		(void)snprintf(all[n].key, VM_EDIT_KEY_MAX, "net%zu", i);
		format_net(from, i, all[n].from);
		format_net(to, i, all[n].to);
	}
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].from, all[i].to) != 0)
			ret[kept++] = all[i];
	return kept;
}
