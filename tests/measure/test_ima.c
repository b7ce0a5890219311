/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list as a whole: what a TPM held after it, windows of it, and what
 * changes to it lead to.
 */
#include "base/text.h"
#include "ima_list.h"
#include "measure/replay.h"

static struct list_buf good; /* four entries of three templates */
static size_t ends[4];
static struct list_result whole;

static void
make_good(void)
{
	static const uint8_t sum[] = "dddddddddddddddddddd";
	struct list_buf data = { 0 };
	uint8_t old[IMA_OLD_DATA_SIZE] = { 0 }, digest[HASH_SIZE_MAX];

	list_put_digest(&data, "sha256:", 32);
	LIST_PUT_TEXT(&data, "boot_aggregate\0");
	list_put_entry(&good, "ima-ng", &data);
	ends[0] = good.len;
	LIST_PUT_TEXT(&data, "SIG");
	list_put_entry(&good, "ima-sig", &data);
	ends[1] = good.len;
	/* "ima": the name is hashed with its padding, and written without. */
	memcpy(old, sum, 20);
	memcpy(old + 20, "/init", 5);
	hash_bytes(HASH_SHA1, BYTES_OF_ARRAY(old), digest);
	list_put_le32(&good, IMA_PCR);
	list_put(&good, digest, 20);
	LIST_PUT_TEXT(&good, "ima");
	list_put(&good, sum, 20);
	LIST_PUT_TEXT(&good, "/init");
	ends[2] = good.len;
	data.len = 0;
	list_put_digest(&data, "sha256:", 32);
	memset(data.p + 12, 0, 32);
	LIST_PUT_TEXT(&data, "/tmp/x\0");
	list_put_violation(&good, "ima-ng", &data);
	ends[3] = good.len;
	whole = list_of(&good);
}

static bool
same_pcr(const struct list_result *a, const struct list_result *b)
{
	return memcmp(a->pcr[HASH_SHA256], b->pcr[HASH_SHA256], 32) == 0;
}

static struct bytes
good_bytes(void)
{
	return bytes_of(good.p, good.len);
}

static void
test_good(void)
{
	uint8_t pcr[2 * SHA256_SIZE] = { 0 };
	struct ima_iter it;
	struct ima_entry e;

	CHECK(whole.err == ERR_NOT_FOUND && whole.n == 4 &&
		whole.n_violations == 1 && whole.n_mismatches == 0,
	    "a list of three templates and a violation: %s", whole.d.text);
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, good_bytes(), 70);
	for (size_t i = 0; i < 4; i++) {
		size_t start = i == 0 ? 0 : ends[i - 1];

		if (ima_next(&it, &e, NULL) < 0)
			t_bail("entry %zu", i);
		CHECK(e.index == 70 + i && e.offset == start &&
			e.raw.len == ends[i] - start && it.off == ends[i],
		    "entry %zu has its place", i);
		if (e.violation)
			memset(pcr + SHA256_SIZE, 0xff, SHA256_SIZE);
		else
			sha256(e.template_data, pcr + SHA256_SIZE);
		sha256(BYTES_OF_ARRAY(pcr), pcr);
		if (i == 2)
			CHECK(bytes_equal_text(e.name, "/init") &&
				e.digest.value.len == 20 &&
				e.template_data.len == 276,
			    "the first template's entry has digest and name");
	}
	CHECK(memcmp(pcr, whole.pcr[HASH_SHA256], SHA256_SIZE) == 0,
	    "T43: the SHA-256 bank gets SHA-256 of the data, and 0xff for a "
	    "violation");
}

static bool
reads_to_end(const uint8_t *p, size_t n, void *arg)
{
	struct list_result r = list_walk(IMA_BINARY, HASH_SHA1, bytes_of(p, n));
	size_t i;

	(void)arg;
	if (r.err == ERR_SHORT || n == 0)
		return false;
	/* A list that ends between entries is one, of another PCR. */
	for (i = 0; i < 4 && ends[i] != n; i++)
		;
	return r.err != ERR_NOT_FOUND || i == 4 || same_pcr(&r, &whole);
}

/* Found by a digest, or another PCR: what the host says is not believed. */
static bool
goes_unseen(const uint8_t *p, size_t n, void *arg)
{
	struct list_result r = list_walk(IMA_BINARY, HASH_SHA1, bytes_of(p, n));

	(void)arg;
	return r.err == ERR_NOT_FOUND && r.n_mismatches == 0 && r.n == 4 &&
	    same_pcr(&r, &whole);
}

