/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of device-mapper: those that keylime's suite has (in the corpus), and
 * changes to two of them.
 */
#include "measure/ima_event.h"

#include "base/text.h"
#include "ima_list.h"

#define DEVICE                                               \
	"dm_version=4.45.0;name=a,uuid=b,major=253,minor=0," \
	"minor_count=1,num_targets=1;"
#define VERITY                                                          \
	DEVICE "target_index=0,target_begin=0,target_len=8,"            \
	       "target_name=verity,target_version=1.8.0,hash_failed=V," \
	       "verity_version=1,data_device_name=7:1,"                 \
	       "hash_device_name=7:0,verity_algorithm=sha256,"          \
	       "root_digest=00ff,salt=-,ignore_zero_blocks=n,"          \
	       "check_at_most_once=y;"
#define RESUME DEVICE "active_table_hash=sha256:00;current_device_capacity=8;"

static int
parse(enum ima_dm_type type, const char *text, struct ima_dm *ret,
    struct diag *d)
{
	return ima_dm_parse(type, bytes_of_text(text), ret, d);
}

/* What the corpus' events have, in their order. */
static const struct {
	enum ima_dm_type type;
	const char *name;
	const char *target;
	const char *key, *value; /* of the target */
} want[] = {
	{ IMA_DM_TABLE_LOAD, "test", "verity", "hash_failed", "V" },
	{ IMA_DM_TABLE_LOAD, "identity", "linear", "device_name", "254:2" },
	{ IMA_DM_TABLE_LOAD, "snap3", "snapshot", "snap_cow_name", "252:0" },
	{ IMA_DM_TABLE_LOAD, "test-integrity", "integrity", "mode", "J" },
	{ IMA_DM_TABLE_LOAD, "test", "crypt", "key_size", "64" },
	{ IMA_DM_TABLE_LOAD, "cache", "cache", "cache_device", "7:3" },
	{ IMA_DM_TABLE_LOAD, "mirror", "mirror", "log_type_status", "" },
	{ IMA_DM_DEVICE_RESUME, "test", NULL, NULL, NULL },
	{ IMA_DM_DEVICE_REMOVE, "test", NULL, NULL, NULL },
	{ IMA_DM_TARGET_UPDATE, "test", "verity", "hash_failed", "C" },
	{ IMA_DM_TABLE_CLEAR, "test", NULL, NULL, NULL },
	{ IMA_DM_TABLE_LOAD, "test", "linear", "start", "0" },
	{ IMA_DM_DEVICE_RESUME, "test", NULL, NULL, NULL },
	{ IMA_DM_DEVICE_RENAME, "test", NULL, NULL, NULL },
	{ IMA_DM_DEVICE_RENAME, "test2", NULL, NULL, NULL },
};

static void
check_target(struct ima_dm *dm, size_t i)
{
	struct ima_dm_target t = { 0 };
	struct bytes v = BYTES_NONE;
	struct ima_dm_snapshot s;
	struct ima_dm_linear l;
	struct ima_dm_verity y = { 0 };
	struct ima_dm_crypt c;
	struct diag d = { 0 };
	int err;

	if (want[i].target == NULL) {
		CHECK(dm->targets.len == 0, "event %zu has no targets", i);
		return;
	}
	CHECK(ima_dm_target_next(&dm->targets, &t, &d) == ERR_OK &&
		bytes_equal_text(t.name, want[i].target) &&
		ima_dm_value(&t, want[i].key, &v) &&
		bytes_equal_text(v, want[i].value),
	    "dm events: event %zu: %s of the target %s: %s", i, want[i].key,
	    want[i].target, d.text);
	CHECK(ima_dm_target_next(&dm->targets, &t, &d) == ERR_NOT_FOUND,
	    "event %zu has one target", i);
	if (strcmp(want[i].target, "verity") == 0)
		err = ima_dm_verity(&t, &y, &d);
	else if (strcmp(want[i].target, "crypt") == 0)
		err = ima_dm_crypt(&t, &c, &d);
	else if (strcmp(want[i].target, "linear") == 0)
		err = ima_dm_linear(&t, &l, &d);
	else if (strcmp(want[i].target, "snapshot") == 0)
		err = ima_dm_snapshot(&t, &s, &d);
	else
		return;
	CHECK(err == ERR_OK, "dm events: %s is taken apart: %s", want[i].target,
	    d.text);
	if (strcmp(want[i].target, "verity") == 0)
		CHECK(y.root_len == 32 && y.root[0] == 0x6e &&
			y.corrupted == (want[i].value[0] == 'C') &&
			bytes_equal_text(y.data_device, "7:1") &&
			!y.check_at_most_once && !y.ignore_zero_blocks,
		    "dm events: verity's root digest, devices and state");
}

