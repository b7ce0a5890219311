/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record-quote FOLDER: starts a TPM, lets it quote and certify, and writes
 * what it said as test data: see tests/data/tpm/README.
 */
#include <stdio.h>

#include "../swtpm.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "tpm/public.h"
#include "tpmdev/tpmdev.h"

static const char *folder;

static void
save(const char *name, struct bytes in)
{
	char path[4096];
	struct diag d;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_write_atomic(AT_FDCWD, path, 0644, in, &d) < 0)
		t_bail("%s", d.text);
}

static void
record(struct tpmdev *t)
{
	auto_buf struct buf quote = BUF_INIT(2048), sig = BUF_INIT(2048),
			    certify = BUF_INIT(2048), csig = BUF_INIT(2048);
	auto_secret struct secret unique = SECRET_NONE, auth = SECRET_NONE;
	auto_tpmdev_key struct tpmdev_key ek = { 0 }, ak = { 0 }, hk = { 0 };
	struct pcr_values pcrs = { 0 };
	uint8_t extra[32];
	struct diag d;
	unsigned i;

	sha256(bytes_of_text("shieldwall test quote"), extra);
	if (secret_alloc(&unique, 64, &d) < 0 ||
	    secret_alloc(&auth, 32, &d) < 0)
		t_bail("%s", d.text);
	random_bytes(unique.p, unique.len);
	random_bytes(auth.p, auth.len);
	for (i = 0; i < 16; i++)
		if (tpmdev_pcr_extend(t, i, extra, &d) < 0)
			t_bail("%s", d.text);
	if (tpmdev_ek(t, &ek, &d) < 0 || tpmdev_ak(t, &ak, &d) < 0 ||
	    tpmdev_hk_create(t, &ek, &unique, &auth, &hk, &d) < 0 ||
	    tpmdev_pcr_read(t, PCR_MASK_STICKY, &pcrs, &d) < 0 ||
	    tpmdev_quote(&ak, BYTES_OF_ARRAY(extra), PCR_MASK_DEFAULT, &quote,
		&sig, &d) < 0 ||
	    tpmdev_certify(&ak, &hk, &auth, BYTES_OF_ARRAY(extra), &certify,
		&csig, &d) < 0)
		t_bail("%s", d.text);
	save("ek.public", tpmdev_key_public(&ek));
	save("ak.public", tpmdev_key_public(&ak));
	save("hk.public", tpmdev_key_public(&hk));
	save("extra", BYTES_OF_ARRAY(extra));
	save("pcrs", bytes_of(pcrs.v, sizeof(pcrs.v)));
	save("quote.attest", buf_bytes(&quote));
	save("quote.signature", buf_bytes(&sig));
	save("certify.attest", buf_bytes(&certify));
	save("certify.signature", buf_bytes(&csig));
}

int
main(int argc, char **argv)
{
	auto_tpmdev struct tpmdev *t = NULL;
	struct swtpm tpm;
	struct diag d;

	if (argc != 2) {
		fprintf(stderr, "usage: record-quote FOLDER\n");
		return 2;
	}
	folder = argv[1];
	swtpm_new(&tpm);
	if (tpmdev_open(tpm.tcti, &t, &d) < 0)
		t_bail("%s", d.text);
	record(t);
	swtpm_remove(&tpm);
	return 0;
}
