/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of 'guardctl setup'; one that is read is written and read again.
 */
#include "ctl/guardctl/setup_record.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_buf struct buf out = BUF_INIT(RECORD_MAX);
	auto_record struct record *r = NULL, *again = NULL;
	struct diag d;

	if (record_new(&r, &d) < 0 || record_new(&again, &d) < 0 ||
	    record_decode(bytes_of(p, n), r, &d) < 0)
		return 0;
	BUG_ON(record_encode(r, &out, &d) < 0);
	BUG_ON(record_decode(buf_bytes(&out), again, &d) < 0);
	BUG_ON(again->n != r->n);
	return 0;
}
