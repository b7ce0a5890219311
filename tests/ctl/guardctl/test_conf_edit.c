/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting keys of guard.conf: what was there stays, what results is read back.
 */
#include "ctl/guardctl/conf_edit.h"

#include "guard/common/guard_conf.h"
#include "t.h"

static const struct conf_edit edits[] = {
	{ "hgs", "url", "http://h1" },
	{ "hgs", "pin", "ab" },
	{ "host", "name", "kvm1" },
};

struct example {
	const char *what;
	const char *old;
	const char *new;
};

static const struct example examples[] = {
	{ "no file", "",
	    "[hgs]\nurl = http://h1\npin = ab\n\n[host]\nname = kvm1\n" },
	{ "every key is there",
	    "# mine\n[hgs]\nurl=x\n; pin\npin : y\n[host]\nname = z\n",
	    "# mine\n[hgs]\nurl = http://h1\n; pin\npin = ab\n[host]\n"
	    "name = kvm1\n" },
	{ "new keys go to their section's end",
	    "[host]\n\n[hgs]\nfallback = b\n\n\n[vm]\naccel = tcg\n",
	    "[host]\nname = kvm1\n\n[hgs]\nfallback = b\nurl = http://h1\n"
	    "pin = ab\n\n\n[vm]\naccel = tcg\n" },
	{ "a section twice: a key that stands in the second stays there",
	    "[hgs]\nfallback = b\n[tpm]\ntcti = t\n[hgs]\nurl = x\n",
	    "[hgs]\nfallback = b\npin = ab\n[tpm]\ntcti = t\n[hgs]\n"
	    "url = http://h1\n\n[host]\nname = kvm1\n" },
	{ "the same key of another section is another key",
	    "[agent]\nuser = u\n[host]\nname = x",
	    "[agent]\nuser = u\n[host]\nname = kvm1\n\n[hgs]\n"
	    "url = http://h1\npin = ab\n" },
	{ "comments that look like keys are none",
	    "[hgs]\n#url = x\n ;pin = y\n",
	    "[hgs]\n#url = x\n ;pin = y\nurl = http://h1\npin = ab\n\n"
	    "[host]\nname = kvm1\n" },
};

static void
check_example(const struct example *e)
{
	auto_buf struct buf out = BUF_INIT(4096), again = BUF_INIT(4096);
	struct guard_conf conf;
	struct diag d = { 0 };

	CHECK(conf_edit(bytes_of_text(e->old), edits, ARRAY_LEN(edits), &out,
		  &d) == ERR_OK &&
		bytes_equal_text(buf_bytes(&out), e->new),
	    "%s", e->what);
	if (!bytes_equal_text(buf_bytes(&out), e->new))
		printf("# %.*s\n", (int)out.len, (const char *)out.p);
	CHECK(guard_conf_parse("new", buf_bytes(&out), &conf, &d) == ERR_OK &&
		strcmp(conf.url, "http://h1") == 0 &&
		strcmp(conf.pin, "ab") == 0 && strcmp(conf.name, "kvm1") == 0,
	    "... and reads back %s", d.text);
	CHECK(conf_edit(buf_bytes(&out), edits, ARRAY_LEN(edits), &again, &d) ==
		    ERR_OK &&
		bytes_equal(buf_bytes(&out), buf_bytes(&again)),
	    "... and changes no more");
}

int
main(void)
{
	struct buf small = BUF_INIT(8);
	struct diag d = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(examples); i++)
		check_example(&examples[i]);
	CHECK(conf_edit(BYTES_NONE, edits, ARRAY_LEN(edits), &small, &d) ==
		ERR_LIMIT,
	    "no room: refused (%s)", d.text);
	buf_free(&small);
	return t_done();
}
