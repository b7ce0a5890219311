/* SPDX-License-Identifier: Apache-2.0 */
/* Two recipients' certificates, each behind its length, then the wrap. */
#include "fuzz.h"

#include <stdlib.h>

#include "base/reader.h"
#include "protector/wrap.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct reader r = reader_of(bytes_of(p, n));
	struct guardian_cert cert[2] = { 0 };
	const struct guardian_cert *to[2] = { &cert[0], &cert[1] };
	struct bytes der;
	struct wrap w;
	struct diag d;

	for (int i = 0; i < 2; i++)
		if (!reader_be16_blob(&r, GUARDIAN_CERT_MAX, &der) ||
		    guardian_cert_parse(der, GUARDIAN_ENCRYPT, &cert[i], &d) <
			0)
			goto out;
	if (wrap_parse(bytes_of(p + r.off, n - r.off), to, 2, &w, &d) ==
		ERR_OK &&
	    (w.n != 2 || w.nonce.len != 12 || w.mac.len != 16))
		abort();
out:
	guardian_cert_free(&cert[0]);
	guardian_cert_free(&cert[1]);
	return 0;
}
