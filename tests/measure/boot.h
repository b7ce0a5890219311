/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded boots (tests/data/boot) and changes to their logs. What the TPM of
 * the recorded machine held is in pcr-sha256 and is the oracle.
 */
#ifndef TESTS_MEASURE_BOOT_H
#define TESTS_MEASURE_BOOT_H

#include "base/text.h"
#include "measure/findings.h"
#include "t.h"

struct boot {
	struct bytes log;
	struct bytes cmdline;
	struct pcr_values pcrs; /* of the TPM; 16-23 as after a reset */
};

/* Memory that lives as long as the test does. */
static inline void *
keep(size_t size)
{
	static struct kept {
		struct kept *before;
		uint64_t bytes[];
	} * last;
	struct kept *k = calloc(1, sizeof(*k) + size);

	if (k == NULL)
		t_bail("out of memory");
	k->before = last;
	last = k;
	return k->bytes;
}

static inline struct bytes
boot_file(const char *host, const char *name)
{
	char path[256];
	size_t n = 0;
	uint8_t *p, *kept;

	(void)snprintf(path, sizeof(path), "data/boot/%s/%s", host, name);
	p = t_load(path, &n);
	kept = keep(n + 1);
	memcpy(kept, p, n);
	free(p);
	return bytes_of(kept, n);
}

static inline struct boot
boot_load(const char *host)
{
	struct boot b = { 0 };
	struct bytes pcrs = boot_file(host, "pcr-sha256");
	struct replay start;
	size_t at = 0;

	replay_start(&start);
	b.pcrs = start.pcrs;
	b.log = boot_file(host, "binary_bios_measurements");
	b.cmdline = boot_file(host, "cmdline");
	/* Lines "0 <64 hex>" to "15 <64 hex>". */
	for (unsigned pcr = 0; pcr < 16; pcr++) {
		size_t hex = pcr < 10 ? 2 : 3;

		if (at + hex + 65 > pcrs.len ||
		    (unsigned)strtoul((const char *)pcrs.p + at, NULL, 10) !=
			pcr ||
		    hex_decode_fixed(bytes_of(pcrs.p + at + hex, 64),
			b.pcrs.v[pcr], 32, NULL) < 0)
			t_bail("%s: pcr-sha256: PCR %u", host, pcr);
		at += hex + 65;
	}
	return b;
}

/* All PCRs that a boot log makes: not 10 (IMA), not 15 (guard-early). */
static inline bool
pcrs_equal(const struct pcr_values *a, const struct pcr_values *b)
{
	for (unsigned i = 0; i < 15; i++)
		if (i != 10 && memcmp(a->v[i], b->v[i], 32) != 0)
			return false;
	return true;
}

static inline struct findings
measure_log_only(struct bytes log, struct bytes cmdline)
{
	static struct findings_store store;
	struct evidence_parts parts = { .boot_log = log,
		.command_line = cmdline };
	struct findings f;

	measure_evidence(&parts, &store, &f);
	return f;
}

/* A copy that may be changed; `room` more bytes behind it. */
static inline struct bytes
copy_of(struct bytes in, size_t room)
{
	uint8_t *p = keep(in.len + room);

	memcpy(p, in.p, in.len);
	return bytes_of(p, in.len);
}

static inline uint8_t *
at_byte(struct bytes b, size_t off)
{
	if (off >= b.len)
		t_bail("byte %zu of %zu", off, b.len);
	return (uint8_t *)(uintptr_t)b.p + off;
}

static inline void
put_le32(struct bytes b, size_t off, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		*at_byte(b, off + i) = (uint8_t)(v >> (8 * i));
}

/* The nth event (from 0) of this PCR; the test ends if there is none. */
static inline struct tcg_event
event_of(struct bytes log, uint32_t pcr, unsigned nth)
{
	struct tcglog l;
	struct tcglog_iter it;
	struct tcg_event e;

	if (tcglog_open(log, &l, NULL) < 0)
		t_bail("event_of: log");
	it = tcglog_iter(&l);
	while (tcglog_next(&it, &e, NULL) == ERR_OK)
		if (e.pcr == pcr && e.type != EV_NO_ACTION && nth-- == 0)
			return e;
	t_bail("event_of: PCR %u has no such event", pcr);
}

/* Where the parts of a crypto-agile event with one SHA-256 digest are. */
#define AT_TYPE   4
#define AT_COUNT  8
#define AT_ALG    12
#define AT_DIGEST 14
#define AT_SIZE   46
#define AT_DATA   50

/* One event with a SHA-256 digest, appended to p; returns its length. */
static inline size_t
put_event(uint8_t *p, uint32_t pcr, uint32_t type, const uint8_t *digest,
    struct bytes data)
{
	struct bytes head = bytes_of(p, AT_DATA + data.len);

	put_le32(head, 0, pcr);
	put_le32(head, AT_TYPE, type);
	put_le32(head, AT_COUNT, 1);
	p[AT_ALG] = 0x0b;
	p[AT_ALG + 1] = 0;
	if (digest != NULL)
		memcpy(p + AT_DIGEST, digest, 32);
	else
		sha256(data, p + AT_DIGEST);
	put_le32(head, AT_SIZE, (uint32_t)data.len);
	if (data.len != 0)
		memcpy(p + AT_DATA, data.p, data.len);
	return head.len;
}

/* The log with one more event before byte `at` (of an event's start). */
static inline struct bytes
insert_event(struct bytes log, size_t at, uint32_t pcr, uint32_t type,
    struct bytes data)
{
	size_t n = AT_DATA + data.len;
	uint8_t *p = keep(log.len + n);

	memcpy(p, log.p, at);
	(void)put_event(p + at, pcr, type, NULL, data);
	memcpy(p + at + n, log.p + at, log.len - at);
	return bytes_of(p, log.len + n);
}

/* The log without the event. */
static inline struct bytes
remove_event(struct bytes log, const struct tcg_event *e)
{
	size_t n = AT_DATA + e->data.len;
	uint8_t *p = keep(log.len);

	memcpy(p, log.p, e->offset);
	memcpy(p + e->offset, log.p + e->offset + n, log.len - e->offset - n);
	return bytes_of(p, log.len - n);
}

static inline bool
says(struct bytes text, const char *want)
{
	return text.p != NULL &&
	    memmem(text.p, text.len, want, strlen(want)) != NULL;
}

#endif