static void
test_changes(void)
{
	struct list_buf other = { 0 };
	struct list_result r;
	size_t i, unseen = 0, covered = ends[2];

	CHECK(t_truncations(good.p, good.len, reads_to_end, NULL) == 0,
	    "T42: truncated list: cut in an entry it ends there, cut between "
	    "entries it makes another PCR");
	CHECK(!t_try(good.p, good.len - 1, goes_unseen, NULL) &&
		t_trailing(good.p, good.len, reads_to_end, NULL) == false,
	    "T42: a byte behind the last entry is the begin of another one");
	/* PCR indices, the template's name, all data and digests. */
	for (i = 0; i < covered * 8; i++) {
		memcpy(other.p, good.p, good.len);
		other.p[i / 8] ^= (uint8_t)(1u << (i % 8));
		if (!t_try(other.p, good.len, goes_unseen, NULL))
			continue;
		/* Its index only says which PCR the entry is of. */
		if (i / 8 == 0 || i / 8 == ends[0] || i / 8 == ends[1])
			continue;
		printf("# bit %zu of byte %zu goes unseen\n", i % 8, i / 8);
		unseen++;
	}
	CHECK(unseen == 0,
	    "T43: template hash is not of the data: no flipped bit of an "
	    "entry goes unseen");
	list_put(&other, good.p + ends[0], ends[1] - ends[0]);
	list_put(&other, good.p, ends[0]);
	list_put(&other, good.p + ends[1], good.len - ends[1]);
	r = list_of(&other);
	CHECK(r.err == ERR_NOT_FOUND && !same_pcr(&r, &whole),
	    "T42: reordered list: another PCR");
	other.len = 0;
	list_put(&other, good.p, ends[0]);
	list_put(&other, good.p, good.len);
	r = list_of(&other);
	CHECK(r.err == ERR_NOT_FOUND && r.n == 5 && !same_pcr(&r, &whole),
	    "T42: an entry twice: another PCR");
}

static void
test_limits(void)
{
	static struct ima_iter it;
	struct list_buf bad = good;
	struct list_result r;
	struct ima_entry e;
	struct diag d = { 0 };
	uint8_t *big = calloc(1, IMA_TEMPLATE_DATA_MAX + 100);
	size_t head = 4 + 20 + 4 + 6 + 4;

	if (big == NULL)
		t_bail("out of memory");
	bad.p[0] = 24;
	r = list_of(&bad);
	CHECK(r.err == ERR_FORMAT && r.n == 0, "PCR 24: refused: %s", r.d.text);
	memset(bad.p, 0xff, 4);
	r = list_of(&bad);
	CHECK(r.err == ERR_FORMAT, "PCR 0xffffffff: refused: %s", r.d.text);
	bad = good;
	memset(bad.p + 24, 0xff, 4);
	r = list_of(&bad);
	CHECK(r.err == ERR_LIMIT, "T49: a name of 2^32-1 bytes: refused: %s",
	    r.d.text);
	bad = good;
	memset(bad.p + head - 4, 0xff, 4);
	r = list_of(&bad);
	CHECK(r.err == ERR_LIMIT, "T49: data of 2^32-1 bytes: refused: %s",
	    r.d.text);
	/* A template of one buffer, "buf", at the limit. */
	big[0] = IMA_PCR;
	big[4] = 1;
	big[24] = 3;
	memcpy(big + 28, "buf", 3);
	big[33] = 0x10; /* 1 MiB */
	memcpy(big + 35, "\xfc\xff\x0f", 3);
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1,
	    bytes_of(big, 35 + IMA_TEMPLATE_DATA_MAX), 0);
	CHECK(ima_next(&it, &e, &d) == ERR_OK &&
		e.buf.len == IMA_TEMPLATE_DATA_MAX - 4,
	    "data of 1 MiB are read: %s", d.text);
	big[31] = 1;
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1,
	    bytes_of(big, 36 + IMA_TEMPLATE_DATA_MAX), 0);
	CHECK(ima_next(&it, &e, &d) == ERR_LIMIT && it.off == 0,
	    "T49: one byte more: refused: %s", d.text);
	free(big);
	bad = good;
	memset(bad.p + ends[1] + 4 + 20 + 4 + 3 + 20, 0, 4);
	bad.p[ends[1] + 4 + 20 + 4 + 3 + 21] = 1;
	r = list_of(&bad);
	CHECK(r.err == ERR_LIMIT && r.n == 2,
	    "a name of 256 bytes in the template ima: refused: %s", r.d.text);
}

