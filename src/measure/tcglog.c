/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG PC Client Platform Firmware Profile 1.05, 10.2: TCG_PCR_EVENT2 behind a
 * TCG_EfiSpecIDEvent, or TCG_PCR_EVENT. All integers are little-endian.
 */
#include "measure/tcglog.h"

#include <stdio.h>

#include "crypto/hash.h"
#include "tpm/types.h"

#define SPEC_ID_03 "Spec ID Event03"
#define SHA1_SIZE  20

/* Part 2 of the TPM specification, 6.3, and each algorithm's digest size. */
static const struct tcglog_alg known[] = {
	{ TPM_ALG_SHA1, 20 }, { TPM_ALG_SHA256, 32 }, { TPM_ALG_SHA384, 48 },
	{ TPM_ALG_SHA512, 64 }, { TPM_ALG_SM3_256, 32 },
	{ 0x0027, 32 }, /* SHA3-256 */
	{ 0x0028, 48 }, /* SHA3-384 */
	{ 0x0029, 64 }, /* SHA3-512 */
};

static uint16_t
known_size(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].id == id)
			return known[i].size;
	return 0;
}

static uint16_t
size_in_log(const struct tcglog *log, uint16_t id)
{
	for (size_t i = 0; i < log->n_algs; i++)
		if (log->algs[i].id == id)
			return log->algs[i].size;
	return 0;
}

bool
tcglog_has_bank(const struct tcglog *log, uint16_t alg)
{
	return size_in_log(log, alg) != 0;
}

static int
read_algs(struct reader *r, uint32_t n, struct tcglog *ret, struct diag *d)
{
	struct tcglog_alg a;

	if (n == 0 || n > TCGLOG_ALGS_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "boot log: %u algorithms in the header, 1-%d allowed", n,
		    TCGLOG_ALGS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		if (!reader_le16(r, &a.id) || !reader_le16(r, &a.size))
			return diag_fail(d, ERR_SHORT,
			    "boot log: header ends in its algorithms");
		/* A size that is not ours would shift every later event. */
		if (known_size(a.id) == 0 || a.size != known_size(a.id))
			return diag_fail(d, ERR_UNSUPPORTED,
			    "boot log: algorithm 0x%04x with digests of %u "
			    "bytes",
			    a.id, a.size);
		if (size_in_log(ret, a.id) != 0)
			return diag_fail(d, ERR_FORMAT,
			    "boot log: algorithm 0x%04x twice in the header",
			    a.id);
		ret->algs[ret->n_algs++] = a;
	}
	return ERR_OK;
}