static void
test_corpus(void)
{
	static struct ima_scratch scratch;
	static struct ima_iter it;
	size_t n, i = 0;
	uint8_t *p = t_corpus("ima/ascii_kl_dm_events.txt", &n);
	struct ima_event ev;
	struct ima_entry e;
	struct diag d = { 0 };

	if (p == NULL)
		return;
	ima_iter_start(&it, IMA_ASCII, HASH_SHA1, bytes_of(p, n), 0);
	ima_iter_scratch(&it, &scratch);
	while (ima_next(&it, &e, &d) == ERR_OK && i < ARRAY_LEN(want)) {
		int err = ima_event_decode(&e, &ev, &d);

		CHECK(err == ERR_OK && ev.type == IMA_EVENT_DM &&
			ev.dm.type == want[i].type &&
			bytes_equal_text(ev.dm.device.name, want[i].name),
		    "dm events: event %zu: %.*s of %s: %s", i, (int)e.name.len,
		    (const char *)e.name.p, want[i].name, d.text);
		if (err == ERR_OK)
			check_target(&ev.dm, i);
		i++;
	}
	CHECK(i == ARRAY_LEN(want), "the corpus has 15 events");
	free(p);
}

static void
test_events(void)
{
	struct ima_dm dm;
	struct diag d = { 0 };

	CHECK(parse(IMA_DM_DEVICE_REMOVE,
		  "dm_version=4.45.0;device_active_metadata=name=l1,uuid=,"
		  "major=253,minor=2,minor_count=1,num_targets=2;"
		  "device_inactive_metadata=name=l1,uuid=u,major=253,minor=2,"
		  "minor_count=1,num_targets=1;active_table_hash=sha256:4a,"
		  "inactive_table_hash=sha256:9d,remove_all=y;"
		  "current_device_capacity=2048;",
		  &dm, &d) == ERR_OK &&
		dm.device.n_targets == 2 && dm.inactive.n_targets == 1 &&
		bytes_equal_text(dm.inactive.uuid, "u") && dm.remove_all &&
		bytes_equal_text(dm.inactive_hash, "sha256:9d") &&
		dm.capacity == 2048,
	    "a removed device is told with both its tables: %s", d.text);
	CHECK(parse(IMA_DM_DEVICE_RESUME,
		  "dm_version=4.45.0;name=a,uuid=;device_resume=no_data;"
		  "current_device_capacity=8;",
		  &dm, &d) == ERR_OK &&
		dm.no_data,
	    "a device that the kernel knows nothing of: %s", d.text);
	CHECK(parse(IMA_DM_DEVICE_RENAME,
		  DEVICE "new_name=x\\,y\\;z\\=,new_uuid=\\\\;"
			 "current_device_capacity=8;",
		  &dm, &d) == ERR_OK &&
		bytes_equal_text(dm.new_name, "x\\,y\\;z\\=") &&
		bytes_equal_text(dm.new_uuid, "\\\\"),
	    "a name keeps what its backslashes hide: %s", d.text);
	CHECK(parse(IMA_DM_DEVICE_RESUME, "name=a;", &dm, &d) == ERR_FORMAT,
	    "no version: refused: %s", d.text);
	CHECK(parse(IMA_DM_DEVICE_RESUME,
		  DEVICE "active_table_hash=sha256:00;name=c,uuid=;"
			 "current_device_capacity=8;",
		  &dm, &d) == ERR_FORMAT,
	    "a second name: refused: %s", d.text);
	CHECK(parse(IMA_DM_DEVICE_RESUME,
		  DEVICE "active_table_hash=sha256:00;remove_all=n;"
			 "current_device_capacity=8;",
		  &dm, &d) == ERR_FORMAT,
	    "a key of another event: refused: %s", d.text);
	CHECK(parse(IMA_DM_DEVICE_RESUME, DEVICE "x=1;", &dm, &d) == ERR_FORMAT,
	    "an unknown key: refused: %s", d.text);
	CHECK(parse(IMA_DM_DEVICE_RESUME,
		  DEVICE "current_device_capacity=18446744073709551616;", &dm,
		  &d) == ERR_FORMAT,
	    "a number over 64 bits: refused: %s", d.text);
}

