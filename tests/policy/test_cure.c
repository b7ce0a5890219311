/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cure.h"

#include "host.h"

static const uint8_t lock[1][SHA256_SIZE] = { { 7 } };
static const struct digest_list locks = { 1, lock };

/* As a host whose own command line, and lock, are as the product's. */
static struct host *
product_host(const char *cmdline, const uint8_t *its_lock)
{
	struct host *h = host_make("host-good", its_lock);

	h->f.cmdline_text = bytes_of_text(cmdline);
	return h;
}

static bool
cures(const struct host *h, enum reason code)
{
	struct diag d = { 0 };
	int r = baseline_cures(code, &h->f, &locks, &d);

	if (r < 0) {
		printf("# %s: %s\n", reason_name(code), d.text);
		if (r != ERR_REFUSED || d.reason != code)
			t_bail("refused with another code");
	}
	return r == ERR_OK;
}

int
main(void)
{
	static const enum reason never[] = { REASON_SecureBoot,
		REASON_HostKeyPresent, REASON_TcgLogVerification,
		REASON_FullBoot, REASON_UefiDebug, REASON_DumpEncryption,
		REASON_InsecureHostConfiguration };
	static const enum reason by_text[] = { REASON_MemoryAccessBlocked,
		REASON_CodeIntegrityEnforced, REASON_PagefileEncryption,
		REASON_Iommu, REASON_HibernationEnabled, REASON_DumpsEnabled };
	struct host *good = product_host(PRODUCT_CMDLINE, lock[0]);
	struct host *bare = product_host("root=/dev/vda kgdboc=ttyS0 resume=x"
					 " crashkernel=1G",
	    lock[0]);
	struct host *h;

	CHECK(cures(good, REASON_SecureBootSettings) &&
		cures(good, REASON_NoBaseline),
	    "another boot is what a new baseline is for");
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		CHECK(!cures(good, never[i]), "it never cures %s",
		    reason_name(never[i]));
	for (size_t i = 0; i < ARRAY_LEN(by_text); i++) {
		CHECK(cures(good, by_text[i]),
		    "%s waits for the baseline, where all else is right",
		    reason_name(by_text[i]));
		CHECK(!cures(bare, by_text[i]),
		    "but not where the command line is not what it wants");
	}
	h = product_host(PRODUCT_CMDLINE, NULL);
	CHECK(!cures(h, REASON_MemoryAccessBlocked) &&
		!cures(h, REASON_CodeIntegrityEnforced) &&
		!cures(h, REASON_PagefileEncryption),
	    "T76 nor where no lock is recorded");
	CHECK(cures(h, REASON_HibernationEnabled), "which others do not need");
	h = product_host(PRODUCT_CMDLINE, lock[0]);
	h->f.cmdline_check.state = FINDING_BAD;
	CHECK(!cures(h, REASON_HibernationEnabled),
	    "T89 nor where the measurements do not prove the text");
	h = product_host(PRODUCT_CMDLINE, lock[0]);
	h->f.secureboot.dma_unprotected = true;
	CHECK(!cures(h, REASON_Iommu), "nor where DMA is not protected");
	return t_done();
}
