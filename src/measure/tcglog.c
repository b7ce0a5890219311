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
/*
 * More zeros than this at a window's start are padding: no firmware writes
 * that many empty events of type 0.
 */
#define PADDING_SURE ((size_t)64 << 10)

const struct tcglog_limits tcglog_strict = {
	.events = TCGLOG_EVENTS_MAX,
	.data = TCGLOG_DATA_MAX,
};
const struct tcglog_limits tcglog_any = {
	.events = 1u << 24,
	.data = (size_t)4 << 20,
	.partial = true,
};

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
read_spec_id(struct reader *r, uint32_t pcr, struct tcglog *ret, struct diag *d)
{
	uint8_t minor, major, errata, uintn, vendor_len;
	uint32_t platform, n_algs;
	struct bytes vendor;
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
	if (!reader_u8(r, &vendor_len) ||
	    !reader_take(r, vendor_len, &vendor) || reader_left(r) != 0)
		return diag_fail(d, ERR_FORMAT,
		    "boot log: header's vendor information does not fit");
	/* Such a log has one bank, and its header stands in register 1. */
	ret->registers = n_algs == 1 && ret->algs[0].id == TPM_ALG_SHA384 &&
	    (pcr == 1 || bytes_equal_text(vendor, "td-shim"));
	return ERR_OK;
}

/* The data of any event; too long is told from cut, which may be read on. */
static int
read_data(const struct tcglog *log, struct reader *r, struct tcg_event *e,
    struct diag *d)
{
	struct reader t = *r;
	uint32_t size;
	bool whole = reader_le32(&t, &size); /* eventSize */

	if (!whole || size > log->limits.data ||
	    !reader_take(&t, size, &e->data)) /* event */
		return diag_fail(d,
		    whole && size > log->limits.data ? ERR_LIMIT : ERR_SHORT,
		    "boot log: event %u at byte %llu is cut or over %zu bytes",
		    e->index, (unsigned long long)e->offset, log->limits.data);
	*r = t;
	return ERR_OK;
}

static int
cut(const struct tcg_event *e, struct diag *d)
{
	return diag_fail(d, ERR_SHORT, "boot log: event %u at byte %llu is cut",
	    e->index, (unsigned long long)e->offset);
}

/* 10.2.1 TCG_PCR_EVENT: every log's first event has this form. */
static int
read_legacy_event(const struct tcglog *log, struct reader *r,
    struct tcg_event *e, struct diag *d)
{
	struct reader t = *r;
	struct bytes digest;
	int err;

	if (!reader_le32(&t, &e->pcr) ||          /* pcrIndex */
	    !reader_le32(&t, &e->type) ||         /* eventType */
	    !reader_take(&t, SHA1_SIZE, &digest)) /* digest */
		return cut(e, d);
	if ((err = read_data(log, &t, e, d)) < 0)
		return err;
	e->n_digests = 1;
	e->digests[0] = (struct tcg_digest){ TPM_ALG_SHA1, digest };
	*r = t;
	return ERR_OK;
}

int
tcglog_open(struct bytes in, struct tcglog *ret, struct diag *d)
{
	return tcglog_open_limited(in, &tcglog_strict, ret, d);
}

int
tcglog_open_limited(struct bytes in, const struct tcglog_limits *limits,
    struct tcglog *ret, struct diag *d)
{
	struct reader r = reader_of(in), header;
	struct tcglog log = { .in = in, .limits = *limits };
	struct tcg_event e = { 0 };
	struct bytes signature;
	int err;

	if (in.len == 0)
		return diag_fail(d, ERR_SHORT, "boot log: empty");
	if ((err = read_legacy_event(&log, &r, &e, d)) < 0)
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
		if ((err = read_spec_id(&header, e.pcr, &log, d)) < 0)
			return err;
	}
	*ret = log;
	return ERR_OK;
}

struct tcglog_iter
tcglog_iter(const struct tcglog *log)
{
	struct tcglog_iter it = { .log = log, .r = reader_of(log->in) };
	struct tcg_event header = { 0 };

	if (log->legacy)
		return it;
	BUG_ON(read_legacy_event(log, &it.r, &header, NULL) < 0);
	it.next = 1;
	return it;
}

void
tcglog_window(struct tcglog_iter *it, struct bytes window, bool more)
{
	it->base += it->r.off;
	it->r = reader_of(window);
	it->more = more;
}

