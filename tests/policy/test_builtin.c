/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/builtin.h"

#include "t.h"

static void
test_set(void)
{
	struct policy_set s = policy_set_default();
	struct diag d = { 0 };
	bool whole = true;

	for (unsigned p = 0; p < POLICY_COUNT; p++) {
		const struct builtin *b = builtin_get((enum policy)p);

		whole = whole && b->name != NULL && b->meaning != NULL &&
		    b->reason != REASON_NONE &&
		    builtin_find(bytes_of_text(b->name)) == (enum policy)p &&
		    !(b->enabled && b->unavailable != NULL) &&
		    !(b->locked && !b->enabled);
	}
	CHECK(whole, "every policy has a name, a reason and a meaning");
	CHECK(builtin_find(bytes_of_text("secureBootEnabled")) == POLICY_COUNT,
	    "T60 names are taken letter for letter");
	CHECK(!policy_set_has(&s, POLICY_MEMORY_ACCESS_BLOCKED) &&
		policy_set_has(&s, POLICY_FULL_BOOT),
	    "MemoryAccessBlocked is off by default, FullBoot on");
	CHECK(policy_set_change(&s, POLICY_HOST_KEY_PRESENT, false, &d) ==
		ERR_REFUSED,
	    "a locked policy stays on: %s", d.text);
	s.mask = 0;
	CHECK(policy_set_has(&s, POLICY_SECURE_BOOT_ENABLED) &&
		policy_set_has(&s, POLICY_SECURE_BOOT_SETTINGS) &&
		policy_set_has(&s, POLICY_HOST_KEY_PRESENT),
	    "whatever the store says");
	CHECK(policy_set_change(&s, POLICY_SECURE_BOOT_SETTINGS, false, &d) ==
		ERR_REFUSED,
	    "T87 a host key is worth what the baseline pins: %s", d.text);
	CHECK(policy_set_change(&s, POLICY_DUMP_ENCRYPTION, true, &d) ==
		ERR_REFUSED,
	    "a policy without evidence cannot be enabled: %s", d.text);
	CHECK(policy_set_change(&s, POLICY_COUNT, true, &d) == ERR_NOT_FOUND,
	    "nor one that does not exist");
}

int
main(void)
{
	test_set();
	return t_done();
}