static bool
accepts_resume(const uint8_t *p, size_t n, void *arg)
{
	struct ima_dm dm;

	(void)arg;
	return ima_dm_parse(IMA_DM_DEVICE_RESUME, bytes_of(p, n), &dm, NULL) ==
	    ERR_OK;
}

static bool
accepts_verity(const uint8_t *p, size_t n, void *arg)
{
	struct ima_dm_target t;
	struct ima_dm_verity v;
	struct ima_dm dm;

	(void)arg;
	return ima_dm_parse(IMA_DM_TABLE_LOAD, bytes_of(p, n), &dm, NULL) ==
	    ERR_OK &&
	    ima_dm_target_next(&dm.targets, &t, NULL) == ERR_OK &&
	    ima_dm_verity(&t, &v, NULL) == ERR_OK;
}

static bool
accepts_text(const char *text)
{
	return accepts_verity((const uint8_t *)text, strlen(text), NULL);
}

static void
test_targets(void)
{
	struct ima_dm_target t = { 0 };
	struct ima_dm dm;
	struct diag d = { 0 };
	struct bytes v;

	CHECK(accepts_text(VERITY), "a table of one verity target");
	CHECK(t_truncations((const uint8_t *)VERITY, strlen(VERITY),
		  accepts_verity, NULL) == 0 &&
		t_truncations((const uint8_t *)RESUME, strlen(RESUME),
		    accepts_resume, NULL) == 0,
	    "cut at any byte: refused");
	CHECK(parse(IMA_DM_TABLE_LOAD,
		  DEVICE "target_index=0,target_begin=0,target_len=10,"
			 "target_index=1,target_begin=10,target_len=10,"
			 "target_name=linear,target_version=1.4.0,"
			 "device_name=254:2,start=0,start=1;",
		  &dm, &d) == ERR_OK &&
		ima_dm_target_next(&dm.targets, &t, &d) == ERR_OK &&
		t.name.len == 0 && t.len == 10 &&
		ima_dm_target_next(&dm.targets, &t, &d) == ERR_OK &&
		t.index == 1 && bytes_equal_text(t.name, "linear"),
	    "a target that says nothing of itself, and another: %s", d.text);
	CHECK(!ima_dm_value(&t, "start", &v) &&
		ima_dm_value(&t, "device_name", &v) &&
		!ima_dm_value(&t, "none", &v),
	    "a value that is there twice is not chosen from");
	CHECK(!accepts_text(DEVICE "target_index=0,target_begin=0,"
				   "target_len=8,target_name=verity,"
				   "target_version=1.8.0;"),
	    "verity without its root digest: refused");
}

int
main(void)
{
	test_corpus();
	test_events();
	test_targets();
	return t_done();
}
