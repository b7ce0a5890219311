/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing cores: fresh, rolled, provisioned, granted anew; and what must hold
 * between one and the next.
 */
#include <string.h>

#include "crypto/hash.h"
#include "crypto/key.h"
#include "protector/core_impl.h"

static int
refuse(struct diag *d, const char *what)
{
	return diag_refuse(d, REASON_ProtectorInvalid, "protector: %s", what);
}

static int
make_wrap(const struct core *c, const struct core_new *in, struct buf *ret,
    struct diag *d)
{
	CLEANUP(core_plain_wipe) struct core_plain p = { 0 };
	auto_buf struct buf plain = BUF_INIT(256);
	int r;

	memcpy(p.tk, in->tk.p, sizeof(p.tk));
	memcpy(p.grant_digest, c->grant->digest, sizeof(p.grant_digest));
	memcpy(p.vm_id, c->seal.vm_id, sizeof(p.vm_id));
	p.generation = c->seal.generation;
	if ((r = fields_encode(&core_plain_fields, &p, &plain, d)) < 0)
		return r;
	return wrap_make(c->enc, c->n, buf_bytes(&plain), in->random, ret, d);
}

/* c has grant and seal; of the seal, all but digests, signer and tag. */
static int
make_core(struct core *c, const struct core_new *in, struct buf *ret,
    struct diag *d)
{
	auto_buf struct buf wrap = BUF_INIT(WRAP_MAX);
	auto_buf struct buf seal = BUF_INIT(SEAL_MAX);
	const struct guardian_cert *signer;
	int r;

	if (in->tk.len != TK_SIZE)
		return diag_fail(d, ERR_USAGE,
		    "protector: a transport key has 32 bytes");
	if ((r = core_list_parties(c, d)) < 0)
		return r;
	if (in->signer_index >= c->n)
		return diag_refuse(d, REASON_GuardianNotGranted,
		    "protector: this guardian is not granted");
	signer = c->sign[in->signer_index];
	if (!key_public_equal(in->signer, signer->key))
		return diag_refuse(d, REASON_GuardianNotGranted,
		    "protector: the signing key is not the one granted");
	c->seal.version = SEAL_VERSION;
	c->seal.suite = c->grant->c.suite;
	c->seal.signer = (uint16_t)in->signer_index;
	c->seal.receipt = in->receipt;
	memcpy(c->seal.grant_digest, c->grant->digest,
	    sizeof(c->seal.grant_digest));
	if ((r = make_wrap(c, in, &wrap, d)) < 0)
		return r;
	sha256(buf_bytes(&wrap), c->seal.wrap_digest);
	if ((r = seal_make(&c->seal, in->tk, in->signer, signer->ski, &seal,
		 d)) < 0)
		return r;

	(void)buf_put_text(ret, CORE_MAGIC);
	(void)buf_put_u8(ret, CORE_VERSION);
	(void)buf_put_be32_blob(ret, buf_bytes(&c->grant->der));
	(void)buf_put_be32_blob(ret, buf_bytes(&wrap));
	(void)buf_put_be32_blob(ret, buf_bytes(&seal));
	return buf_check(ret, "protector", d);
}

static struct core *
new_core(const struct grant *grant, const uint8_t vm_id[static VM_ID_SIZE],
    const uint8_t recovery_digest[static 32], uint64_t generation)
{
	struct core *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->grant = grant;
	memcpy(c->seal.vm_id, vm_id, VM_ID_SIZE);
	memcpy(c->seal.recovery_digest, recovery_digest, 32);
	c->seal.generation = generation;
	return c;
}

int
core_create(const struct grant *grant, const uint8_t vm_id[static VM_ID_SIZE],
    const uint8_t recovery_digest[static 32], const struct core_new *in,
    struct buf *ret, struct diag *d)
{
	bool template = bytes_all_zero(bytes_of(vm_id, VM_ID_SIZE));
	auto_core struct core *c =
	    new_core(grant, vm_id, recovery_digest, template ? 0 : 1);

