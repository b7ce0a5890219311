/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

#include "t.h"

int
main(void)
{
	static struct verdict v, copy, back;
	struct buf b = BUF_INIT(1 << 16), c = BUF_INIT(1 << 16);
	struct verdict_reason *r;

	CHECK(v.status == VERDICT_REFUSED &&
		strcmp(verdict_status_name(&v), "InsecureHostConfiguration") ==
		    0,
	    "a verdict nobody wrote is a refusal");
	r = verdict_add(&v, REASON_SecureBoot, 3, "PCR %d", 7);
	CHECK(v.n_reasons == 1 && bytes_equal_text(r->text, "PCR 7") &&
		r->pcr == VERDICT_NO_PCR && r->event == VERDICT_NO_EVENT,
	    "a reason has a text, and no PCR unless told");
	verdict_copy(&v, &copy);
	memset(v.texts, 'x', sizeof(v.texts));
	CHECK(bytes_equal_text(copy.reasons[0].text, "PCR 7"),
	    "a copy has texts of its own");
	for (size_t i = 0; i < 2 * VERDICT_REASONS_MAX; i++)
		(void)verdict_add(&copy, REASON_SecureBoot, 0, "%0300d", 1);
	CHECK(copy.n_reasons == VERDICT_REASONS_MAX &&
		copy.reasons[VERDICT_REASONS_MAX - 1].text.len ==
		    VERDICT_TEXT_MAX - 1,
	    "reasons and their texts are bounded");
	CHECK(fields_encode(&verdict_fields, &copy, &b, NULL) == ERR_OK &&
		fields_decode(&verdict_fields, buf_bytes(&b), &back, NULL) ==
		    ERR_OK &&
		fields_encode(&verdict_fields, &back, &c, NULL) == ERR_OK &&
		bytes_equal(buf_bytes(&b), buf_bytes(&c)),
	    "a verdict is the same after encoding and decoding");
	buf_free(&b);
	buf_free(&c);
	return t_done();
}
