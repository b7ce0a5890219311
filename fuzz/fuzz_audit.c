/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An audit export, as an outsider is handed one.
 */
#include "audit/audit.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct audit_verified v;
	struct audit_record rec;
	struct diag d;

	(void)!audit_export_verify(bytes_of(p, n), NULL, NULL, NULL, NULL, &v,
	    &d);
	(void)!audit_record_parse(bytes_of(p, n), &rec, &d);
	return 0;
}
