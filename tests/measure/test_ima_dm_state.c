/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that come, change and go; the corpus' own events among them.
 */
#include "measure/ima_dm_state.h"

#include "base/text.h"
#include "ima_list.h"
#include "measure/ima_event.h"

#define VERSION "dm_version=4.45.0;"
#define DEVICE(n)                                     \
	VERSION "name=" n ",uuid=,major=253,minor=7," \
		"minor_count=1,num_targets=1;"
#define TARGET "target_index=0,target_begin=0,target_len=8,"
#define LINEAR                                            \
	TARGET "target_name=linear,target_version=1.4.0," \
	       "device_name=7:0,start=0;"
#define VERITY(failed, root)                                                  \
	TARGET "target_name=verity,target_version=1.8.0,hash_failed=" failed  \
	       ",verity_version=1,data_device_name=7:1,hash_device_name=7:0," \
	       "verity_algorithm=sha256,root_digest=" root ",salt=-,"         \
	       "ignore_zero_blocks=n,check_at_most_once=n;"
#define END ";current_device_capacity=8;"

static struct ima_dm_state s;
static struct diag d;

static int
event(enum ima_dm_type type, const char *text)
{
	struct ima_dm dm;

	d.text[0] = '\0';
	if (ima_dm_parse(type, bytes_of_text(text), &dm, &d) < 0)
		t_bail("%s: %s", text, d.text);
	return ima_dm_state_event(&s, &dm, bytes_of_text(text), &d);
}

/* Of the device a: resumed with the table of this load event. */
static int
resume_by(const char *name, const char *loaded)
{
	char text[512], hex[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];

	sha256(bytes_of_text(loaded), digest);
	hex_format(BYTES_OF_ARRAY(digest), hex);
	(void)snprintf(text, sizeof(text),
	    VERSION "name=%s,uuid=,major=253,minor=7,minor_count=1,"
		    "num_targets=1;active_table_hash=sha256:%s" END,
	    name, hex);
	return event(IMA_DM_DEVICE_RESUME, text);
}

static const struct ima_dm_known *
known(const char *name)
{
	return ima_dm_state_find(&s, bytes_of_text(name));
}

static enum ima_dm_kind
active(const char *name)
{
	return known(name) != NULL ? known(name)->active.kind : IMA_DM_NONE;
}

static void
test_verity(void)
{
	const char *root = DEVICE("root") VERITY("V", "00ff");
	const char *other = DEVICE("root") VERITY("V", "00fe");

	ima_dm_state_start(&s);
	CHECK(event(IMA_DM_TABLE_LOAD, root) == ERR_OK &&
		active("root") == IMA_DM_NONE,
	    "dm events: state machine: a loaded table is not in use");
	CHECK(resume_by("root", root) == ERR_OK &&
		active("root") == IMA_DM_VERITY &&
		known("root")->active.root_len == 2 &&
		known("root")->active.root[1] == 0xff,
	    "dm events: state machine: a resumed one is, with its root digest");
	CHECK(resume_by("root", root) == ERR_OK &&
		active("root") == IMA_DM_VERITY,
	    "dm events: state machine: suspended and resumed, it goes on");
	CHECK(resume_by("root", other) == ERR_REFUSED &&
		known("root")->active.root[1] == 0xff,
	    "dm events: state machine: a table that was never loaded: refused: "
	    "%s",
	    d.text);
	CHECK(event(IMA_DM_TABLE_LOAD, DEVICE("root") LINEAR) == ERR_OK &&
		active("root") == IMA_DM_VERITY &&
		resume_by("root", root) == ERR_REFUSED,
	    "dm events: state machine: another than the loaded one: refused: "
	    "%s",
	    d.text);
	CHECK(event(IMA_DM_TABLE_CLEAR,
		  DEVICE("root") "inactive_table_hash=sha256:00" END) ==
		    ERR_OK &&
		resume_by("root", root) == ERR_OK,
	    "dm events: state machine: a cleared table is gone: %s", d.text);
	CHECK(event(IMA_DM_TARGET_UPDATE, DEVICE("root") VERITY("C", "00ff")) ==
		    ERR_OK &&
		known("root")->active.corrupted,
	    "dm events: state machine: corruption is noted");
	CHECK(event(IMA_DM_TARGET_UPDATE, DEVICE("root") VERITY("V", "00ff")) ==
		    ERR_OK &&
		known("root")->active.corrupted,
	    "dm events: state machine: and stays");
	CHECK(event(IMA_DM_TABLE_LOAD, DEVICE("root") LINEAR) == ERR_OK &&
		resume_by("root", DEVICE("root") LINEAR) == ERR_OK &&
		active("root") == IMA_DM_LINEAR,
	    "dm events: state machine: a replaced table is seen: %s", d.text);
	CHECK(event(IMA_DM_DEVICE_REMOVE,
		  VERSION
		  "device_active_metadata=name=root,uuid=,major=253,"
		  "minor=7,minor_count=1,num_targets=1;"
		  "active_table_hash=sha256:00,remove_all=n" END) == ERR_OK &&
		known("root") == NULL && s.n == 0,
	    "dm events: state machine: a removed device is gone: %s", d.text);
}

