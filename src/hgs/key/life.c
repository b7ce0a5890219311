/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/key/life.h"

#include <string.h>

#include "base/text.h"

static bool
same32(const uint8_t *a, const uint8_t *b)
{
	return bytes_equal(bytes_of(a, 32), bytes_of(b, 32));
}

static size_t
find_pending(const struct vm_record *vm, const uint8_t *seal)
{
	for (size_t i = 0; i < vm->n_pending; i++)
		if (same32(vm->pending[i].seal, seal))
			return i;
	return vm->n_pending;
}

/* Two hosts must never run one VM (T79); the same one may start it again. */
static int
check_elsewhere(const struct vm_record *vm, const struct life_ask *ask,
    struct diag *d)
{
	char until[TIME_TEXT_SIZE];

	if (!vm->running || same32(vm->host_id, ask->host_id) ||
	    ask->now >= vm->lease_end)
		return ERR_OK;
	time_format(vm->lease_end, until);
	return diag_refuse(d, REASON_RunningElsewhere,
	    "the VM runs on another host, whose lease ends at %s", until);
}

/* From here on this seal is the VM's state, and no other one. */
static void
take_over(struct vm_record *vm, const struct core *c)
{
	memcpy(vm->confirmed, c->seal_digest, sizeof(vm->confirmed));
	vm->n_pending = 0;
	vm->revision = c->grant->c.revision;
}

/*
 * A VM that this HGS never saw. A seal by the owner is a beginning: made with
 * the VM, or when the owner granted this fabric. One that some guardian rolled
 * has a past this HGS does not know, and the grant says whether it may go on.
 */
static int
admit_unknown(struct vm_record *vm, const struct life_ask *ask, struct diag *d)
{
	const struct core *c = ask->core;
	bool fresh = c->seal.signer == 0;

	if (!fresh && !ask->restore &&
	    c->grant->c.policy.unknown_vm != GRANT_UNKNOWN_VM_ALLOW)
		return diag_refuse(d, REASON_VmUnknown,
		    "this HGS has no memory of the VM, whose protector is at "
		    "generation %llu",
		    (unsigned long long)c->seal.generation);
	*vm = (struct vm_record){ .version = RECORD_VERSION };
	memcpy(vm->owner, c->grant->owner_id, sizeof(vm->owner));
	memcpy(vm->family, c->grant->c.family, sizeof(vm->family));
	memcpy(vm->vm_id, c->seal.vm_id, sizeof(vm->vm_id));
	take_over(vm, c);
	return ERR_OK;
}

/* The owner changed grant or keys of exactly the confirmed seal. */
static bool
is_owners_change(const struct vm_record *vm, const struct core *c)
{
	return c->seal.signer == 0 && c->seal.generation > 1 &&
	    same32(c->seal.previous, vm->confirmed);
}

/* The owner's ticket; or administrators, where the owner leaves it to them. */
static bool
may_restore(const struct vm_record *vm, const struct life_ask *ask)
{
	return ask->restore ||
	    (vm->allow_restore && ask->core->grant->c.policy.quorum_restore);
}

/* Whoever runs it holds a void seal, and hears so at its next renewal. */
static void
restore(struct vm_record *vm, const struct core *c)
{
	take_over(vm, c);
	vm->allow_restore = false;
	vm->running = false;
	vm->lease_end = 0;
}

/* An older grant would bring back what the owner took away. */
static int
check_revision(const struct vm_record *vm, const struct core *c, struct diag *d)
{
	if (c->grant->c.revision >= vm->revision)
		return ERR_OK;
	return diag_refuse(d, REASON_ProtectorSuperseded,
	    "the grant is of revision %llu, the VM's newest is %llu",
	    (unsigned long long)c->grant->c.revision,
	    (unsigned long long)vm->revision);
}

int
life_admit(struct vm_record *vm, bool known, const struct life_ask *ask,
    struct diag *d)
{
	const struct core *c = ask->core;
	int r;

	if (!known)
		return admit_unknown(vm, ask, d);
	if (may_restore(vm, ask)) {
		restore(vm, c);
		return ERR_OK;
	}
	if ((r = check_elsewhere(vm, ask, d)) < 0 ||
	    (r = check_revision(vm, c, d)) < 0)
		return r;
	if (same32(c->seal_digest, vm->confirmed) ||
	    find_pending(vm, c->seal_digest) < vm->n_pending)
		return ERR_OK;
	if (!is_owners_change(vm, c))
		return diag_refuse(d, REASON_ProtectorSuperseded,
		    "generation %llu is not the VM's newest (%llu)",
		    (unsigned long long)c->seal.generation,
		    (unsigned long long)vm->generation);
	take_over(vm, c);
	return ERR_OK;
}

void
life_offer(struct vm_record *vm, const uint8_t seal[static 32],
    const struct life_ask *ask)
{
	size_t from = find_pending(vm, ask->core->seal_digest);
	struct vm_pending *p;

	/*
	 * Presented after a crash between write and confirm: the file holds
	 * it, so it takes the confirmed one's place, and its siblings die.
	 */
	if (from < vm->n_pending) {
		memcpy(vm->confirmed, vm->pending[from].seal, 32);
		vm->n_pending = 0;
	}
	/* Seals that nobody ever confirmed: the oldest is forgotten. */
	if (vm->n_pending == VM_PENDING_MAX) {
		memmove(&vm->pending[0], &vm->pending[1],
		    (VM_PENDING_MAX - 1) * sizeof(vm->pending[0]));
		vm->n_pending--;
	}
	p = &vm->pending[vm->n_pending++];
	memcpy(p->seal, seal, sizeof(p->seal));
	memcpy(p->host_id, ask->host_id, sizeof(p->host_id));
	p->time = ask->now;
	vm->changed = ask->now;
}

int
life_confirm(struct vm_record *vm, const struct life_ask *ask,
    uint32_t lease_seconds, struct diag *d)
{
	const uint8_t *seal = ask->core->seal_digest;
	size_t i = find_pending(vm, seal);
	int r;

	if ((r = check_elsewhere(vm, ask, d)) < 0)
		return r;
	if (i < vm->n_pending && same32(vm->pending[i].host_id, ask->host_id)) {
		memcpy(vm->confirmed, seal, sizeof(vm->confirmed));
		memcpy(vm->host_id, ask->host_id, sizeof(vm->host_id));
		vm->n_pending = 0;
		vm->generation = ask->core->seal.generation;
	} else if (!same32(vm->confirmed, seal)) {
		return diag_refuse(d, REASON_ProtectorSuperseded,
		    "this seal is neither the VM's newest nor offered to this "
		    "host");
	} else if (!vm->running || !same32(vm->host_id, ask->host_id)) {
		return diag_refuse(d, REASON_NotConfirmed,
		    "this host does not run the VM under this seal");
	}
	vm->running = true;
	vm->clean = false;
	vm->lease_end = ask->now + lease_seconds;
	vm->changed = ask->now;
	return ERR_OK;
}

int
life_stopped(struct vm_record *vm, const struct life_ask *ask, bool clean,
    struct diag *d)
{
	if (!vm->running || !same32(vm->confirmed, ask->core->seal_digest) ||
	    !same32(vm->host_id, ask->host_id))
		return diag_refuse(d, REASON_NotConfirmed,
		    "this host does not run the VM under this seal");
	vm->running = false;
	vm->clean = clean;
	vm->lease_end = 0;
	vm->changed = ask->now;
	return ERR_OK;
}
