/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diff.h"

#include "host.h"

int
main(void)
{
	struct host *good = host_make("host-good", NULL);
	struct host *again = host_make("host-good-again", NULL);
	struct host *other = host_make("host-cmdline", NULL);
	struct baseline base = baseline_of(good, BASELINE_PRODUCTION);
	struct buf text = BUF_INIT(1 << 20);
	uint8_t id[32] = { 1 }, one[32], two[32];

	CHECK(baseline_diff(&base, id, &other->f, &text, one, NULL) == ERR_OK &&
		says(buf_bytes(&text), "PCR 9, event 0") &&
		says(buf_bytes(&text), "expected") &&
		says(buf_bytes(&text), "lockdown=confidentiality"),
	    "the diff says which event changed, from what to what");
	CHECK(text.len > 0 && text.p[text.len - 1] == '\n' &&
		memchr(text.p, '\033', text.len) == NULL,
	    "T98 in printable lines");
	buf_reset(&text);
	CHECK(baseline_diff(&base, id, &again->f, &text, two, NULL) == ERR_OK &&
		says(buf_bytes(&text), "equal to baseline reference"),
	    "an equal boot is said to be equal");
	CHECK(memcmp(one, two, 32) != 0, "another boot is another digest");
	baseline_diff_digest(id, &good->f, one);
	CHECK(memcmp(one, two, 32) == 0, "an equal boot is the same digest");
	again->f.pcrs.v[5][0] ^= 1;
	baseline_diff_digest(id, &again->f, two);
	CHECK(memcmp(one, two, 32) != 0,
	    "even an ignored PCR is part of what is accepted");
	id[0] = 2;
	baseline_diff_digest(id, &good->f, two);
	CHECK(memcmp(one, two, 32) != 0, "and so is the baseline");
	buf_reset(&text);
	CHECK(baseline_diff(NULL, id, &good->f, &text, one, NULL) == ERR_OK &&
		says(buf_bytes(&text), "SecureBoot"),
	    "against no baseline every event is shown");
	buf_free(&text);
	return t_done();
}
