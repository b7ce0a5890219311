/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of 'vm set': each key, for each type of VM, and what its owner
 * leaves to the fabric.
 */
#include "ctl/guardctl/vm_edit.h"

#include <string.h>

#include "t.h"

enum outcome { TAKEN, LOWERED, USAGE };

static const char mac1[] = "02:00:5e:00:00:01";
static const char mac2[] = "02:00:5e:00:00:02";

static struct vm_edit
vm_of(uint8_t level, uint32_t granted, bool any_keys)
{
	struct vm_edit e = { .config = { .name = "web1",
				 .level = level,
				 .cpus = 1,
				 .memory = 512,
				 .n_disks = 1 },
		.leave = { granted, any_keys } };

	e.config.features = vm_features_default(level, 0);
	(void)snprintf(e.config.disks[0].file, sizeof(e.config.disks[0].file),
	    "disk0.img");
	return e;
}

static enum outcome
try(struct vm_edit *e, const char *word)
{
	const struct vm_edit before = *e;
	struct diag d = { 0 };
	int r = vm_edit_word(e, word, &d);

	/* Refused means that nothing of it is taken. */
	if (r < 0 && memcmp(&before.config, &e->config, sizeof(e->config)) != 0)
		t_bail("%s: refused, but changed", word);
	if (r < 0 && d.text[0] == '\0')
		t_bail("%s: no reason", word);
	switch (r) {
	case ERR_OK:
		return TAKEN;
	case ERR_REFUSED:
		if (d.reason != REASON_PolicyLowered)
			t_bail("%s: %s", word, d.text);
		return LOWERED;
	case ERR_USAGE:
		return USAGE;
	default:
		t_bail("%s: %s", word, d.text);
	}
}

/* --- every key for every type --- */

#define T TAKEN
#define L LOWERED

/* Written down once more on purpose: this is the promise. */
static const struct {
	const char *word;
	enum outcome regular, encrypted, shielded;
} cells[] = {
	{ "memory=1G", T, T, T },
	{ "cpus=8", T, T, T },
	{ "net0=br0", T, T, T },
	{ "net0=none", T, T, T },
	{ "console=yes", T, T, L },
	{ "console=no", T, L, T },
	{ "serial=yes", T, T, L },
	{ "serial=no", T, T, T },
	{ "integration=yes", T, T, L },
	{ "integration=no", T, T, T },
	{ "debug=yes", T, T, L },
	{ "debug=no", T, T, T },
	{ "tpm=yes", T, T, T },
	{ "tpm=no", T, L, L },
	{ "state-encryption=yes", T, T, T },
	{ "state-encryption=no", T, L, L },
	{ "secure-boot=microsoft", T, L, L },
	{ "secure-boot=keys", T, L, L },
	{ "secure-boot=off", T, L, L },
	{ "level=shielded", L, L, L },
	{ "level=regular", L, L, L },
	{ "level=encryption-supported", L, L, L },
	{ "type=regular", L, L, L },
	{ "type=", L, L, L },
};

static void
test_cell(const char *word, uint8_t level, enum outcome want)
{
	static const char *const words[] = { "taken", "PolicyLowered",
		"usage" };
	struct vm_edit e = vm_of(level, 0, false);
	enum outcome got = try(&e, word);

	CHECK(got == want, "E4 T74 %s VM: %s: %s, not %s", vm_level_name(level),
	    word, words[want], words[got]);
}

static void
test_cells(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		test_cell(cells[i].word, VM_LEVEL_REGULAR, cells[i].regular);
		test_cell(cells[i].word, VM_LEVEL_ENCRYPTION_SUPPORTED,
		    cells[i].encrypted);
		test_cell(cells[i].word, VM_LEVEL_SHIELDED, cells[i].shielded);
	}
}

