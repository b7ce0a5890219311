/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endorsement key certificates and their authorities, by crypto/ek.c and
 * ek_vendor.c; and the lists that name vendors, by policy/tpm_rules.c.
 */
#include "fuzz.h"

#include <string.h>

#include "crypto/ek.h"
#include "policy/tpm_rules.h"

static void
try_cert(struct bytes in)
{
	struct ek_cert *cert = NULL;
	struct bytes der;
	uint32_t vendor = 0, again = 0;

	if (ek_cert_read(in, &cert, NULL) == 0) {
		der = ek_cert_der(cert);
		BUG_ON(der.len > in.len);
		/* Padding of NV memory changes nothing. */
		BUG_ON(ek_vendor_find(in, &vendor) !=
			ek_vendor_find(der, &again) ||
		    vendor != again);
		(void)!ek_cert_verify(cert, &der, 1, &der, 1, 1900000000, NULL);
	}
	ek_cert_free(cert);
	(void)!ek_vendor_find(in, &vendor);
}

static void
try_authority(struct bytes in)
{
	struct bytes rest = in, der;
	struct ek_authority a;
	size_t n = 0;

	while (ek_authority_next(&rest, &der))
		n += der.len;
	BUG_ON(n + rest.len != in.len);
	if (ek_authority_read(in, &a, NULL) == 0)
		BUG_ON(memchr(a.subject, '\0', sizeof(a.subject)) == NULL);
}

/* What was read has one notation, which reads as the same. */
static void
try_rules(struct bytes in)
{
	char text[TPM_RULES_TEXT_MAX], again[TPM_RULES_TEXT_MAX];
	struct tpm_rules a = { 0 }, b = { 0 };

	if (tpm_vendors_parse(in, &a, NULL) == 0) {
		tpm_vendors_text(&a, text);
		BUG_ON(tpm_vendors_parse(bytes_of_text(text), &b, NULL) != 0);
		tpm_vendors_text(&b, again);
		BUG_ON(strcmp(text, again) != 0);
	}
	if (tpm_minimums_parse(in, &a, NULL) == 0) {
		tpm_minimums_text(&a, text);
		BUG_ON(tpm_minimums_parse(bytes_of_text(text), &b, NULL) != 0);
		tpm_minimums_text(&b, again);
		BUG_ON(strcmp(text, again) != 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = bytes_of(p, n);

	try_cert(in);
	try_authority(in);
	try_rules(in);
	return 0;
}
