/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI programs, their signers and unified kernel images: what the digest is
 * made of lies within the file, and is the same twice.
 */
#include "fuzz.h"

#include "measure/pe_signer.h"
#include "measure/uki.h"

static void
check_uki(struct bytes in)
{
	struct uki_event events[UKI_EVENTS_MAX];
	size_t n, cmdline;
	struct uki u;

	if (uki_parse(in, &u, NULL) < 0)
		return;
	n = uki_measure(&u, events, &cmdline);
	if (n > UKI_EVENTS_MAX || n % 2 != 0 || (cmdline != 0 && cmdline >= n))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pe_signer signers[PE_SIGNERS_MAX];
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];
	struct bytes in = bytes_of(p, n), section;
	size_t n_signers;
	struct pe pe;

	if (pe_parse(in, &pe, NULL) < 0)
		return 0;
	pe_authenticode(&pe, a);
	pe_authenticode(&pe, b);
	if (!bytes_equal(BYTES_OF_ARRAY(a), BYTES_OF_ARRAY(b)) ||
	    (pe_count(&pe, ".text") == 0 &&
		pe_section(&pe, ".text", &section, NULL) == ERR_OK))
		abort();
	if (pe_signers(&pe, signers, &n_signers, NULL) == ERR_OK &&
	    (n_signers > PE_SIGNERS_MAX ||
		pe_same_authority(&pe, &pe, NULL) < 0))
		abort();
	check_uki(in);
	return 0;
}