/* 10.4.5.1 TCG_EfiSpecIDEvent, behind its signature. */
static int
read_spec_id(struct reader *r, struct tcglog *ret, struct diag *d)
{
	uint8_t minor, major, errata, uintn, vendor_len;
	uint32_t platform, n_algs;
	int e;

	if (!reader_le32(r, &platform) || /* platformClass */
	    !reader_u8(r, &minor) ||      /* specVersionMinor */
	    !reader_u8(r, &major) ||      /* specVersionMajor */
	    !reader_u8(r, &errata) ||     /* specErrata */
	    !reader_u8(r, &uintn) ||      /* uintnSize */
	    !reader_le32(r, &n_algs))     /* numberOfAlgorithms */
		return diag_fail(d, ERR_SHORT, "boot log: header too short");
	if (major != 2 || minor != 0)
		return diag_fail(d, ERR_UNSUPPORTED,
		    "boot log: header of version %u.%u, not 2.0", major, minor);
	if ((e = read_algs(r, n_algs, ret, d)) < 0)
		return e;
	if (!reader_u8(r, &vendor_len) || !reader_skip(r, vendor_len) ||
	    reader_left(r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "boot log: header's vendor information does not fit");
	return ERR_OK;
}

/* 10.2.1 TCG_PCR_EVENT: every log's first event has this form. */
static int
read_legacy_event(struct reader *r, struct tcg_event *e, struct diag *d)
{
	struct reader t = *r;
	struct bytes digest;

	if (!reader_le32(&t, &e->pcr) ||                      /* pcrIndex */
	    !reader_le32(&t, &e->type) ||                     /* eventType */
	    !reader_take(&t, SHA1_SIZE, &digest) ||           /* digest */
	    !reader_le32_blob(&t, TCGLOG_DATA_MAX, &e->data)) /* event */
		return diag_fail(d, ERR_SHORT,
		    "boot log: event %u at byte %zu is cut or over %zu bytes",
		    e->index, r->off, TCGLOG_DATA_MAX);
	e->n_digests = 1;
	e->digests[0] = (struct tcg_digest){ TPM_ALG_SHA1, digest };
	*r = t;
	return ERR_OK;
}

int
tcglog_open(struct bytes in, struct tcglog *ret, struct diag *d)
{
	struct reader r = reader_of(in), header;
	struct tcglog log = { .in = in };
	struct tcg_event e = { 0 };
	struct bytes signature;
	int err;

	if (in.len == 0)
		return diag_fail(d, ERR_SHORT, "boot log: empty");
	if ((err = read_legacy_event(&r, &e, d)) < 0)
		return err;

	header = reader_of(e.data);
	/* The index is 0 here, 1 in logs of confidential guests. */
	log.legacy = e.type != EV_NO_ACTION ||
	    !reader_take(&header, sizeof(SPEC_ID_03), &signature) ||
	    !bytes_equal(signature, BYTES_OF_ARRAY(SPEC_ID_03));
	if (log.legacy) {
		log.algs[0] = known[0];
		log.n_algs = 1;
	} else {
		if (!bytes_all_zero(e.digests[0].digest))
			return diag_fail(d, ERR_FORMAT,
			    "boot log: the header's digest is not zero");
		if ((err = read_spec_id(&header, &log, d)) < 0)
			return err;
	}
	*ret = log;
	return ERR_OK;
}

struct tcglog_iter
tcglog_iter(const struct tcglog *log)
{
	struct tcglog_iter it = { log, reader_of(log->in), 0 };
	struct tcg_event header;

	if (log->legacy)
		return it;
	BUG_ON(read_legacy_event(&it.r, &header, NULL) < 0);
	it.next = 1;
	return it;
}

/* Buffers that hold a log are larger than it: zeros, or erased flash. */
static bool
is_padding(struct bytes rest)
{
	for (size_t i = 1; i < rest.len; i++)
		if (rest.p[i] != rest.p[0])
			return false;
	return rest.p[0] == 0 || rest.p[0] == 0xff;
}

static int
read_digests(const struct tcglog *log, struct reader *r, struct tcg_event *e,
    struct diag *d)
{
	uint32_t n;
	uint16_t id, size;

	if (!reader_le32(r, &n))
		return diag_fail(d, ERR_SHORT,
		    "boot log: event %u at byte %zu is cut", e->index,
		    e->offset);
	/* One digest per bank: a missing one would replay differently there. */
	if (n != log->n_algs)
		return diag_fail(d, ERR_FORMAT,
		    "boot log: event %u at byte %zu has %u digests, not %zu",
		    e->index, e->offset, n, log->n_algs);
	for (e->n_digests = 0; e->n_digests < n; e->n_digests++) {
		struct tcg_digest *one = &e->digests[e->n_digests];

		if (!reader_le16(r, &id))
			return diag_fail(d, ERR_SHORT,
			    "boot log: event %u at byte %zu is cut", e->index,
			    e->offset);
		size = size_in_log(log, id);
		if (size == 0 || tcg_event_digest(e, id).len != 0)
			return diag_fail(d, ERR_FORMAT,
			    "boot log: event %u at byte %zu: algorithm 0x%04x "
			    "%s",
			    e->index, e->offset, id,
			    size == 0 ? "is not in the header" : "twice");
		if (!reader_take(r, size, &one->digest))
			return diag_fail(d, ERR_SHORT,
			    "boot log: event %u at byte %zu is cut", e->index,
			    e->offset);
		one->alg = id;
	}
	return ERR_OK;
}

/* 10.2.2 TCG_PCR_EVENT2 */
static int
read_event2(const struct tcglog *log, struct reader *r, struct tcg_event *e,
    struct diag *d)
{
	struct reader t = *r;
	int err;

	if (!reader_le32(&t, &e->pcr) || /* pcrIndex */
	    !reader_le32(&t, &e->type))  /* eventType */
		return diag_fail(d, ERR_SHORT,
		    "boot log: event %u at byte %zu is cut", e->index, r->off);
	if ((err = read_digests(log, &t, e, d)) < 0)
		return err;
	if (!reader_le32_blob(&t, TCGLOG_DATA_MAX, &e->data))
		return diag_fail(d, ERR_SHORT,
		    "boot log: event %u at byte %zu is cut or over %zu bytes",
		    e->index, r->off, TCGLOG_DATA_MAX);
	*r = t;
	return ERR_OK;
}

int
tcglog_next(struct tcglog_iter *it, struct tcg_event *ret, struct diag *d)
{
	struct tcg_event e = { .index = it->next, .offset = it->r.off };
	struct bytes rest;
	int err;

	rest = bytes_of(it->log->in.p + it->r.off, reader_left(&it->r));
	if (rest.len == 0 || is_padding(rest))
		return diag_fail(d, ERR_NOT_FOUND, "boot log: end");
	if (it->next >= TCGLOG_EVENTS_MAX)
		return diag_fail(d, ERR_LIMIT, "boot log: over %d events",
		    TCGLOG_EVENTS_MAX);
	if (it->log->legacy)
		err = read_legacy_event(&it->r, &e, d);
	else
		err = read_event2(it->log, &it->r, &e, d);
	if (err < 0)
		return err;
	it->next++;
	*ret = e;
	return ERR_OK;
}

void
tcg_event_hash(struct tcg_event *e)
{
	uint8_t digest[SHA256_SIZE];

	sha256(e->data, digest);
	e->hashed = bytes_equal(BYTES_OF_ARRAY(digest),
	    tcg_event_digest(e, TPM_ALG_SHA256));
}

struct bytes
tcg_event_digest(const struct tcg_event *e, uint16_t alg)
{
	for (size_t i = 0; i < e->n_digests; i++)
		if (e->digests[i].alg == alg)
			return e->digests[i].digest;
	return BYTES_NONE;
}

const char *
tcg_event_type_name(uint32_t type, char *ret, size_t size)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ 0x01, "EV_POST_CODE" },
		{ EV_NO_ACTION, "EV_NO_ACTION" },
		{ EV_SEPARATOR, "EV_SEPARATOR" },
		{ 0x05, "EV_ACTION" },
		{ EV_EVENT_TAG, "EV_EVENT_TAG" },
		{ 0x07, "EV_S_CRTM_CONTENTS" },
		{ 0x08, "EV_S_CRTM_VERSION" },
		{ 0x0a, "EV_TABLE_OF_DEVICES" },
		{ EV_IPL, "EV_IPL" },
		{ 0x11, "EV_NONHOST_INFO" },
		{ EV_EFI_VARIABLE_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
		{ EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT" },
		{ EV_EFI_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ 0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER" },
		{ 0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
		{ EV_EFI_GPT, "EV_EFI_GPT_EVENT" },
		{ EV_EFI_ACTION, "EV_EFI_ACTION" },
		{ 0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
		{ 0x80000009, "EV_EFI_HANDOFF_TABLES" },
		{ 0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
		{ 0x8000000b, "EV_EFI_HANDOFF_TABLES2" },
		{ 0x8000000c, "EV_EFI_VARIABLE_BOOT2" },
		{ EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].type == type)
			return names[i].name;
	(void)snprintf(ret, size, "event type 0x%x", type);
	return ret;
}