/* By windows of this size, which grow where an entry does not fit. */
static bool
streams_in(size_t size)
{
	uint8_t pcr[SHA256_SIZE] = { 0 };
	static struct ima_iter it;
	struct ima_entry e;
	size_t from = 0, n = 0, room = size;
	uint64_t index = 0;

	while (from < good.len) {
		size_t len = good.len - from < room ? good.len - from : room;
		uint8_t *copy = malloc(len); /* to see who reads behind it */
		int err;

		if (copy == NULL)
			t_bail("out of memory");
		memcpy(copy, good.p + from, len);
		ima_iter_start(&it, IMA_BINARY, HASH_SHA1, bytes_of(copy, len),
		    index);
		while ((err = ima_next(&it, &e, NULL)) == ERR_OK) {
			if (e.index != index++)
				t_bail("index");
			ima_extend(HASH_SHA256, &e, pcr);
			n++;
		}
		free(copy);
		if (err != ERR_NOT_FOUND && err != ERR_SHORT)
			return false;
		room = it.off == 0 ? room + size : size;
		from += it.off;
	}
	return n == 4 && memcmp(pcr, whole.pcr[HASH_SHA256], 32) == 0;
}

static void
test_windows(void)
{
	size_t n_bad = 0;

	for (size_t size = 1; size <= good.len; size++)
		n_bad += streams_in(size) ? 0 : 1;
	CHECK(n_bad == 0,
	    "measurement list: iterative (incremental) lists keep PCR state: "
	    "windows of every size make the same PCR");
	CHECK(list_walk(IMA_BINARY, HASH_SHA1, BYTES_NONE).err == ERR_NOT_FOUND,
	    "measurement list: empty increment");
}

/* PCR n of a file of lines "0 <64 hex>". */
static bool
pcr_of(const char *text, unsigned pcr, uint8_t ret[32])
{
	char key[8];
	const char *at;

	(void)snprintf(key, sizeof(key), "\n%u ", pcr);
	at = pcr == 0 ? text + 2 : strstr(text, key);
	if (at == NULL)
		return false;
	at += pcr == 0 ? 0 : strlen(key);
	return hex_decode_fixed(bytes_of(at, 64), ret, 32, NULL) == ERR_OK;
}

static struct bytes
recording(const char *host, const char *name)
{
	char path[128];
	size_t n;
	uint8_t *p, *text;

	(void)snprintf(path, sizeof(path), "recordings/%s/%s", host, name);
	if ((p = t_corpus(path, &n)) == NULL)
		return BYTES_NONE;
	if ((text = calloc(1, n + 1)) == NULL)
		t_bail("out of memory");
	memcpy(text, p, n);
	free(p);
	return bytes_of(list_keep(text, n + 1), n);
}

/* Whether a prefix of the list makes this value; how many entries. */
static bool
prefix_makes(struct bytes list, const uint8_t want[static 32], size_t *ret_n)
{
	static struct ima_iter it;
	uint8_t pcr[SHA256_SIZE] = { 0 };
	struct ima_entry e;
	size_t n = 0;

	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, list, 0);
	while (ima_next(&it, &e, NULL) == ERR_OK) {
		ima_extend(HASH_SHA256, &e, pcr);
		n++;
		if (memcmp(pcr, want, sizeof(pcr)) == 0) {
			*ret_n = n;
			return true;
		}
	}
	return false;
}

