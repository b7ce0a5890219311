/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record-rsa-quote FOLDER: makes bench/data anew. The boot log is the one of
 * tests/data/boot/host-good, grown to the size and shape of a server's: a full
 * revocation list, and the commands of a boot loader. A software TPM measures
 * it and quotes it by an RSA-2048 key, made and used by tpm2-tools.
 */
#include <stdio.h>

#include "../tests/swtpm.h"
#include "base/file.h"
#include "base/text.h"
#include "bench.h"
#include "crypto/hash.h"
#include "measure/replay.h"
#include "tpmdev/tpmdev.h"

#define DBX_ENTRIES 480 /* x 48 bytes: what current revocation lists hold */
#define COMMANDS    140
#define LOG_MAX     ((size_t)1 << 20)
#define PCRS        "sha256:0,1,2,3,4,5,6,7,8,9,11,12,13,14,15"
#define AK_ATTRIBUTES                               \
	"fixedtpm|fixedparent|sensitivedataorigin|" \
	"userwithauth|noda|restricted|sign"

/* EFI_SIGNATURE_LIST of EFI_CERT_SHA256_GUID (UEFI 2.10, 32.4.1). */
static const uint8_t sha256_guid[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50,
	0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };

static const char *folder;

static void
save(const char *name, struct bytes in)
{
	char path[4096];
	struct diag d;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_write_atomic(AT_FDCWD, path, 0644, in, &d) < 0)
		bench_die("%s", d.text);
}

static void
put_event(struct buf *log, uint32_t pcr, uint32_t type, struct bytes data,
    struct bytes measured)
{
	uint8_t digest[SHA256_SIZE];

	sha256(measured, digest);
	(void)buf_put_le32(log, pcr);
	(void)buf_put_le32(log, type);
	(void)buf_put_le32(log, 1);
	(void)buf_put_le16(log, TPM_ALG_SHA256);
	(void)buf_put(log, BYTES_OF_ARRAY(digest));
	(void)buf_put_le32(log, (uint32_t)data.len);
	(void)buf_put(log, data);
}

/* UEFI_VARIABLE_DATA of dbx: head and name as recorded, now with entries. */
static void
put_dbx(struct buf *log, const struct tcg_event *e)
{
	auto_buf struct buf v = BUF_INIT(LOG_MAX);
	uint8_t entry[48];
	uint64_t size = 28 + (uint64_t)sizeof(entry) * DBX_ENTRIES;

	(void)buf_put(&v, bytes_of(e->data.p, 24)); /* GUID, name length */
	(void)buf_put_le64(&v, size);
	(void)buf_put(&v, bytes_of(e->data.p + 32, e->data.len - 32));
	(void)buf_put(&v, BYTES_OF_ARRAY(sha256_guid));
	(void)buf_put_le32(&v, (uint32_t)size);
	(void)buf_put_le32(&v, 0);
	(void)buf_put_le32(&v, sizeof(entry));
	for (uint32_t i = 0; i < DBX_ENTRIES; i++) {
		memset(entry, 0, 16); /* owner */
		sha256(bytes_of(&i, sizeof(i)), entry + 16);
		(void)buf_put(&v, BYTES_OF_ARRAY(entry));
	}
	put_event(log, e->pcr, e->type, buf_bytes(&v), buf_bytes(&v));
}

/* As GRUB does: what is measured is the command without "grub_cmd: ". */
static void
put_commands(struct buf *log)
{
	char text[160];

	for (int i = 0; i < COMMANDS; i++) {
		(void)snprintf(text, sizeof(text),
		    "grub_cmd: [ %d = %d ] && menuentry --id "
		    "gnulinux-%d-advanced --class os { linux /vmlinuz }",
		    i, i * 7, i);
		put_event(log, 8, EV_IPL, bytes_of(text, strlen(text) + 1),
		    bytes_of_text(text + strlen("grub_cmd: ")));
	}
}

static bool
is_dbx(const struct tcg_event *e)
{
	static const uint8_t dbx[] = { 'd', 0, 'b', 0, 'x', 0 };

	return e->type == EV_EFI_VARIABLE_CONFIG && e->data.len == 38 &&
	    bytes_equal(bytes_of(e->data.p + 32, 6), BYTES_OF_ARRAY(dbx));
}

