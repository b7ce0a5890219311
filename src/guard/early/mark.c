/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCR 15 of a boot that is not guarded. Left at zero it would be root's to
 * extend, by the record of a key of root's own and the digest of a lock that
 * nobody holds; with this in it no record can be its first event any more.
 *
 * By a command of our own and not by the TPM's library, since what failed may
 * be just that; it asks for no authorisation that root could have set.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "guard/early/early.h"
#include "measure/pcr15.h"
#include "tpm/pcr.h"
#include "tpm/types.h"

#define ACPI_TABLE "/sys/firmware/acpi/tables/TPM2"
#define MARK       "shieldwall: this boot is not guarded"
#define ANSWER_MS  300000

/* TPM 2.0 Part 3, 22.2: TPM2_PCR_Extend, an empty password as authorisation. */
static int
extend_command(const uint8_t digest[static SHA256_SIZE], struct buf *b,
    struct diag *d)
{
	enum { LENGTH = 65 };

	buf_put_be16(b, 0x8002); /* TPM_ST_SESSIONS */
	buf_put_be32(b, LENGTH);
	buf_put_be32(b, 0x182); /* TPM_CC_PCR_Extend */
	buf_put_be32(b, PCR_HOST_KEY);
	buf_put_be32(b, 9);          /* of the authorisation */
	buf_put_be32(b, 0x40000009); /* TPM_RS_PW */
	buf_put_be16(b, 0);
	buf_put_u8(b, 0);
	buf_put_be16(b, 0);
	buf_put_be32(b, 1); /* one bank: no other is ever quoted */
	buf_put_be16(b, TPM_ALG_SHA256);
	buf_put(b, bytes_of(digest, SHA256_SIZE));
	BUG_ON(b->len != LENGTH);
	return buf_check(b, "PCR 15", d);
}

static int
ask_tpm(const char *device, struct bytes command, struct diag *d)
{
	auto_close int fd = open(device, O_RDWR | O_CLOEXEC);
	struct pollfd p = { fd, POLLIN, 0 };
	uint8_t answer[512];
	ssize_t n;

	if (fd < 0 || write(fd, command.p, command.len) != (ssize_t)command.len)
		return diag_errno(d, "%s", device);
	if (poll(&p, 1, ANSWER_MS) < 1 ||
	    (n = read(fd, answer, sizeof(answer))) < 0)
		return diag_errno(d, "%s: no answer", device);
	/* Tag and length, then the code. */
	if (n < 10 || !bytes_all_zero(bytes_of(answer + 6, 4)))
		return diag_fail(d, ERR_TPM, "%s: PCR 15 not extended: 0x%x",
		    device, n < 10 ? 0U : answer[8] * 256U + answer[9]);
	return ERR_OK;
}

int
unguarded_mark(struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(128);
	uint8_t digest[SHA256_SIZE];
	int r;

	/* Without a TPM nothing can be claimed of this machine either. */
	if (access("/dev/tpmrm0", F_OK) != 0 &&
	    access("/dev/tpm0", F_OK) != 0 && access(ACPI_TABLE, F_OK) != 0)
		return ERR_OK;
	sha256(bytes_of_text(MARK), digest);
	if ((r = extend_command(digest, &b, d)) < 0)
		return r;
	r = ask_tpm("/dev/tpmrm0", buf_bytes(&b), d);
	return r < 0 ? ask_tpm("/dev/tpm0", buf_bytes(&b), d) : ERR_OK;
}
