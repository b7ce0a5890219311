/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over nested items and the facts in them. Types that are not known
 * are stepped over: the digest of the event covers them all the same.
 */
#include "measure/sipa.h"

#include "measure/event_digest.h"
#include "measure/sipa_item.h"

#define PCR_FIRST 11
#define PCR_LAST  14

const char *
sipa_property_name(enum sipa_property p)
{
	static const char *const names[] = {
		[SIPA_BOOT_DEBUGGING] = "boot debugging",
		[SIPA_KERNEL_DEBUG] = "kernel debugging",
		[SIPA_HYPERVISOR_DEBUG] = "hypervisor debugging",
		[SIPA_TEST_SIGNING] = "test signing",
		[SIPA_FLIGHT_SIGNING] = "flight signing",
		[SIPA_SAFE_MODE] = "safe mode",
		[SIPA_WINPE] = "Windows PE",
		[SIPA_CODE_INTEGRITY] = "code integrity",
		[SIPA_DEP] = "data execution prevention",
		[SIPA_HYPERVISOR_LAUNCH] = "hypervisor launch",
		[SIPA_IOMMU_POLICY] = "hypervisor IOMMU policy",
		[SIPA_VSM_LAUNCH] = "virtual secure mode launch",
		[SIPA_PAGEFILE_ENCRYPTION] = "page file encryption",
		[SIPA_HIBERNATION_DISABLED] = "hibernation disabled",
		[SIPA_DUMPS_DISABLED] = "dumps disabled",
		[SIPA_DUMP_ENCRYPTION] = "dump encryption",
		[SIPA_VSM_REQUIRED] = "virtual secure mode required",
		[SIPA_SECUREBOOT_REQUIRED] = "Secure Boot required",
		[SIPA_IOMMU_REQUIRED] = "IOMMU required",
		[SIPA_HVCI_POLICY] = "hypervisor code integrity policy",
	};

	BUG_ON((size_t)p >= ARRAY_LEN(names));
	return names[p];
}

void
sipa_start(struct sipa_reader *s, struct sipa_module *modules,
    size_t modules_max)
{
	*s = (struct sipa_reader){ .modules = modules,
		.modules_max = modules_max };
}

/* {type, property, bytes of its number} */
static const struct {
	uint32_t type;
	enum sipa_property property;
	uint8_t size;
} switches[] = {
	{ 0x00040001, SIPA_BOOT_DEBUGGING, 1 },
	{ 0x00050001, SIPA_KERNEL_DEBUG, 1 },
	{ 0x00050002, SIPA_CODE_INTEGRITY, 1 },
	{ 0x00050003, SIPA_TEST_SIGNING, 1 },
	{ 0x00050004, SIPA_DEP, 8 },
	{ 0x00050005, SIPA_SAFE_MODE, 1 },
	{ 0x00050006, SIPA_WINPE, 1 },
	{ 0x0005000a, SIPA_HYPERVISOR_LAUNCH, 8 },
	{ 0x0005000c, SIPA_IOMMU_POLICY, 8 },
	{ 0x0005000d, SIPA_HYPERVISOR_DEBUG, 1 },
	{ 0x00050012, SIPA_VSM_LAUNCH, 8 },
	{ 0x00050021, SIPA_FLIGHT_SIGNING, 1 },
	{ 0x00050022, SIPA_PAGEFILE_ENCRYPTION, 1 },
	{ 0x00050024, SIPA_HIBERNATION_DISABLED, 1 },
	{ 0x00050025, SIPA_DUMPS_DISABLED, 1 },
	{ 0x00050026, SIPA_DUMP_ENCRYPTION, 1 },
	{ 0x000a0001, SIPA_VSM_REQUIRED, 1 },
	{ 0x000a0002, SIPA_SECUREBOOT_REQUIRED, 1 },
	{ 0x000a0003, SIPA_IOMMU_REQUIRED, 1 },
	{ 0x000a0007, SIPA_HVCI_POLICY, 8 },
};

static int
wrong_size(const struct sipa_item *item, struct diag *d)
{
	return diag_fail(d, ERR_FORMAT, "Windows event 0x%08x of %zu bytes",
	    item->type, item->data.len);
}

