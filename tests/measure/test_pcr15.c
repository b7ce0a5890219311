/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/pcr15.h"

#include "t.h"

static uint8_t hk_name[TPM_NAME_SIZE];
static const uint8_t no_lock[SHA256_SIZE];
static const uint8_t ima_policy[SHA256_SIZE] = { 0x1a };

static bool
recorded(const uint8_t *p, size_t n, void *arg)
{
	struct pcr15_facts f;

	(void)arg;
	return pcr15_examine(bytes_of(p, n), &f, NULL) == ERR_OK && f.recorded;
}

/* With the same value in PCR 15 nothing else may be believed. */
static bool
other_facts(const uint8_t *p, size_t n, void *arg)
{
	const struct pcr15_facts *want = arg;
	struct pcr15_facts f;

	return pcr15_examine(bytes_of(p, n), &f, NULL) == ERR_OK &&
	    memcmp(f.value, want->value, sizeof(f.value)) == 0;
}

static void
make_part(struct buf *ret)
{
	struct buf record = BUF_INIT(1024);

	if (pcr15_record_encode(hk_name, no_lock, ima_policy, &record, NULL) <
		0 ||
	    pcr15_list_encode(buf_bytes(&record), ret, NULL) < 0)
		t_bail("cannot encode");
	buf_free(&record);
}

static int
examine_list(const struct pcr15_list *list, struct pcr15_facts *ret,
    struct diag *d)
{
	struct buf b = BUF_INIT(1 << 16);
	int e;

	if (fields_encode(&pcr15_list_fields, list, &b, NULL) < 0)
		t_bail("cannot encode");
	e = pcr15_examine(buf_bytes(&b), ret, d);
	buf_free(&b);
	return e;
}

static void
test_refused(struct bytes part)
{
	struct pcr15_list good, list;
	struct pcr15_facts f;
	struct diag d = { 0 };

	if (fields_decode(&pcr15_list_fields, part, &good, NULL) < 0)
		t_bail("cannot decode");
	list = good;
	list.n_events = 1;
	CHECK(examine_list(&list, &f, &d) == ERR_REFUSED && !f.recorded &&
		f.n_events == 1,
	    "T87 no end mark: refused: %s", d.text);
	list.n_events = 0;
	CHECK(examine_list(&list, &f, &d) == ERR_REFUSED,
	    "T87 no event: refused: %s", d.text);
	list = good;
	list.events[0] = good.events[1];
	list.events[1] = good.events[0];
	CHECK(examine_list(&list, &f, &d) < 0 && !f.recorded,
	    "T87 the end mark first: refused: %s", d.text);
	list = good;
	list.events[1] = good.events[0];
	list.events[2] = good.events[1];
	list.n_events = 3;
	CHECK(examine_list(&list, &f, &d) == ERR_REFUSED && !f.recorded,
	    "T87 two records before the end mark: refused: %s", d.text);
	list = good;
	list.events[2] = good.events[0];
	list.n_events = 3;
	CHECK(examine_list(&list, &f, &d) == ERR_OK && f.recorded &&
		f.n_events == 3,
	    "T87 a later record, by anybody, changes the value and no fact");
	list = good;
	list.events[0].digest[0] ^= 1;
	CHECK(examine_list(&list, &f, &d) == ERR_REFUSED && !f.recorded,
	    "T87 a record that is not its digest: refused: %s", d.text);
}

/* Without the field that says which IMA policy holds. */
static void
test_old_form(struct bytes part)
{
	static const char old[] = "shieldwall host key 1";
	struct buf record = BUF_INIT(1024);
	struct pcr15_list list;
	struct pcr15_facts f;
	struct diag d = { 0 };

	if (fields_decode(&pcr15_list_fields, part, &list, NULL) < 0)
		t_bail("cannot decode");
	(void)buf_put_be32(&record, sizeof(old) - 1);
	(void)buf_put(&record, bytes_of_text(old));
	(void)buf_put_be32(&record, sizeof(hk_name));
	(void)buf_put(&record, BYTES_OF_ARRAY(hk_name));
	(void)buf_put(&record, BYTES_OF_ARRAY(no_lock));
	list.events[0].record = buf_bytes(&record);
	sha256(list.events[0].record, list.events[0].digest);
	CHECK(examine_list(&list, &f, &d) < 0 && !f.recorded,
	    "a record of the form before: refused: %s", d.text);
	(void)buf_put(&record, BYTES_OF_ARRAY(ima_policy));
	list.events[0].record = buf_bytes(&record);
	sha256(list.events[0].record, list.events[0].digest);
	CHECK(examine_list(&list, &f, &d) == ERR_REFUSED && !f.recorded,
	    "its label with the new fields: refused: %s", d.text);
	buf_free(&record);
}

int
main(void)
{
	struct buf part = BUF_INIT(1 << 16);
	struct pcr15_facts f = { 0 };
	uint8_t want[SHA256_SIZE] = { 0 }, digest[SHA256_SIZE];
	struct pcr15_list list;

	for (size_t i = 0; i < sizeof(hk_name); i++)
		hk_name[i] = (uint8_t)(i + 1);
	make_part(&part);
	if (fields_decode(&pcr15_list_fields, buf_bytes(&part), &list, NULL) <
	    0)
		t_bail("cannot decode");
	sha256_extend(want, list.events[0].digest, want);
	sha256(bytes_of_text("shieldwall end of early 1"), digest);
	sha256_extend(want, digest, want);
	CHECK(pcr15_examine(buf_bytes(&part), &f, NULL) == ERR_OK &&
		f.recorded && f.n_events == 2 &&
		memcmp(f.hk_name, hk_name, sizeof(hk_name)) == 0 &&
		memcmp(f.value, want, sizeof(want)) == 0 &&
		bytes_all_zero(BYTES_OF_ARRAY(f.lock_digest)) &&
		memcmp(f.ima_policy, ima_policy, sizeof(ima_policy)) == 0,
	    "guard-early's two events are read back, with the PCR they make");
	CHECK(t_truncations(part.p, part.len, recorded, NULL) == 0,
	    "every truncation is refused");
	CHECK(!t_trailing(part.p, part.len, recorded, NULL),
	    "a byte behind the list is refused");
	CHECK(t_bitflips(part.p, part.len, other_facts, &f) == 0,
	    "no changed bit is believed under the same PCR 15");
	test_refused(buf_bytes(&part));
	test_old_form(buf_bytes(&part));
	buf_free(&part);
	return t_done();
}