/* What a grant allows beyond that. */
static void
test_granted(void)
{
	uint32_t console = VM_FEATURE_BIT(VM_FEATURE_CONSOLE);
	struct vm_edit e = vm_of(VM_LEVEL_SHIELDED, console, true);

	CHECK(try(&e, "console=yes") == TAKEN &&
		(e.config.features & console) != 0 &&
		try(&e, "console=no") == TAKEN &&
		(e.config.features & console) == 0,
	    "a shielded VM's console, if the owner allows it");
	CHECK(try(&e, "serial=yes") == LOWERED &&
		try(&e, "secure-boot=microsoft") == LOWERED &&
		e.secure_boot == NULL,
	    "T74 and nothing else of it");
	e = vm_of(VM_LEVEL_SHIELDED, ~(uint32_t)0, true);
	CHECK(try(&e, "serial=yes") == LOWERED &&
		try(&e, "debug=yes") == LOWERED,
	    "T74 whatever the grant seems to say");
	e = vm_of(VM_LEVEL_ENCRYPTION_SUPPORTED, 0, true);
	CHECK(try(&e, "secure-boot=microsoft") == TAKEN &&
		strcmp(e.secure_boot, "microsoft") == 0 &&
		try(&e, "secure-boot=keys/mine") == TAKEN &&
		strcmp(e.secure_boot, "keys/mine") == 0,
	    "an encryption-supported VM's keys, if the owner names none");
	CHECK(try(&e, "secure-boot=off") == LOWERED &&
		strcmp(e.secure_boot, "keys/mine") == 0,
	    "T75 but never off");
	e = vm_of(0, ~(uint32_t)0, true);
	CHECK(try(&e, "secure-boot=off") == LOWERED &&
		try(&e, "debug=yes") == LOWERED,
	    "a level that there is not has nothing");
}

/* --- values --- */

static void
test_usage(void)
{
	static const char *const words[] = { "", "=", "=yes", "memory",
		"memory=", "memory=127M", "memory=2T", "memory=512", "cpus=0",
		"cpus=65", "cpus=two", "net4=br0", "net=br0", "net00=br0",
		"net1=br0", "net0=", "net0=br 0", "net0=.br", "net0=br0/",
		"net0=br0/03:00:5e:00:00:01", "net0=br0/02:00:5e:00:00",
		"net0=../br0", "net0=sixteencharacter",
		"console=", "console=on", "console=YES",
		"secure-boot=", "secure-boot=yes", "secure-boot=no",
		"state_encryption=yes", "secure_boot=yes", "usb=yes",
		"Memory=1G", "firmware=00", "name=web2", "disks=", "qemu=-s",
		"level", "\x1b[2J=yes",
		"a-key-that-is-longer-than-any-that-there-is-or-will-be=yes" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct vm_edit e = vm_of(VM_LEVEL_REGULAR, 0, false);

		CHECK(try(&e, words[i]) == USAGE && e.secure_boot == NULL &&
			strchr(e.key, '\x1b') == NULL,
		    "word %zu is none (%s)", i, e.key);
	}
}

static void
test_nets(void)
{
	struct vm_edit e = vm_of(VM_LEVEL_REGULAR, 0, false);
	struct vm_config *c = &e.config;
	uint8_t first[VM_MAC_SIZE];

	CHECK(try(&e, "net0=br0") == TAKEN && c->n_nets == 1 &&
		strcmp(c->nets[0].bridge, "br0") == 0 &&
		memcmp(c->nets[0].mac, "\x52\x54\0", 3) == 0,
	    "a network has an address made for it");
	memcpy(first, c->nets[0].mac, sizeof(first));
	CHECK(try(&e, "net0=br1") == TAKEN &&
		memcmp(c->nets[0].mac, first, sizeof(first)) == 0,
	    "it stays when the bridge changes");
	CHECK(try(&e, "net1=br2/02:00:5e:00:00:01") == TAKEN &&
		c->n_nets == 2 && c->nets[1].mac[5] == 1,
	    "or is given");
	CHECK(try(&e, "net2=br3/02:00:5e:00:00:01") == USAGE &&
		try(&e, "net3=br3") == USAGE,
	    "none twice, and no gap");
	CHECK(try(&e, "net0=none") == TAKEN &&
		try(&e, "net0=br3/02:00:5e:00:00:01") == USAGE &&
		try(&e, "net1=none") == TAKEN,
	    "each word means what was there before");
	vm_edit_finish(&e);
	CHECK(c->n_nets == 0 && c->nets[0].bridge[0] == '\0', "both are gone");
	CHECK(try(&e, "net0=br0/02:00:5e:00:00:01") == TAKEN &&
		try(&e, "net1=br1/02:00:5e:00:00:02") == TAKEN &&
		try(&e, "net0=none") == TAKEN,
	    "the first of two goes");
	vm_edit_finish(&e);
	CHECK(c->n_nets == 1 && strcmp(c->nets[0].bridge, "br1") == 0 &&
		c->nets[0].mac[5] == 2 && c->nets[1].bridge[0] == '\0',
	    "and the second moves up");
}

