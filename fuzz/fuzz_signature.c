/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMT_SIGNATURE, verified with a key of each type: nothing verifies.
 */
#include "crypto/key.h"
#include "fuzz.h"
#include "tpm/signature.h"

static struct key *ecc, *rsa;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct diag d;

	(void)argc;
	(void)argv;
	BUG_ON(key_generate(KEY_P256, 0, &ecc, &d) < 0 ||
	    key_generate(KEY_RSA, 2048, &rsa, &d) < 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tpm_signature sig;
	struct diag d;

	if (tpm_signature_parse(bytes_of(p, n), &sig, &d) < 0)
		return 0;
	BUG_ON(tpm_signature_verify(&sig, ecc, bytes_of_text("x"), &d) == 0);
	BUG_ON(tpm_signature_verify(&sig, rsa, bytes_of_text("x"), &d) == 0);
	return 0;
}
