/* SPDX-License-Identifier: Apache-2.0 */
/* What is read can be written and read again. */
#include "fuzz.h"

#include <stdlib.h>

#include "guardian/metadata.h"
#include "guardian/metadata_xml.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_guardian_file struct guardian_file f = { 0 }, g = { 0 };
	auto_buf struct buf xml = BUF_INIT(METADATA_MAX);
	struct diag d;

	if (metadata_read(bytes_of(p, n), &f, &d) < 0)
		return 0;
	if (metadata_write(&f.g, &xml, &d) < 0 ||
	    metadata_read(buf_bytes(&xml), &g, &d) < 0)
		abort();
	return 0;
}