static void
test_names(void)
{
	ima_dm_state_start(&s);
	if (event(IMA_DM_TABLE_LOAD, DEVICE("a") LINEAR) < 0 ||
	    resume_by("a", DEVICE("a") LINEAR) < 0)
		t_bail("%s", d.text);
	CHECK(event(IMA_DM_DEVICE_RENAME,
		  DEVICE("a") "new_name=b,new_uuid=" END) == ERR_OK &&
		known("a") == NULL && active("b") == IMA_DM_LINEAR,
	    "dm events: state machine: a renamed device keeps its table");
	CHECK(event(IMA_DM_TABLE_LOAD,
		  VERSION "name=b,uuid=,major=253,minor=8,minor_count=1,"
			  "num_targets=1;" LINEAR) == ERR_OK &&
		known("b") == NULL,
	    "two devices of one name are none");
	CHECK(event(IMA_DM_DEVICE_RESUME,
		  VERSION "name=x,uuid=;device_resume=no_data" END) == ERR_OK &&
		known("x") == NULL,
	    "a device of which the kernel knows nothing is none");
	CHECK(resume_by("b", DEVICE("a") VERITY("V", "00ff")) == ERR_REFUSED,
	    "and its table is bound to its loading: %s", d.text);
}

static void
test_unknown(void)
{
	char text[512];
	int err = ERR_OK;
	unsigned n;

	ima_dm_state_start(&s);
	CHECK(resume_by("early", "before IMA listened") == ERR_OK &&
		active("early") == IMA_DM_UNKNOWN,
	    "a table of before is in use, and not known");
	CHECK(event(IMA_DM_TABLE_LOAD,
		  VERSION "name=early,uuid=,major=253,minor=7,minor_count=1,"
			  "num_targets=2;" LINEAR) == ERR_OK &&
		resume_by("early", "all pieces") == ERR_OK &&
		active("early") == IMA_DM_UNKNOWN,
	    "a table of which only a piece is told is not known: %s", d.text);
	CHECK(event(IMA_DM_TABLE_LOAD,
		  DEVICE("early") TARGET "target_name=verity,"
					 "target_version=1.8.0;") == ERR_FORMAT,
	    "a verity target without its root: refused: %s", d.text);
	ima_dm_state_start(&s);
	for (n = 0; err == ERR_OK && n <= IMA_DM_DEVICES_MAX; n++) {
		(void)snprintf(text, sizeof(text),
		    VERSION "name=d%u,uuid=,major=253,minor=%u,minor_count=1,"
			    "num_targets=1;" LINEAR,
		    n, n);
		err = event(IMA_DM_TABLE_LOAD, text);
	}
	CHECK(err == ERR_LIMIT && s.n == IMA_DM_DEVICES_MAX,
	    "T49: 65 devices: refused: %s", d.text);
}

static void
test_corpus(void)
{
	static struct ima_scratch scratch;
	static struct ima_iter it;
	size_t len, n = 0;
	uint8_t *p = t_corpus("ima/ascii_kl_dm_events.txt", &len);
	struct ima_event ev;
	struct ima_entry e;

	if (p == NULL)
		return;
	ima_dm_state_start(&s);
	ima_iter_start(&it, IMA_ASCII, HASH_SHA1, bytes_of(p, len), 0);
	ima_iter_scratch(&it, &scratch);
	while (ima_next(&it, &e, &d) == ERR_OK) {
		int err = ima_event_decode(&e, &ev, &d);

		if (err == ERR_OK)
			err = ima_dm_state_event(&s, &ev.dm, e.buf, &d);
		if (err < 0)
			t_bail("entry %zu: %s", n, d.text);
		n++;
		/*
		 * The sample is of several machines: later on 253:0 goes on
		 * with the first of the two tables that it was given.
		 */
		if (n == 1)
			CHECK(s.n == 1 &&
				s.devices[0].loaded.kind == IMA_DM_VERITY,
			    "dm events: verity is loaded");
		if (n == 7)
			break;
	}
	CHECK(n == 7 && s.n == 5, "dm events: seven tables of five devices");
	free(p);
}

int
main(void)
{
	test_verity();
	test_names();
	test_unknown();
	test_corpus();
	return t_done();
}
