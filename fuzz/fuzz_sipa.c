/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows' items: the input is one event's data. What is refused leaves the
 * facts as they were; what is read twice is read the same.
 */
#include "fuzz.h"

#include <string.h>

#include "crypto/hash.h"
#include "measure/sipa.h"
#include "tpm/types.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct sipa_module modules[64];
	static struct sipa_reader s, before;
	struct buf b = BUF_INIT((size_t)64 << 20);
	uint8_t digest[SHA256_SIZE];
	struct tcg_event e = { .pcr = 12,
		.type = EV_EVENT_TAG,
		.n_digests = 1,
		.data = bytes_of(p, n) };

	sha256(e.data, digest);
	e.digests[0] =
	    (struct tcg_digest){ TPM_ALG_SHA256, BYTES_OF_ARRAY(digest) };
	sipa_start(&s, modules, ARRAY_LEN(modules));
	before = s;
	if (sipa_event(&s, &e, NULL) < 0 && memcmp(&s, &before, sizeof(s)) != 0)
		abort();
	if (sipa_is_container(e.data) && !sipa_put_text(&b, e.data))
		abort();
	for (size_t i = 0; i < b.len; i++)
		if (b.p[i] < 0x20 || b.p[i] > 0x7e)
			abort();
	buf_free(&b);
	return 0;
}
