/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/builtin.h"

#include "policy/arguments.h"
#include "t.h"

static int
argue(enum policy p, const char *text)
{
	return arguments_judge(p, bytes_of_text(text), NULL);
}

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
	CHECK(policy_set_change(&s, POLICY_CI_POLICY, true, &d) == ERR_REFUSED,
	    "a policy without evidence cannot be enabled: %s", d.text);
	CHECK(policy_set_change(&s, POLICY_COUNT, true, &d) == ERR_NOT_FOUND,
	    "nor one that does not exist");
}

static void
test_arguments(void)
{
	static const char good[] = "iommu.strict=1 iommu.passthrough=0 "
				   "intel_iommu=on iommu=strict nohibernate";
	static const char *const bad[] = { "iommu=pt", "intel_iommu=off",
		"noiommu", "iommu.passthrough=1", "iommu.strict=0",
		"vfio.enable_unsafe_noiommu_mode=1", "intel-iommu=off",
		"iommu.pass-through=1", "\"iommu=pt\"",
		"intel_iommu=on,sm_off" };
	char text[256];
	size_t n = 0;

	CHECK(argue(POLICY_IOMMU_ENABLED, good) == ERR_OK &&
		argue(POLICY_NO_HIBERNATION, good) == ERR_OK &&
		argue(POLICY_NO_DUMPS, good) == ERR_OK,
	    "a command line that says all of it");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(text, sizeof(text), "%s %s", good, bad[i]);
		n += argue(POLICY_IOMMU_ENABLED, text) == ERR_REFUSED;
		(void)snprintf(text, sizeof(text), "%s %s", bad[i], good);
		n += argue(POLICY_IOMMU_ENABLED, text) == ERR_REFUSED;
	}
	CHECK(n == 2 * ARRAY_LEN(bad),
	    "T39 one of %zu arguments that weaken it, before or behind: "
	    "refused",
	    ARRAY_LEN(bad));
	CHECK(argue(POLICY_IOMMU_ENABLED, "intel_iommu=on iommu.strict=1") ==
		    ERR_REFUSED &&
		argue(POLICY_IOMMU_ENABLED, "quiet") == ERR_REFUSED,
	    "T39 IOMMU arguments missing: refused");
	CHECK(argue(POLICY_NO_HIBERNATION, "nohibernate resume=/dev/sda") ==
		    ERR_REFUSED &&
		argue(POLICY_NO_HIBERNATION, "hibernate=no") == ERR_REFUSED &&
		argue(POLICY_NO_HIBERNATION, "-- nohibernate") == ERR_REFUSED,
	    "T39 hibernation not switched off for the kernel: refused");
	CHECK(argue(POLICY_NO_DUMPS, "quiet crashkernel=256M") == ERR_REFUSED,
	    "T39 memory for a crash kernel: refused");
	CHECK(argue(POLICY_MEMORY_ENCRYPTED, "mem_encrypt=on") == ERR_OK &&
		argue(POLICY_MEMORY_ENCRYPTED,
		    "mem_encrypt=on mem_encrypt=off") == ERR_REFUSED,
	    "T39 the last one would win: refused");
}

int
main(void)
{
	test_set();
	test_arguments();
	return t_done();
}
