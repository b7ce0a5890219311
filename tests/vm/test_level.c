/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each type of VM says of each feature, cell by cell, and what that means
 * for a configuration and for a request to a running VM.
 */
#include "t.h"

#include "vm/level.h"

#define R VM_RULE_REQUIRED
#define O VM_RULE_OPTIONAL
#define F VM_RULE_FORBIDDEN
#define G VM_RULE_OWNER

/* Written down once more on purpose: this is the promise. */
static const struct {
	enum vm_feature feature;
	const char *word;
	enum vm_rule regular, encrypted, shielded;
} cells[] = {
	{ VM_FEATURE_SECURE_BOOT, "secure_boot", O, R, R },
	{ VM_FEATURE_TPM, "tpm", O, R, R },
	{ VM_FEATURE_STATE_ENCRYPTION, "state_encryption", O, R, R },
	{ VM_FEATURE_INTEGRATION, "integration", O, O, F },
	{ VM_FEATURE_CONSOLE, "console", O, R, G },
	{ VM_FEATURE_SERIAL, "serial", O, O, F },
	{ VM_FEATURE_DEBUG, "debug", O, O, F },
};

static const uint8_t levels[] = { VM_LEVEL_REGULAR,
	VM_LEVEL_ENCRYPTION_SUPPORTED, VM_LEVEL_SHIELDED };

static int
check(uint8_t level, uint32_t features, uint32_t granted)
{
	struct diag d = { 0 };
	int r = vm_features_check(level, features, granted, &d);

	if (r < 0 && (r != ERR_REFUSED || d.reason != REASON_PolicyLowered))
		t_bail("%s", d.text);
	return r;
}

static enum reason
need(uint8_t level, uint32_t features, enum vm_feature f)
{
	struct diag d = { 0 };

	return vm_feature_need(level, features, f, &d) == ERR_OK ? REASON_NONE
								 : d.reason;
}

static void
test_cell(uint8_t level, enum vm_feature f, enum vm_rule rule)
{
	uint32_t bit = VM_FEATURE_BIT(f);
	uint32_t usual = vm_features_default(level, 0);
	const char *type = vm_level_name(level), *word = vm_feature_word(f);

	CHECK(vm_rule(level, f) == rule, "E %s: %s: the rule", type, word);
	CHECK((check(level, usual | bit, 0) == ERR_OK) ==
		(rule == R || rule == O),
	    "E4 %s: %s switched on: %s", type, word,
	    rule == R || rule == O ? "taken" : "refused");
	CHECK((check(level, usual & ~bit, 0) == ERR_OK) == (rule != R),
	    "E4 %s: %s switched off: %s", type, word,
	    rule != R ? "taken" : "refused");
	CHECK((check(level, usual | bit, bit) == ERR_OK) == (rule != F),
	    "E4 %s: %s on with the owner's leave: %s", type, word,
	    rule != F ? "taken" : "refused");
	CHECK(need(level, usual | bit, f) == REASON_NONE,
	    "E %s: %s, where it is on, is served", type, word);
	CHECK(need(level, usual & ~bit, f) ==
		(rule == F || rule == G ? REASON_PolicyLowered
					: REASON_VmFeatureOff),
	    "T74 %s: %s, where it is off, is refused", type, word);
}

int
main(void)
{
	enum vm_feature f;

	CHECK(ARRAY_LEN(cells) == VM_FEATURES, "the table is whole");
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		CHECK(vm_feature_find(bytes_of_text(cells[i].word), &f) &&
			f == cells[i].feature,
		    "%s is a word", cells[i].word);
		test_cell(VM_LEVEL_REGULAR, cells[i].feature, cells[i].regular);
		test_cell(VM_LEVEL_ENCRYPTION_SUPPORTED, cells[i].feature,
		    cells[i].encrypted);
		test_cell(VM_LEVEL_SHIELDED, cells[i].feature,
		    cells[i].shielded);
		CHECK(vm_rule(0, cells[i].feature) == F &&
			vm_rule(9, cells[i].feature) == F,
		    "%s: no other type has it", cells[i].word);
	}
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		uint8_t level = levels[i];

		CHECK(check(level, vm_features_default(level, 0), 0) == ERR_OK,
		    "%s: what is usual is allowed", vm_level_name(level));
		CHECK(check(level,
			  vm_features_default(level, 0) |
			      VM_FEATURE_BIT(VM_FEATURES),
			  ~(uint32_t)0) < 0,
		    "%s: a feature that there is not", vm_level_name(level));
		CHECK(vm_level_find(bytes_of_text(vm_level_name(level))) ==
			level,
		    "%s is a word", vm_level_name(level));
	}
	CHECK(check(0, 0, ~(uint32_t)0) < 0 && vm_level_name(0) == NULL &&
		vm_level_find(bytes_of_text("open")) == 0,
	    "a level that was never set allows nothing");
	CHECK(!vm_feature_find(bytes_of_text("usb"), &f),
	    "no other word is a feature");
	return t_done();
}
