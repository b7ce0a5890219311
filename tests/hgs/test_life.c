/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a protector: every order of roll, confirm and stopped that
 * design.md 3 speaks of, with crashes in between.
 */
#include "hgs/key/life.h"
#include "t.h"

static const uint8_t host_a[32] = { 0xaa }, host_b[32] = { 0xbb };
static struct grant grant;

static struct core
seal_of(uint8_t name, uint64_t generation, uint16_t signer, uint8_t previous)
{
	struct core c = { .grant = &grant };

	c.seal.generation = generation;
	c.seal.signer = signer;
	memset(c.seal_digest, name, sizeof(c.seal_digest));
	memset(c.seal.previous, previous, sizeof(c.seal.previous));
	return c;
}

static int
roll(struct vm_record *vm, bool known, struct core *c, const uint8_t *host,
    uint64_t now, uint8_t egress, bool restore, struct diag *d)
{
	struct life_ask ask = { c, host, now, restore };
	uint8_t seal[32];
	int r = life_admit(vm, known, &ask, d);

	if (r < 0)
		return r;
	memset(seal, egress, sizeof(seal));
	life_offer(vm, seal, &ask);
	return r;
}

static int
confirm(struct vm_record *vm, struct core *c, const uint8_t *host, uint64_t now,
    struct diag *d)
{
	struct life_ask ask = { c, host, now, false };

	return life_confirm(vm, &ask, 600, d);
}

static int
stopped(struct vm_record *vm, struct core *c, const uint8_t *host, uint64_t now,
    struct diag *d)
{
	struct life_ask ask = { c, host, now, false };

	return life_stopped(vm, &ask, true, d);
}