static void
check_host(const char *host)
{
	struct bytes list = recording(host, "binary_runtime_measurements");
	struct bytes text = recording(host, "ascii_runtime_measurements");
	struct bytes before = recording(host, "ima-before-quote");
	struct bytes quoted = recording(host, "quote.pcrs");
	struct bytes pcrs = recording(host, "pcr-sha256.txt");
	uint8_t values[10][SHA256_SIZE];
	struct list_result r, a, q;
	struct ima_iter it;
	struct ima_entry e;
	struct diag d = { 0 };
	size_t n = 0;

	if (list.len == 0 || pcrs.len == 0)
		return;
	r = list_walk(IMA_BINARY, HASH_SHA1, list);
	a = list_walk(IMA_ASCII, HASH_SHA1, text);
	q = list_walk(IMA_BINARY, HASH_SHA1, before);
	CHECK(r.err == ERR_NOT_FOUND && r.n > 270 && r.n_mismatches == 0,
	    "%s: %zu entries, each digest of its data", host, r.n);
	CHECK(a.err == ERR_NOT_FOUND && a.n == r.n && a.n_mismatches == 0 &&
		same_pcr(&a, &r),
	    "%s: the same list as text makes the same PCR", host);
	CHECK(q.err == ERR_NOT_FOUND &&
		memmem(quoted.p, quoted.len, q.pcr[HASH_SHA256], 32) != NULL,
	    "%s: PCR 10 as it was quoted after %zu entries", host, q.n);
	CHECK(prefix_makes(list, q.pcr[HASH_SHA256], &n) && n == q.n,
	    "%s: a list longer than the quote has it on its way", host);
	CHECK(!prefix_makes(bytes_of(before.p, q.last.offset),
		  q.pcr[HASH_SHA256], &n),
	    "T42: %s: list shorter than the quote does not make it", host);
	for (unsigned i = 0; i < 10; i++)
		if (!pcr_of((const char *)pcrs.p, i, values[i]))
			t_bail("%s: PCR %u", host, i);
	ima_iter_start(&it, IMA_BINARY, HASH_SHA1, list, 0);
	if (ima_next(&it, &e, &d) < 0)
		t_bail("%s: %s", host, d.text);
	CHECK(ima_boot_aggregate_check(&e, HASH_SHA256, BYTES_OF_ARRAY(values),
		  &d) == ERR_OK,
	    "T44: %s: boot_aggregate is of PCR 0 to 9: %s", host, d.text);
	values[9][0] ^= 1;
	CHECK(ima_boot_aggregate_check(&e, HASH_SHA256, BYTES_OF_ARRAY(values),
		  &d) == ERR_REFUSED,
	    "T44: %s: other PCRs: refused: %s", host, d.text);
	CHECK(ima_boot_aggregate_check(&e, HASH_SHA1, BYTES_OF_ARRAY(values),
		  &d) == ERR_REFUSED,
	    "T44: %s: another bank: refused: %s", host, d.text);
	if (ima_next(&it, &e, &d) < 0)
		t_bail("%s: %s", host, d.text);
	CHECK(ima_boot_aggregate_check(&e, HASH_SHA256, BYTES_OF_ARRAY(values),
		  &d) == ERR_REFUSED,
	    "T44: %s: another entry: refused: %s", host, d.text);
}

/* ima-evm-utils' own sample: a log and the entry that IMA made after it. */
static void
test_evm_sample(void)
{
	size_t n_log, n_list;
	uint8_t *log = t_corpus("eventlog/linux_ima_evm_pcrs89.bin", &n_log);
	uint8_t *list = t_corpus("ima/ascii_evm_pcrs89.txt", &n_list);
	static struct ima_scratch scratch;
	struct ima_iter it;
	struct ima_entry e;
	struct replay r;
	struct tcglog l;
	struct diag d = { 0 };

	if (log == NULL || list == NULL)
		return;
	ima_iter_start(&it, IMA_ASCII, HASH_SHA1, bytes_of(list, n_list), 0);
	ima_iter_scratch(&it, &scratch);
	if (tcglog_open(bytes_of(log, n_log), &l, &d) < 0 ||
	    replay_log(&l, &r, &d) < 0 || ima_next(&it, &e, &d) < 0)
		t_bail("%s", d.text);
	CHECK(ima_boot_aggregate_check(&e, HASH_SHA256,
		  bytes_of(r.pcrs.v, sizeof(r.pcrs.v)), &d) == ERR_OK,
	    "T44: boot_aggregate over PCR 8 and 9 too, as ima-evm-utils has "
	    "it: %s",
	    d.text);
	free(log);
	free(list);
}

int
main(void)
{
	static const char *const hosts[] = { "host-clean-1",
		"host-added-binary", "host-appraise-enforced",
		"host-secureboot-off-grub", "host-uki-clean",
		"host-uki-luks-root", "host-uki-secureboot-off" };

	make_good();
	test_good();
	test_changes();
	test_limits();
	test_windows();
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		check_host(hosts[i]);
	test_evm_sample();
	return t_done();
}
