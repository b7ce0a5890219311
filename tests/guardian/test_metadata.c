/* SPDX-License-Identifier: Apache-2.0 */
#include "guardian/metadata.h"
#include "guardian/metadata_xml.h"
#include "party.h"

static void
test_round(const struct party *p, const char *type)
{
	struct buf xml = BUF_INIT(METADATA_MAX), again = BUF_INIT(METADATA_MAX);
	struct guardian_file f = { 0 };
	struct diag d = { 0 };

	t_need(metadata_write(&p->file.g, &xml, &d), &d, "metadata_write");
	CHECK(metadata_read(buf_bytes(&xml), &f, &d) == ERR_OK &&
		metadata_write(&f.g, &again, &d) == ERR_OK &&
		bytes_equal(buf_bytes(&xml), buf_bytes(&again)),
	    "%s: metadata is read as it was written", type);
	guardian_file_free(&f);
	buf_free(&xml);
	buf_free(&again);
}

int
main(void)
{
	struct party p;
	struct buf xml = BUF_INIT(METADATA_MAX), small = BUF_INIT(100);
	struct guardian g;
	struct diag d;

	for (unsigned i = 0; i < T_KINDS; i++) {
		t_party(&p, "fabric-1", (enum t_kind)i, (enum t_kind)i);
		test_round(&p, t_kind_name[i]);
		if (i + 1 < T_KINDS)
			t_party_free(&p);
	}
	g = p.file.g;
	g.name = bytes_of_text("a<b");
	CHECK(metadata_write(&g, &xml, &d) < 0 && xml.len == 0,
	    "a name that would need escaping is not written");
	CHECK(metadata_write(&p.file.g, &small, &d) == ERR_LIMIT,
	    "a full buffer is told");
	t_party_free(&p);
	buf_free(&xml);
	buf_free(&small);
	return t_done();
}