	if (c == NULL)
		return diag_nomem(d);
	if (in->signer_index != 0)
		return refuse(d, "a fresh protector is the owner's to make");
	return make_core(c, in, ret, d);
}

/* Continues `old` as what c->seal says, provided its key is really known. */
static int
continue_core(const struct core *old, struct bytes old_tk, struct core *c,
    const struct core_new *in, struct buf *ret, struct diag *d)
{
	int r;

	if ((r = seal_check_tag(old->seal_bytes, old_tk, d)) < 0)
		return r;
	if (secret_equal(old_tk, in->tk))
		return diag_fail(d, ERR_USAGE,
		    "protector: the new transport key is the old one");
	memcpy(c->seal.previous, old->seal_digest, sizeof(c->seal.previous));
	return make_core(c, in, ret, d);
}

/* The successors of the old seal stay, one may be added, in order. */
static int
carry_successors(const struct core *old, const struct seal_successor *added,
    struct seal_content *ret, struct diag *d)
{
	size_t n = 0;
	bool placed = added->sign_cert.len == 0;

	for (size_t i = 0; i < old->seal.n_successors; i++) {
		const struct seal_successor *s = &old->seal.successors[i];

		if (!placed && s->guardian == added->guardian)
			return refuse(d, "the guardian has been succeeded");
		if (!placed && s->guardian > added->guardian) {
			ret->successors[n++] = *added;
			placed = true;
		}
		ret->successors[n++] = *s;
	}
	if (!placed) {
		if (n == GRANT_GUARDIANS_MAX)
			return refuse(d, "too many successors");
		ret->successors[n++] = *added;
	}
	ret->n_successors = n;
	return ERR_OK;
}

static int
next_generation(const struct core *old, uint64_t *ret, struct diag *d)
{
	if (core_is_template(old))
		return refuse(d, "a template is opened, never rolled");
	if (__builtin_add_overflow(old->seal.generation, 1, ret))
		return refuse(d, "its generations are used up");
	return ERR_OK;
}

int
core_roll(const struct core *old, struct bytes old_tk,
    const struct core_new *in, struct buf *ret, struct diag *d)
{
	auto_core struct core *c = NULL;
	uint64_t generation;
	int r;

	if ((r = next_generation(old, &generation, d)) < 0)
		return r;
	c = new_core(old->grant, old->seal.vm_id, old->seal.recovery_digest,
	    generation);
	if (c == NULL)
		return diag_nomem(d);
	if (in->successor.sign_cert.len != 0 &&
	    in->signer_index != (size_t)in->successor.guardian + 1)
		return refuse(d, "a successor is announced by itself alone");
	if ((r = carry_successors(old, &in->successor, &c->seal, d)) < 0)
		return r;
	return continue_core(old, old_tk, c, in, ret, d);
}

int
core_provision(const struct core *template, struct bytes tk,
    const uint8_t vm_id[static VM_ID_SIZE],
    const uint8_t recovery_digest[static 32], const struct core_new *in,
    struct buf *ret, struct diag *d)
{
	auto_core struct core *c =
	    new_core(template->grant, vm_id, recovery_digest, 1);

	if (c == NULL)
		return diag_nomem(d);
	if (!core_is_template(template))
		return refuse(d, "a VM is provisioned from a template alone");
	if (in->signer_index == 0)
		return refuse(d, "the owner makes a fresh protector instead");
	return continue_core(template, tk, c, in, ret, d);
}

