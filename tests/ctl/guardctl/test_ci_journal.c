/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/guardctl/ci_journal.h"

#include "t.h"

static const uint8_t options[32] = { 7 };
static struct buf journal = BUF_INIT(65536);
static struct ci_found list[3];
static struct ci_files files = { .list = list, .n = 3 };

/* Files as a walk finds them. */
static void
fresh(void)
{
	static char names[3][3] = { "/a", "/b", "/c" };

	for (size_t i = 0; i < 3; i++)
		list[i] = (struct ci_found){ .path = names[i],
			.stat = { i, 10, 20, 30 },
			.signer = CI_NO_SIGNER };
}

/* Records what was found: a program, no code, a file that was not read. */
static void
make(void)
{
	fresh();
	list[0].state = CI_FILE_TAKEN;
	list[0].alg = CI_SHA384;
	list[0].signer = 4;
	memset(list[0].digest, 0x5a, 48);
	list[1].state = CI_FILE_OTHER;
	list[2].state = CI_FILE_FAILED;
	ci_journal_put_head(&journal, options);
	for (size_t i = 0; i < 3; i++)
		ci_journal_put(&journal, &list[i]);
}

static int
read_back(size_t len, size_t *n)
{
	fresh();
	return ci_journal_read(bytes_of(journal.p, len), options, &files, n,
	    NULL);
}

int
main(void)
{
	static const uint8_t other[32] = { 8 };
	size_t n = 0, bad = 0, most = 0;

	make();
	CHECK(read_back(journal.len, &n) == ERR_OK && n == 2 &&
		list[0].state == CI_FILE_TAKEN && list[0].alg == CI_SHA384 &&
		list[0].signer == 4 && list[0].digest[47] == 0x5a &&
		list[1].state == CI_FILE_OTHER,
	    "what was found is found again");
	CHECK(list[2].state == CI_FILE_NEW,
	    "a file that was not read is read again");
	for (size_t len = 37; len < journal.len; len++) {
		bad += read_back(len, &n) != ERR_OK;
		most = n > most ? n : most;
	}
	CHECK(bad == 0 && most == 2,
	    "a journal that was cut has what came before");
	fresh();
	list[0].stat.ctime++;
	CHECK(ci_journal_read(buf_bytes(&journal), options, &files, &n, NULL) ==
		    ERR_OK &&
		list[0].state == CI_FILE_NEW && list[1].state == CI_FILE_OTHER,
	    "a file that has changed is new");
	fresh();
	CHECK(ci_journal_read(buf_bytes(&journal), other, &files, &n, NULL) <
		ERR_OK,
	    "a journal of other options is refused");
	CHECK(read_back(20, &n) < 0, "half a head is refused");
	/* The first record's state: behind head, length and four numbers. */
	journal.p[37 + 4 + 32] = CI_FILE_STATES;
	CHECK(read_back(journal.len, &n) < 0,
	    "a state that is none is refused");
	buf_free(&journal);
	return t_done();
}