static int
set_switch(struct sipa_facts *f, enum sipa_property property, size_t size,
    const struct sipa_item *item, struct diag *d)
{
	uint8_t *state = &f->property[property];
	bool yes = !bytes_all_zero(item->data);

	if (item->data.len != size)
		return wrong_size(item, d);
	if (property < SIPA_N_WEAKER ? yes || *state == SIPA_UNKNOWN
				     : !yes || *state == SIPA_UNKNOWN)
		*state = yes ? SIPA_YES : SIPA_NO;
	return ERR_OK;
}

static int
set_boot_count(struct sipa_facts *f, const struct sipa_item *item,
    struct diag *d)
{
	uint64_t v;

	if (!sipa_number(item->data, 8, &v))
		return wrong_size(item, d);
	if (f->has_boot_count && v != f->boot_count)
		return diag_fail(d, ERR_FORMAT,
		    "Windows boot counters %llu and %llu",
		    (unsigned long long)f->boot_count, (unsigned long long)v);
	f->has_boot_count = true;
	f->boot_count = v;
	return ERR_OK;
}

/* The boot manager hands over to the loader (1) or to a resume (2). */
static int
set_control(struct sipa_facts *f, const struct sipa_item *item, struct diag *d)
{
	uint64_t v;

	if (!sipa_number(item->data, 4, &v))
		return wrong_size(item, d);
	if (v != 1)
		f->cold_boot = SIPA_NO;
	else if (f->cold_boot == SIPA_UNKNOWN)
		f->cold_boot = SIPA_YES;
	return ERR_OK;
}

static int
add_unlock(struct sipa_facts *f, const struct sipa_item *item, struct diag *d)
{
	uint64_t v;

	if (!sipa_number(item->data, 4, &v))
		return wrong_size(item, d);
	if (f->n_unlocks < SIPA_UNLOCKS_MAX)
		f->unlocks[f->n_unlocks] = (uint32_t)v;
	f->n_unlocks++;
	return ERR_OK;
}

static int
add_policy(struct sipa_facts *f, const struct sipa_item *item, struct diag *d)
{
	struct reader r = reader_of(item->data);
	struct sipa_policy p = { .present = true };
	uint16_t name_len;
	uint32_t digest_len;

	if (!reader_le64(&r, &p.version) ||  /* PolicyVersion */
	    !reader_le16(&r, &name_len) ||   /* PolicyNameLength */
	    !reader_le16(&r, &p.hash_alg) || /* HashAlgID */
	    !reader_le32(&r, &digest_len) || /* DigestLength */
	    digest_len > SIPA_DIGEST_MAX ||
	    !reader_take(&r, name_len, &p.name) ||
	    !reader_take(&r, digest_len, &p.digest) || reader_left(&r) != 0)
		return wrong_size(item, d);
	if (f->n_policies++ == 0)
		f->policy = p;
	return ERR_OK;
}

static int
add_elam(struct sipa_facts *f, const struct sipa_item *item, struct diag *d)
{
	struct sipa_items in = sipa_items_of(item->data, item->depth + 1);
	struct sipa_elam v = { 0 };
	struct sipa_item one;
	int e;

	while ((e = sipa_item_next(&in, &one, d)) == ERR_OK) {
		if ((one.type & SIPA_AGGREGATE) != 0)
			return wrong_size(&one, d);
		switch (one.type) {
		case 0x00090001:
			v.name = one.data;
			break;
		case 0x00090002:
			v.config = one.data;
			break;
		case 0x00090003:
			v.policy = one.data;
			break;
		case 0x00090004:
			v.measured = one.data;
			break;
		default:
			break;
		}
	}
	if (e != ERR_NOT_FOUND)
		return e;
	if (v.name.len > SIPA_TEXT_MAX)
		return wrong_size(item, d);
	if (f->n_elam < SIPA_ELAM_MAX)
		f->elam[f->n_elam] = v;
	f->n_elam++;
	return ERR_OK;
}

static void
merge(struct sipa_module *to, const struct sipa_module *from)
{
	const struct sipa_module old = *to;

	*to = *from;
	to->path = from->path.len != 0 ? from->path : old.path;
	to->issuer = from->issuer.len != 0 ? from->issuer : old.issuer;
	to->publisher =
	    from->publisher.len != 0 ? from->publisher : old.publisher;
	to->serial = from->serial.len != 0 ? from->serial : old.serial;
	to->thumbprint =
	    from->thumbprint.len != 0 ? from->thumbprint : old.thumbprint;
	to->hash_alg = from->hash_alg != 0 ? from->hash_alg : old.hash_alg;
	to->size = from->size != 0 ? from->size : old.size;
	to->base = from->n_loads != 0 ? from->base : old.base;
	to->n_loads = old.n_loads + from->n_loads;
	if (from->validated == SIPA_UNKNOWN || old.validated == SIPA_NO)
		to->validated = old.validated;
}

