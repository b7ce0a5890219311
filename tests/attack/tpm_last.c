/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What spoils the TPM for the rest of this boot: done last.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "wire.h"

/* Sends it; what guard-tpm can do then is told. */
static void
send_last(const struct attack *a, int fd, struct buf *command, struct result *r)
{
	uint32_t rc = wire_send(fd, command, NULL);
	char said[160];

	ask_attest(a, said, sizeof(said));
	result_set(r, rc == 0 ? VERDICT_ALLOWED : VERDICT_REFUSED,
	    "0x%x; guard-tpm then: %s", rc, said);
}

static void
try_extend(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RM, r);
	auto_buf struct buf b = BUF_INIT(128);

	(void)target;
	if (fd < 0)
		return;
	wire_begin(&b, true, TPM_CC_PCR_EVENT);
	buf_put_be32(&b, 15);
	wire_no_auth(&b);
	buf_put_be16_blob(&b, bytes_of_text("a second record"));
	send_last(a, fd, &b, r);
}

static void
try_shutdown(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RAW, r);
	auto_buf struct buf b = BUF_INIT(64);

	(void)target;
	if (fd < 0)
		return;
	wire_begin(&b, false, TPM_CC_SHUTDOWN);
	buf_put_be16(&b, 1);
	send_last(a, fd, &b, r);
}

static void
try_clear(const struct attack *a, int target, struct result *r)
{
	auto_close int fd = wire_open(WIRE_RAW, r);
	auto_buf struct buf b = BUF_INIT(64);

	(void)target;
	if (fd < 0)
		return;
	wire_begin(&b, true, TPM_CC_CLEAR);
	buf_put_be32(&b, 0x4000000a);
	wire_no_auth(&b);
	send_last(a, fd, &b, r);
}

/* Takes the driver off the chip: keys of the null hierarchy live on in it. */
static void
try_unbind(const struct attack *a, int target, struct result *r)
{
	char link[256], path[128], said[160];
	const char *name;
	ssize_t n =
	    readlink("/sys/class/tpm/tpm0/device", link, sizeof(link) - 1);

	(void)target;
	if (n <= 0) {
		result_errno(r, "tpm0");
		return;
	}
	link[n] = '\0';
	name = strrchr(link, '/') != NULL ? strrchr(link, '/') + 1 : link;
	(void)snprintf(path, sizeof(path),
	    "/sys/class/tpm/tpm0/device/driver/unbind");
	if (spit(path, name) != 0) {
		result_errno(r, "unbind");
		return;
	}
	ask_attest(a, said, sizeof(said));
	result_set(r, VERDICT_ALLOWED, "unbound; guard-tpm then: %s", said);
}

static const struct attempt last[] = {
	{ "tpm-shutdown", "TPM2_Shutdown on tpm0", try_shutdown, false, 60 },
	{ "tpm-extend", "extend PCR 15 once more", try_extend, false, 60 },
	{ "tpm-clear", "TPM2_Clear by the lockout hierarchy", try_clear, false,
	    60 },
	{ "tpm-unbind", "take the driver off the TPM", try_unbind, false, 60 },
};

const struct group tpm_last_group = { "tpm-last",
	"what spoils the TPM for this boot", last, ARRAY_LEN(last) };