int
core_regrant(const struct core *old, struct bytes old_tk,
    const struct grant *grant, const uint8_t recovery_digest[static 32],
    const struct core_new *in, struct buf *ret, struct diag *d)
{
	auto_core struct core *c = NULL;
	uint64_t generation;
	int r;

	if ((r = next_generation(old, &generation, d)) < 0)
		return r;
	c = new_core(grant, old->seal.vm_id, recovery_digest, generation);
	if (c == NULL)
		return diag_nomem(d);
	if (in->signer_index != 0)
		return refuse(d, "a grant is changed by the owner alone");
	if (!bytes_equal(BYTES_OF_ARRAY(grant->c.family),
		BYTES_OF_ARRAY(old->grant->c.family)) ||
	    !bytes_equal(BYTES_OF_ARRAY(grant->owner_id),
		BYTES_OF_ARRAY(old->grant->owner_id)))
		return refuse(d, "the new grant is for another family");
	if (grant->c.revision <= old->grant->c.revision)
		return refuse(d, "the new grant is not of a higher revision");
	return continue_core(old, old_tk, c, in, ret, d);
}

/* Of the successors, only the sealing guardian's own may be new. */
static bool
successors_fit(const struct core *old, const struct core *new)
{
	const struct seal_content *o = &old->seal, *n = &new->seal;
	size_t i = 0;

	for (size_t j = 0; j < n->n_successors; j++) {
		if (i < o->n_successors &&
		    o->successors[i].guardian == n->successors[j].guardian)
			i++;
		else if (n->signer != n->successors[j].guardian + 1)
			return false;
	}
	return i == o->n_successors;
}

static int
check_follows(const struct core *old, const struct core *new,
    struct bytes new_tk, struct diag *d)
{
	if (!bytes_equal(old->grant_der, new->grant_der))
		return refuse(d, "the grant was exchanged");
	if (!bytes_equal(BYTES_OF_ARRAY(new->seal.previous),
		BYTES_OF_ARRAY(old->seal_digest)))
		return refuse(d, "it does not follow the one presented");
	return seal_check_tag(new->seal_bytes, new_tk, d);
}

static int
check_guardians(const struct core *new, struct diag *d)
{
	if (new->seal.signer == 0)
		return refuse(d, "it is not sealed by a guardian");
	return ERR_OK;
}

static int
check_successor(const struct core *old, const struct core *new,
    struct bytes new_tk, struct diag *d)
{
	if (core_is_template(old) ||
	    !bytes_equal(BYTES_OF_ARRAY(old->seal.vm_id),
		BYTES_OF_ARRAY(new->seal.vm_id)))
		return refuse(d, "it is another VM's");
	if (new->seal.generation - 1 != old->seal.generation)
		return refuse(d, "it is not the next generation");
	if (!bytes_equal(BYTES_OF_ARRAY(old->seal.recovery_digest),
		BYTES_OF_ARRAY(new->seal.recovery_digest)))
		return refuse(d, "the recovery blob was exchanged");
	if (!successors_fit(old, new))
		return refuse(d, "successors were changed");
	return check_follows(old, new, new_tk, d);
}

int
core_check_successor(const struct core *old, const struct core *new,
    struct bytes new_tk, struct diag *d)
{
	int r = check_guardians(new, d);

	return r < 0 ? r : check_successor(old, new, new_tk, d);
}

int
core_check_owners_successor(const struct core *old, const struct core *new,
    struct bytes new_tk, struct diag *d)
{
	if (new->seal.signer != 0)
		return refuse(d, "it is not sealed by the owner");
	return check_successor(old, new, new_tk, d);
}

int
core_check_provisioned(const struct core *template, const struct core *new,
    const uint8_t vm_id[static VM_ID_SIZE],
    const uint8_t recovery_digest[static 32], struct bytes new_tk,
    struct diag *d)
{
	int r;

	if (!core_is_template(template) ||
	    !bytes_equal(BYTES_OF_ARRAY(new->seal.vm_id),
		bytes_of(vm_id, VM_ID_SIZE)))
		return refuse(d, "it is another VM's");
	if (new->seal.generation != 1 || new->seal.n_successors != 0)
		return refuse(d, "it is not a first generation");
	if (!bytes_equal(BYTES_OF_ARRAY(new->seal.recovery_digest),
		bytes_of(recovery_digest, 32)))
		return refuse(d, "the recovery blob was exchanged");
	if ((r = check_guardians(new, d)) < 0)
		return r;
	return check_follows(template, new, new_tk, d);
}
