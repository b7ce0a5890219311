/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/pcr15.h"

#include <string.h>

static const struct field record_list[] = {
	FIELD_BYTES(struct pcr15_record, label, 64),
	FIELD_BYTES(struct pcr15_record, hk_name, TPM_NAME_SIZE),
	FIELD_FIXED(struct pcr15_record, lock_digest),
	FIELD_FIXED(struct pcr15_record, ima_policy),
};
const struct fields pcr15_record_fields =
    FIELDS(struct pcr15_record, "pcr15_record", record_list);

static const struct field event_list[] = {
	FIELD_FIXED(struct pcr15_event, digest),
	FIELD_BYTES(struct pcr15_event, record, PCR15_RECORD_MAX),
};
const struct fields pcr15_event_fields =
    FIELDS(struct pcr15_event, "pcr15_event", event_list);

static const struct field list_list[] = {
	FIELD_LIST(struct pcr15_list, events, n_events, &pcr15_event_fields),
};
const struct fields pcr15_list_fields =
    FIELDS(struct pcr15_list, "pcr15", list_list);

static const struct field facts_list[] = {
	FIELD_FIXED(struct pcr15_facts, value),
	FIELD_U32(struct pcr15_facts, n_events),
	FIELD_BOOL(struct pcr15_facts, recorded),
	FIELD_FIXED(struct pcr15_facts, hk_name),
	FIELD_FIXED(struct pcr15_facts, lock_digest),
	FIELD_FIXED(struct pcr15_facts, ima_policy),
};
const struct fields pcr15_facts_fields =
    FIELDS(struct pcr15_facts, "pcr15_facts", facts_list);

int
pcr15_record_encode(const uint8_t hk_name[static TPM_NAME_SIZE],
    const uint8_t lock_digest[static SHA256_SIZE],
    const uint8_t ima_policy[static SHA256_SIZE], struct buf *ret,
    struct diag *d)
{
	struct pcr15_record r = {
		.label = bytes_of_text(PCR15_LABEL),
		.hk_name = bytes_of(hk_name, TPM_NAME_SIZE),
	};

	memcpy(r.lock_digest, lock_digest, SHA256_SIZE);
	memcpy(r.ima_policy, ima_policy, SHA256_SIZE);
	return fields_encode(&pcr15_record_fields, &r, ret, d);
}

void
pcr15_end_mark_digest(uint8_t ret[static SHA256_SIZE])
{
	sha256(bytes_of_text(PCR15_END_MARK), ret);
}

int
pcr15_list_encode(struct bytes record, struct buf *ret, struct diag *d)
{
	struct pcr15_list list = { .n_events = 2 };

	sha256(record, list.events[0].digest);
	list.events[0].record = record;
	pcr15_end_mark_digest(list.events[1].digest);
	list.events[1].record = bytes_of_text(PCR15_END_MARK);
	return fields_encode(&pcr15_list_fields, &list, ret, d);
}

static int
examine_record(const struct pcr15_event *e, struct pcr15_facts *f,
    struct diag *d)
{
	struct pcr15_record r;
	uint8_t digest[SHA256_SIZE];
	int err;

	sha256(e->record, digest);
	if (!bytes_equal(BYTES_OF_ARRAY(e->digest), BYTES_OF_ARRAY(digest)))
		return diag_refuse(d, REASON_HostKeyPresent,
		    "PCR 15: the first event is not the hash of its record");
	if ((err = fields_decode(&pcr15_record_fields, e->record, &r, d)) < 0)
		return err;
	if (!bytes_equal_text(r.label, PCR15_LABEL) ||
	    r.hk_name.len != TPM_NAME_SIZE)
		return diag_refuse(d, REASON_HostKeyPresent,
		    "PCR 15: the first event is not a host key's record");
	memcpy(f->hk_name, r.hk_name.p, TPM_NAME_SIZE);
	memcpy(f->lock_digest, r.lock_digest, SHA256_SIZE);
	memcpy(f->ima_policy, r.ima_policy, SHA256_SIZE);
	return ERR_OK;
}

static int
examine_end(const struct pcr15_event *e, struct diag *d)
{
	uint8_t digest[SHA256_SIZE];

	pcr15_end_mark_digest(digest);
	if (!bytes_equal(BYTES_OF_ARRAY(e->digest), BYTES_OF_ARRAY(digest)) ||
	    !bytes_equal_text(e->record, PCR15_END_MARK))
		return diag_refuse(d, REASON_HostKeyPresent,
		    "PCR 15: the second event is not guard-early's end mark");
	return ERR_OK;
}

int
pcr15_examine(struct bytes part, struct pcr15_facts *ret, struct diag *d)
{
	struct pcr15_facts f = { 0 };
	struct pcr15_list list;
	int err;

	*ret = f;
	if ((err = fields_decode(&pcr15_list_fields, part, &list, d)) < 0)
		return err;
	for (size_t i = 0; i < list.n_events; i++)
		sha256_extend(f.value, list.events[i].digest, f.value);
	f.n_events = (uint32_t)list.n_events;
	*ret = f;
	if (list.n_events < 2)
		return diag_refuse(d, REASON_HostKeyPresent,
		    "PCR 15: %zu events, the record and the end mark are two",
		    list.n_events);
	if ((err = examine_record(&list.events[0], &f, d)) < 0 ||
	    (err = examine_end(&list.events[1], d)) < 0)
		return err;
	f.recorded = true;
	*ret = f;
	return ERR_OK;
}