uint64_t
tcglog_offset(const struct tcglog_iter *it)
{
	return it->base + it->r.off;
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

/* Once a window was full of padding, nothing else may follow. */
static int
read_padding(struct tcglog_iter *it, struct bytes rest, struct diag *d)
{
	if (rest.len != 0 && (!is_padding(rest) || rest.p[0] != it->fill))
		return diag_fail(d, ERR_FORMAT,
		    "boot log: events behind its padding");
	BUG_ON(!reader_skip(&it->r, rest.len));
	return it->more ? diag_fail(d, ERR_SHORT, "boot log: padding goes on")
			: diag_fail(d, ERR_NOT_FOUND, "boot log: end");
}

/* ERR_OK: an event is next. */
static int
at_end(struct tcglog_iter *it, struct diag *d)
{
	struct bytes rest =
	    bytes_of(it->r.in.p + it->r.off, reader_left(&it->r));

	if (it->padding)
		return read_padding(it, rest, d);
	if (rest.len != 0 && !is_padding(rest))
		return ERR_OK;
	if (!it->more)
		return diag_fail(d, ERR_NOT_FOUND, "boot log: end");
	if (rest.len < PADDING_SURE)
		return diag_fail(d, ERR_SHORT, "boot log: the window ends");
	it->padding = true;
	it->fill = rest.p[0];
	return read_padding(it, rest, d);
}

/* One digest per bank: a missing one would replay differently there. */
static bool
count_fits(const struct tcglog *log, uint32_t n)
{
	return n == log->n_algs ||
	    (log->limits.partial && n != 0 && n < log->n_algs);
}

static int
read_digests(const struct tcglog *log, struct reader *r, struct tcg_event *e,
    struct diag *d)
{
	uint32_t n;
	uint16_t id, size;

	if (!reader_le32(r, &n))
		return cut(e, d);
	if (!count_fits(log, n))
		return diag_fail(d, ERR_FORMAT,
		    "boot log: event %u at byte %llu has %u digests, not %zu",
		    e->index, (unsigned long long)e->offset, n, log->n_algs);
	for (e->n_digests = 0; e->n_digests < n; e->n_digests++) {
		struct tcg_digest *one = &e->digests[e->n_digests];

		if (!reader_le16(r, &id))
			return cut(e, d);
		size = size_in_log(log, id);
		if (size == 0 || tcg_event_digest(e, id).len != 0)
			return diag_fail(d, ERR_FORMAT,
			    "boot log: event %u at byte %llu: algorithm 0x%04x "
			    "%s",
			    e->index, (unsigned long long)e->offset, id,
			    size == 0 ? "is not in the header" : "twice");
		if (!reader_take(r, size, &one->digest))
			return cut(e, d);
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
		return cut(e, d);
	if ((err = read_digests(log, &t, e, d)) < 0 ||
	    (err = read_data(log, &t, e, d)) < 0)
		return err;
	*r = t;
	return ERR_OK;
}

int
tcglog_next(struct tcglog_iter *it, struct tcg_event *ret, struct diag *d)
{
	struct tcg_event e = { .index = it->next, .offset = tcglog_offset(it) };
	int err;

	if ((err = at_end(it, d)) < 0)
		return err;
	if (it->next >= it->log->limits.events)
		return diag_fail(d, ERR_LIMIT, "boot log: over %u events",
		    it->log->limits.events);
	if (it->log->legacy)
		err = read_legacy_event(it->log, &it->r, &e, d);
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

void
tcglog_register_name(const struct tcglog *log, uint32_t index,
    char ret[static TCGLOG_REGISTER_SIZE])
{
	if (index == UINT32_MAX)
		(void)snprintf(ret, TCGLOG_REGISTER_SIZE, "no PCR");
	else if (log->registers && index == 0)
		(void)snprintf(ret, TCGLOG_REGISTER_SIZE, "MRTD");
	else if (log->registers)
		(void)snprintf(ret, TCGLOG_REGISTER_SIZE, "RTMR %u", index - 1);
	else
		(void)snprintf(ret, TCGLOG_REGISTER_SIZE, "PCR %u", index);
}

const char *
tcg_event_type_name(uint32_t type, char *ret, size_t size)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ EV_PREBOOT_CERT, "EV_PREBOOT_CERT" },
		{ EV_POST_CODE, "EV_POST_CODE" },
		{ EV_NO_ACTION, "EV_NO_ACTION" },
		{ EV_SEPARATOR, "EV_SEPARATOR" },
		{ EV_ACTION, "EV_ACTION" },
		{ EV_EVENT_TAG, "EV_EVENT_TAG" },
		{ EV_S_CRTM_CONTENTS, "EV_S_CRTM_CONTENTS" },
		{ EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION" },
		{ EV_CPU_MICROCODE, "EV_CPU_MICROCODE" },
		{ EV_PLATFORM_CONFIG_FLAGS, "EV_PLATFORM_CONFIG_FLAGS" },
		{ EV_TABLE_OF_DEVICES, "EV_TABLE_OF_DEVICES" },
		{ EV_COMPACT_HASH, "EV_COMPACT_HASH" },
		{ EV_IPL, "EV_IPL" },
		{ EV_IPL_PARTITION_DATA, "EV_IPL_PARTITION_DATA" },
		{ EV_NONHOST_CODE, "EV_NONHOST_CODE" },
		{ EV_NONHOST_CONFIG, "EV_NONHOST_CONFIG" },
		{ EV_NONHOST_INFO, "EV_NONHOST_INFO" },
		{ EV_OMIT_BOOT_DEVICE_EVENTS, "EV_OMIT_BOOT_DEVICE_EVENTS" },
		{ EV_EFI_VARIABLE_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
		{ EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT" },
		{ EV_EFI_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ EV_EFI_BOOT_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER" },
		{ EV_EFI_RUNTIME_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
		{ EV_EFI_GPT, "EV_EFI_GPT_EVENT" },
		{ EV_EFI_ACTION, "EV_EFI_ACTION" },
		{ EV_EFI_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
		{ EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES" },
		{ EV_EFI_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
		{ EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2" },
		{ EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2" },
		{ EV_EFI_GPT2, "EV_EFI_GPT_EVENT2" },
		{ EV_EFI_HCRTM, "EV_EFI_HCRTM_EVENT" },
		{ EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY" },
		{ EV_EFI_SPDM_FIRMWARE_BLOB, "EV_EFI_SPDM_FIRMWARE_BLOB" },
		{ EV_EFI_SPDM_FIRMWARE_CONFIG, "EV_EFI_SPDM_FIRMWARE_CONFIG" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].type == type)
			return names[i].name;
	(void)snprintf(ret, size, "event type 0x%x", type);
	return ret;
}