/* --- changes --- */

/* The old values, given as words, are the way back. */
static void
undo(struct vm_edit *e, const struct vm_config *old)
{
	struct vm_change changes[VM_CHANGES_MAX];
	char word[sizeof(changes) + 2];
	size_t n = vm_config_changes(old, &e->config, changes);

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(word, sizeof(word), "%s=%s", changes[i].key,
		    changes[i].from);
		if (strcmp(changes[i].key, "secure-boot") != 0 &&
		    try(e, word) != TAKEN)
			t_bail("%s: not taken back", word);
	}
	vm_edit_finish(e);
}

static void
test_changes(void)
{
	struct vm_edit e = vm_of(VM_LEVEL_REGULAR, 0, false);
	struct vm_change changes[VM_CHANGES_MAX];
	struct vm_config old;
	char word[64];

	(void)snprintf(word, sizeof(word), "net0=br0/%s", mac1);
	CHECK(try(&e, word) == TAKEN, "a network");
	(void)snprintf(word, sizeof(word), "net1=br1/%s", mac2);
	CHECK(try(&e, word) == TAKEN, "and another");
	vm_edit_finish(&e);
	old = e.config;
	CHECK(vm_config_changes(&old, &e.config, changes) == 0,
	    "the same is no change");
	CHECK(try(&e, "memory=1G") == TAKEN && try(&e, "cpus=3") == TAKEN &&
		try(&e, "state-encryption=no") == TAKEN &&
		try(&e, "net0=none") == TAKEN,
	    "four words");
	vm_edit_finish(&e);
	CHECK(vm_config_changes(&old, &e.config, changes) == 5 &&
		strcmp(changes[0].key, "memory") == 0 &&
		strcmp(changes[0].from, "512M") == 0 &&
		strcmp(changes[0].to, "1G") == 0 &&
		strcmp(changes[1].key, "cpus") == 0 &&
		strcmp(changes[2].key, "state-encryption") == 0 &&
		strcmp(changes[2].from, "yes") == 0 &&
		strcmp(changes[3].key, "net0") == 0 &&
		strcmp(changes[3].from, "br0/02:00:5e:00:00:01") == 0 &&
		strcmp(changes[4].to, "none") == 0,
	    "are told with what was before");
	undo(&e, &old);
	CHECK(memcmp(&old, &e.config, sizeof(old)) == 0,
	    "which, given as words, is the way back");
	CHECK(try(&e, "net0=none") == TAKEN && try(&e, "net1=none") == TAKEN &&
		try(&e, "tpm=no") == TAKEN && try(&e, "debug=yes") == TAKEN,
	    "four others");
	vm_edit_finish(&e);
	undo(&e, &old);
	CHECK(memcmp(&old, &e.config, sizeof(old)) == 0, "as well");
}

int
main(void)
{
	test_cells();
	test_granted();
	test_usage();
	test_nets();
	test_changes();
	return t_done();
}
