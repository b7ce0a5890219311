/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of swtpm, which reads what a guest writes; byte 0 is the request. */
#include "fuzz.h"

#include "vm/vtpm_wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct vtpm_answer a;
	struct bytes in;
	size_t size = 0;

	if (n < 1)
		return 0;
	in = bytes_of(p + 1, n - 1);
	if (vtpm_answer_parse((enum vtpm_request)(p[0] % VTPM_N_REQUESTS), in,
		&a, NULL) != ERR_OK)
		return 0;
	if (in.len > VTPM_ANSWER_MAX ||
	    vtpm_answer_size(bytes_of(in.p, VTPM_HEAD_SIZE), &size, NULL) < 0 ||
	    size != in.len || (a.ours && a.code != 0))
		abort();
	return 0;
}
