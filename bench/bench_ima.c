/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replay of an IMA list: 10,000 entries of a server, made here. Each is parsed,
 * its SHA-1 template digest checked and PCR 10 of the SHA-256 bank extended.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/text.h"
#include "bench.h"
#include "measure/ima.h"

#define ROUND_SECONDS 0.1
#define ENTRIES       10000
#define LIST_MAX      ((size_t)4 << 20)
#define PATH_SIZE     64

static struct {
	struct buf list;
	struct bytes data[ENTRIES]; /* what is hashed of each */
	uint8_t pcr[SHA256_SIZE];
	char list_path[PATH_SIZE], pcrs_path[PATH_SIZE];
	char pcrs_option[80];
} ima;

/* --- ours ------------------------------------------------------------------ */

static void
ours(void *arg)
{
	uint8_t pcr[SHA256_SIZE] = { 0 };
	static struct ima_iter it;
	struct ima_entry e;
	struct diag d;
	int err;

	(void)arg;
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, buf_bytes(&ima.list), 0);
	while ((err = ima_next(&it, &e, &d)) == ERR_OK) {
		ima_check(&e);
		if (!e.template_ok)
			bench_die("IMA list: entry of another digest");
		ima_extend(HASH_SHA256, &e, pcr);
	}
	if (err != ERR_NOT_FOUND || it.next != ENTRIES ||
	    memcmp(pcr, ima.pcr, sizeof(pcr)) != 0)
		bench_die("IMA list: not replayed: %s", d.text);
}

/* --- limit: the bare digests of the same bytes ----------------------------- */

static void
limit(void *arg)
{
	uint8_t both[2 * SHA256_SIZE] = { 0 }, sha1[SHA_DIGEST_LENGTH];
	SHA256_CTX ctx;
	SHA_CTX ctx1;

	(void)arg;
	for (size_t i = 0; i < ENTRIES; i++) {
		(void)SHA1_Init(&ctx1);
		(void)SHA1_Update(&ctx1, ima.data[i].p, ima.data[i].len);
		(void)SHA1_Final(sha1, &ctx1);
		(void)SHA256_Init(&ctx);
		(void)SHA256_Update(&ctx, ima.data[i].p, ima.data[i].len);
		(void)SHA256_Final(both + SHA256_SIZE, &ctx);
		(void)SHA256_Init(&ctx);
		(void)SHA256_Update(&ctx, both, sizeof(both));
		(void)SHA256_Final(both, &ctx);
	}
	if (memcmp(both, ima.pcr, sizeof(ima.pcr)) != 0)
		bench_die("IMA list: the limit is of other entries");
}

/* --- peer: ima-evm-utils --------------------------------------------------- */

static void
peer(void *arg)
{
	const char *const argv[] = { "evmctl", "ima_measurement", "--pcrs",
		ima.pcrs_option, "--verify-bank=sha256", ima.list_path, NULL };

	(void)arg;
	bench_exec(argv);
}

/* --- set-up ---------------------------------------------------------------- */

/* Paths as long as a server's are: 42 characters on average. */
static size_t
make_path(size_t i, char ret[static 128])
{
	static const char *const forms[][2] = {
		{ "/usr/lib/x86_64-linux-gnu/libshared-", ".so.1.2.3" },
		{ "/usr/bin/program-", "-with-a-name" },
		{ "/usr/lib/systemd/system/unit-", "-name.service" },
		{ "/usr/lib/modules/6.1.0-56-amd64/kernel/net/", ".ko" },
		{ "/usr/lib/python3/dist-packages/p", "/module.so" },
		{ "/etc/application-", "/settings.conf" },
	};
	const char *const *form = forms[i % ARRAY_LEN(forms)];

	return (size_t)snprintf(ret, 128, "%s%05zu%s", form[0], i, form[1]);
}

static void
put_field(struct buf *b, const void *p, size_t n)
{
	if (!buf_put_le32(b, (uint32_t)n) || !buf_put(b, bytes_of(p, n)))
		bench_die("IMA list: too long");
}

/* An entry of the template ima-ng, and what the kernel makes of the PCR. */
static void
put_entry(size_t i)
{
	struct buf data = BUF_INIT(4096), digest = BUF_INIT(64);
	struct buf *list = &ima.list;
	uint8_t h[HASH_SIZE_MAX];
	char path[128];
	size_t n = make_path(i, path);

	sha256(bytes_of(path, n), h);
	if (!buf_put(&digest, bytes_of("sha256:", 8)) ||
	    !buf_put(&digest, bytes_of(h, SHA256_SIZE)))
		bench_die("IMA list: too long");
	put_field(&data, digest.p, digest.len);
	put_field(&data, path, n + 1);
	hash_bytes(HASH_SHA1, buf_bytes(&data), h);
	if (!buf_put_le32(list, IMA_PCR) || !buf_put(list, bytes_of(h, 20)))
		bench_die("IMA list: too long");
	put_field(list, "ima-ng", 6);
	put_field(list, data.p, data.len);
	sha256(buf_bytes(&data), h);
	sha256_extend(ima.pcr, h, ima.pcr);
	ima.data[i].len = data.len;
	buf_free(&digest);
	buf_free(&data);
}

static void
write_file(char *path, struct bytes in)
{
	int fd;

	(void)snprintf(path, PATH_SIZE, "/tmp/bench-ima-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, in.p, in.len) != (ssize_t)in.len)
		bench_die("%s: %s", path, strerror(errno));
	(void)close(fd);
}

static void
make_evidence(void)
{
	struct buf pcrs = BUF_INIT(4096);
	char hex[2 * SHA256_SIZE + 1];
	size_t at = 0;

	ima.list = (struct buf)BUF_INIT(LIST_MAX);
	for (size_t i = 0; i < ENTRIES; i++)
		put_entry(i);
	for (size_t i = 0; i < ENTRIES; i++) {
		at += 4 + 20 + 4 + 6 + 4;
		ima.data[i].p = ima.list.p + at;
		at += ima.data[i].len;
	}
	write_file(ima.list_path, buf_bytes(&ima.list));
	hex_format(BYTES_OF_ARRAY(ima.pcr), hex);
	for (unsigned i = 0; i < 24; i++)
		(void)buf_printf(&pcrs, "PCR-%02u: %.*s\n", i, 64,
		    i == IMA_PCR ? hex
				 : "00000000000000000000000000000000"
				   "00000000000000000000000000000000");
	write_file(ima.pcrs_path, buf_bytes(&pcrs));
	(void)snprintf(ima.pcrs_option, sizeof(ima.pcrs_option), "sha256,%s",
	    ima.pcrs_path);
	buf_free(&pcrs);
}

int
main(int argc, char **argv)
{
	struct bench_side sides[] = { { .once = ours }, { .once = limit },
		{ .once = peer } };
	struct bench_row row = { "ima_replay_10k", "entry/s/core" };

	if (!bench_wanted(argc, argv, row.name))
		return 0;
	make_evidence();
	bench_run(sides, ARRAY_LEN(sides), ROUND_SECONDS);
	row.ours = ENTRIES * bench_rate(&sides[0]);
	row.limit = ENTRIES * bench_rate(&sides[1]);
	row.peer = ENTRIES * bench_rate(&sides[2]);
	row.peer_name = "evmctl ima_measurement";
	bench_print(&row);
	(void)unlink(ima.list_path);
	(void)unlink(ima.pcrs_path);
	return 0;
}