/* The recorded log, event by event, with what a server has more of. */
static void
make_log(struct buf *ret)
{
	auto_buf struct buf in;
	struct tcglog_iter it;
	struct tcglog log;
	struct tcg_event e;
	struct diag d;
	size_t from;
	int rc;

	bench_load("tests/data/boot/host-good/binary_bios_measurements", &in);
	if (tcglog_open(buf_bytes(&in), &log, &d) < 0)
		bench_die("%s", d.text);
	it = tcglog_iter(&log);
	(void)buf_put(ret, bytes_of(in.p, it.r.off));
	for (from = it.r.off; (rc = tcglog_next(&it, &e, &d)) == ERR_OK;
	     from = it.r.off) {
		if (is_dbx(&e))
			put_dbx(ret, &e);
		else
			(void)buf_put(ret,
			    bytes_of(in.p + from, it.r.off - from));
	}
	put_commands(ret);
	if (rc != ERR_NOT_FOUND || !buf_ok(ret))
		bench_die("boot log: %s", d.text);
}

static void
extend(const char *tcti, struct bytes in)
{
	auto_tpmdev struct tpmdev *t = NULL;
	struct tcglog_iter it;
	struct tcglog log;
	struct tcg_event e;
	struct diag d;

	if (tpmdev_open(tcti, &t, &d) < 0 || tcglog_open(in, &log, &d) < 0)
		bench_die("%s", d.text);
	it = tcglog_iter(&log);
	while (tcglog_next(&it, &e, &d) == ERR_OK)
		if (e.type != EV_NO_ACTION &&
		    tpmdev_pcr_extend(t, e.pcr,
			tcg_event_digest(&e, TPM_ALG_SHA256).p, &d) < 0)
			bench_die("%s", d.text);
}

/* The key's and the quote's files, by tools that are not ours. */
static void
quote(const struct swtpm *tpm, const char *extra)
{
	char ak[256], public[256], message[256], signature[256];
	const char *const make[] = { "tpm2_createprimary", "-C", "e", "-G",
		"rsa2048:rsassa-sha256:null", "-a", AK_ATTRIBUTES, "-c", ak,
		"-f", "tpmt", "-o", public, NULL };
	const char *const sign[] = { "tpm2_quote", "-c", ak, "-l", PCRS, "-g",
		"sha256", "-q", extra, "-f", "tss", "-m", message, "-s",
		signature, NULL };
	const char *const pem[] = { "tpm2_readpublic", "-c", ak, "-f", "pem",
		"-o", public, NULL };

	(void)setenv("TPM2TOOLS_TCTI", tpm->tcti, 1);
	(void)snprintf(ak, sizeof(ak), "%s/ak.ctx", tpm->dir);
	(void)snprintf(public, sizeof(public), "%s/rsa-ak.public", folder);
	(void)snprintf(message, sizeof(message), "%s/quote.attest", folder);
	(void)snprintf(signature, sizeof(signature), "%s/quote.signature",
	    folder);
	bench_exec(make);
	bench_exec(sign);
	(void)snprintf(public, sizeof(public), "%s/rsa-ak.pem", folder);
	bench_exec(pem);
}

int
main(int argc, char **argv)
{
	auto_buf struct buf log = BUF_INIT(LOG_MAX);
	uint8_t extra[SHA256_SIZE];
	char hex[2 * sizeof(extra) + 1];
	struct swtpm tpm;

	if (argc != 2)
		bench_die("usage: record-rsa-quote FOLDER");
	folder = argv[1];
	sha256(bytes_of_text("shieldwall benchmark quote"), extra);
	hex_format(BYTES_OF_ARRAY(extra), hex);
	make_log(&log);
	swtpm_new(&tpm);
	extend(tpm.tcti, buf_bytes(&log));
	quote(&tpm, hex);
	save("boot-log", buf_bytes(&log));
	save("extra", BYTES_OF_ARRAY(extra));
	swtpm_remove(&tpm);
	return 0;
}