/* Modules of one hash are told in PCR 12 with a base, in PCR 13 with a path. */
static void
add_module(struct sipa_reader *s, const struct sipa_module *m)
{
	size_t n = s->facts.n_modules < s->modules_max ? s->facts.n_modules
						       : s->modules_max;

	for (size_t i = 0; i < n; i++) {
		if (!bytes_equal(s->modules[i].hash, m->hash))
			continue;
		merge(&s->modules[i], m);
		return;
	}
	if (n < s->modules_max)
		s->modules[n] = *m;
	s->facts.n_modules++;
}

static int
take_item(struct sipa_reader *s, const struct sipa_item *item, bool keep,
    struct diag *d)
{
	struct sipa_facts *f = &s->facts;
	struct sipa_module module;
	int e;

	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		if (switches[i].type == item->type)
			return set_switch(f, switches[i].property,
			    switches[i].size, item, d);
	switch (item->type) {
	case SIPA_BOOT_COUNTER:
		return set_boot_count(f, item, d);
	case SIPA_TRANSFER_CONTROL:
		return set_control(f, item, d);
	case SIPA_BITLOCKER_UNLOCK:
		return add_unlock(f, item, d);
	case 0x0005000f:
		return add_policy(f, item, d);
	case 0x00050020:
		f->vsm_key = item->data;
		return ERR_OK;
	case 0x00050023:
		f->vsm_signing_key = item->data;
		return ERR_OK;
	case SIPA_ELAM_AGGREGATE:
		return add_elam(f, item, d);
	case SIPA_LOADED_MODULE:
		if ((e = sipa_module_parse(item, &module, d)) < 0)
			return e;
		if (keep)
			add_module(s, &module);
		return ERR_OK;
	default:
		return ERR_OK;
	}
}

static int
walk(struct sipa_reader *s, struct bytes data, unsigned depth, bool keep,
    struct diag *d)
{
	struct sipa_items items = sipa_items_of(data, depth);
	struct sipa_item item;
	int e;

	while ((e = sipa_item_next(&items, &item, d)) == ERR_OK) {
		if ((e = take_item(s, &item, keep, d)) < 0)
			return e;
		/* Those two were read whole; the others may hold anything. */
		if ((item.type & SIPA_AGGREGATE) != 0 &&
		    item.type != SIPA_LOADED_MODULE &&
		    item.type != SIPA_ELAM_AGGREGATE &&
		    (e = walk(s, item.data, depth + 1, keep, d)) < 0)
			return e;
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Once for its form, once for what it says: facts are all of it or nothing. */
static int
take_event(struct sipa_reader *s, const struct tcg_event *e, struct diag *d)
{
	const struct sipa_facts before = s->facts;
	int err = walk(s, e->data, 0, false, d);

	s->facts = before;
	if (err < 0)
		return err;
	err = walk(s, e->data, 0, true, d);
	BUG_ON(err < 0);
	return ERR_OK;
}

int
sipa_event(struct sipa_reader *s, const struct tcg_event *e, struct diag *d)
{
	uint32_t bit;
	const char *part;

	if (e->pcr < PCR_FIRST || e->pcr > PCR_LAST ||
	    (e->type != EV_EVENT_TAG && e->type != EV_SEPARATOR))
		return ERR_OK;
	bit = 1u << e->pcr;
	if (e->type == EV_EVENT_TAG &&
	    ((s->separated & bit) != 0 || !sipa_is_container(e->data)))
		return ERR_OK;
	if (event_digest_check(e, false, &part) != EVENT_DIGEST_DATA)
		return diag_fail(d, ERR_REFUSED,
		    "PCR %u: event %u: data does not hash to its digest",
		    e->pcr, e->index);
	if (e->type == EV_EVENT_TAG)
		return take_event(s, e, d);
	if ((s->separated & bit) != 0)
		return diag_fail(d, ERR_REFUSED,
		    "PCR %u: event %u: a second separator", e->pcr, e->index);
	s->separated |= bit;
	return ERR_OK;
}