static void
test_orderly(void)
{
	struct core one = seal_of(1, 1, 0, 0), two = seal_of(2, 2, 1, 1);
	struct core three = seal_of(3, 3, 1, 2);
	struct vm_record vm = { 0 };
	struct diag d = { 0 };

	CHECK(roll(&vm, false, &one, host_a, 100, 2, false, &d) == ERR_OK,
	    "the owner's fresh seal begins a VM that the HGS never saw");
	CHECK(confirm(&vm, &two, host_a, 101, &d) == ERR_OK && vm.running &&
		vm.lease_end == 701,
	    "the offered seal is confirmed and has a lease");
	CHECK(confirm(&vm, &two, host_a, 200, &d) == ERR_OK &&
		vm.lease_end == 800,
	    "a second confirm renews the lease");
	CHECK(stopped(&vm, &two, host_a, 300, &d) == ERR_OK && !vm.running &&
		vm.clean,
	    "stopped ends the run");
	CHECK(confirm(&vm, &two, host_a, 301, &d) == ERR_REFUSED &&
		d.reason == REASON_NotConfirmed,
	    "T95 a confirm after stopped does not start it again");
	CHECK(roll(&vm, true, &two, host_b, 400, 3, false, &d) == ERR_OK &&
		confirm(&vm, &three, host_b, 401, &d) == ERR_OK,
	    "another host starts it from the confirmed seal");
	CHECK(stopped(&vm, &three, host_a, 402, &d) == ERR_REFUSED &&
		d.reason == REASON_NotConfirmed && vm.running,
	    "T92 a host that does not run it cannot say that it stopped");
	CHECK(roll(&vm, true, &two, host_b, 2000, 9, false, &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_ProtectorSuperseded,
	    "T66 the older seal is superseded");
}

static void
test_two_hosts(void)
{
	struct core one = seal_of(1, 1, 0, 0), two = seal_of(2, 2, 1, 1);
	struct core three = seal_of(3, 2, 1, 1);
	struct vm_record vm = { 0 };
	struct diag d = { 0 };

	CHECK(roll(&vm, false, &one, host_a, 100, 2, false, &d) == ERR_OK &&
		roll(&vm, true, &one, host_b, 101, 3, false, &d) == ERR_OK,
	    "two hosts roll the same seal: both are offered one");
	CHECK(confirm(&vm, &two, host_b, 102, &d) == ERR_REFUSED,
	    "T95 a seal offered to another host cannot be confirmed");
	CHECK(confirm(&vm, &two, host_a, 103, &d) == ERR_OK,
	    "the first to confirm has it");
	CHECK(confirm(&vm, &three, host_b, 104, &d) == ERR_REFUSED &&
		d.reason == REASON_RunningElsewhere,
	    "T95 its sibling is void");
	CHECK(roll(&vm, true, &two, host_b, 105, 4, false, &d) == ERR_REFUSED &&
		d.reason == REASON_RunningElsewhere,
	    "T79 a second host cannot start a running VM");
	CHECK(roll(&vm, true, &two, host_a, 106, 5, false, &d) == ERR_OK,
	    "the same host may: it restarted after a crash");
	CHECK(roll(&vm, true, &two, host_b, 703, 6, false, &d) == ERR_OK,
	    "the lease has ended: another host may start it");
	CHECK(confirm(&vm, &three, host_b, 1000, &d) == ERR_REFUSED &&
		d.reason == REASON_ProtectorSuperseded,
	    "T95 the void sibling stays void after the lease");
}

static void
test_crashes(void)
{
	struct core one = seal_of(1, 1, 0, 0), two = seal_of(2, 2, 1, 1);
	struct core three = seal_of(3, 3, 1, 2), lost = seal_of(4, 2, 1, 1);
	struct vm_record vm = { 0 };
	struct diag d = { 0 };

	CHECK(roll(&vm, false, &one, host_a, 100, 4, false, &d) == ERR_OK &&
		roll(&vm, true, &one, host_a, 101, 2, false, &d) == ERR_OK,
	    "T86 a lost reply: the old seal can be rolled again");
	CHECK(roll(&vm, true, &two, host_a, 102, 3, false, &d) == ERR_OK,
	    "T86 killed between write and confirm: the pending seal rolls");
	CHECK(roll(&vm, true, &one, host_a, 103, 9, false, &d) == ERR_REFUSED &&
		d.reason == REASON_ProtectorSuperseded,
	    "from then on the seal before it is superseded");
	CHECK(roll(&vm, true, &lost, host_a, 104, 9, false, &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_ProtectorSuperseded,
	    "and so is its lost sibling");
	CHECK(confirm(&vm, &three, host_a, 105, &d) == ERR_OK, "the VM runs");
}

static void
test_memory(void)
{
	struct core rolled = seal_of(7, 5, 1, 6), old = seal_of(8, 4, 1, 3);
	struct core changed = seal_of(9, 6, 0, 7);
	struct vm_record vm = { 0 };
	struct diag d = { 0 };

	grant.c.policy.unknown_vm = GRANT_UNKNOWN_VM_REFUSE;
	CHECK(roll(&vm, false, &rolled, host_a, 1, 2, false, &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_VmUnknown,
	    "a rolled seal at an HGS without memory: the grant says no");
	CHECK(vm.version == 0, "and nothing is remembered");
	CHECK(roll(&vm, false, &changed, host_a, 1, 2, false, &d) == ERR_OK,
	    "the owner's own seal is a beginning wherever it comes");
	vm = (struct vm_record){ 0 };
	grant.c.policy.unknown_vm = GRANT_UNKNOWN_VM_ALLOW;
	CHECK(roll(&vm, false, &rolled, host_a, 1, 2, false, &d) == ERR_OK,
	    "the grant says yes");
	CHECK(roll(&vm, true, &changed, host_a, 2, 3, false, &d) == ERR_OK,
	    "the owner's change of the confirmed seal is taken");
	CHECK(roll(&vm, true, &old, host_a, 3, 4, false, &d) == ERR_REFUSED,
	    "T66 an old seal is not");
	CHECK(roll(&vm, true, &old, host_a, 3, 4, true, &d) == ERR_OK &&
		vm.confirmed[0] == 8,
	    "the owner's ticket brings it back");
	vm.allow_restore = true;
	CHECK(roll(&vm, true, &rolled, host_a, 4, 5, false, &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_ProtectorSuperseded && vm.allow_restore,
	    "T66 T80 administrators cannot where the owner's grant says no");
	grant.c.policy.quorum_restore = true;
	CHECK(roll(&vm, true, &rolled, host_a, 4, 5, false, &d) == ERR_OK &&
		!vm.allow_restore,
	    "administrators may allow one restore, once");
}

static void
test_ticket(void)
{
	struct core one = seal_of(1, 1, 0, 0), two = seal_of(2, 2, 1, 1);
	struct core three = seal_of(3, 3, 1, 2);
	struct vm_record vm = { 0 };
	struct diag d = { 0 };

	CHECK(roll(&vm, false, &one, host_a, 1, 2, false, &d) == ERR_OK &&
		confirm(&vm, &two, host_a, 2, &d) == ERR_OK &&
		roll(&vm, true, &two, host_b, 3, 3, false, &d) == ERR_REFUSED,
	    "T79 the VM runs on one host and not on another");
	CHECK(roll(&vm, true, &two, host_b, 3, 3, true, &d) == ERR_OK &&
		confirm(&vm, &three, host_b, 4, &d) == ERR_OK,
	    "the owner's ticket moves it before the lease has ended");
	CHECK(confirm(&vm, &two, host_a, 5, &d) == ERR_REFUSED &&
		d.reason == REASON_RunningElsewhere,
	    "T79 and the first host hears so at its next renewal");
}

static void
test_revision(void)
{
	static struct grant newer;
	struct core one = seal_of(1, 1, 0, 0), two = seal_of(2, 2, 0, 1);
	struct core old = seal_of(1, 1, 0, 0);
	struct vm_record vm = { 0 };
	struct diag d = { 0 };

	grant.c.revision = 1;
	newer = grant;
	newer.c.revision = 2;
	CHECK(roll(&vm, false, &one, host_a, 1, 9, false, &d) == ERR_OK,
	    "a VM begins under the grant's first revision");
	two.grant = &newer;
	CHECK(roll(&vm, true, &two, host_a, 2, 8, false, &d) == ERR_OK &&
		vm.revision == 2,
	    "the owner's second revision is remembered");
	memset(vm.confirmed, 1, sizeof(vm.confirmed));
	CHECK(roll(&vm, true, &old, host_a, 3, 7, false, &d) == ERR_REFUSED &&
		d.reason == REASON_ProtectorSuperseded,
	    "T66 the first one never comes back by itself");
	grant.c.revision = 0;
}

static void
test_many_pending(void)
{
	struct core one = seal_of(1, 1, 0, 0), first = seal_of(10, 2, 1, 1);
	struct vm_record vm = { 0 };
	struct diag d = { 0 };
	bool good = true;

	for (uint8_t i = 0; i < VM_PENDING_MAX + 4; i++)
		good = good &&
		    roll(&vm, i > 0, &one, host_a, 100 + i, 10 + i, false,
			&d) == ERR_OK;
	CHECK(good && vm.n_pending == VM_PENDING_MAX,
	    "pending seals are bounded: a flood forgets the oldest");
	CHECK(confirm(&vm, &first, host_a, 200, &d) == ERR_REFUSED,
	    "a forgotten one cannot be confirmed");
	CHECK(roll(&vm, true, &one, host_a, 201, 99, false, &d) == ERR_OK,
	    "and the confirmed seal still rolls");
}

int
main(void)
{
	test_orderly();
	test_two_hosts();
	test_crashes();
	test_memory();
	test_ticket();
	test_revision();
	test_many_pending();
	return t_done();
}
