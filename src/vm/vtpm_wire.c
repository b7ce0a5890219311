/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/vtpm_wire.h"

#include "base/reader.h"

#define TAG_PLAIN    0x8001 /* TPM_ST_NO_SESSIONS */
#define TAG_SESSIONS 0x8002
#define NAME_MAX     64
#define WRITTEN      0x20000000U /* TPMA_NV_WRITTEN */

/* In the range of platform manufacturers. */
#define INDEX    0x01, 0x40, 0x53, 0x57
#define PLATFORM 0x40, 0x00, 0x00, 0x0c /* TPM_RH_PLATFORM */
/* A session that is the empty password: TPM_RS_PW. */
#define PASSWORD 0, 0, 0, 9, 0x40, 0x00, 0x00, 0x09, 0, 0, 0, 0, 0
/*
 * TPMS_NV_PUBLIC without its index and attributes: SHA-256; no policy, which
 * with TPMA_NV_POLICY_DELETE means that it cannot be removed; 8 bytes.
 */
#define NAME_ALG       0x00, 0x0b
#define POLICY_AND_LEN 0, 0, 0, 8
/* PPWRITE, TPM_NT_COUNTER, POLICY_DELETE, PPREAD, NO_DA, PLATFORMCREATE */
#define ATTRIBUTES     0x42010411U
#define ATTRIBUTES_RAW 0x42, 0x01, 0x04, 0x11

static const uint8_t startup[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0,
	0 };
static const uint8_t read_public[] = { 0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01,
	0x69, INDEX };
static const uint8_t define[] = { 0x80, 0x02, 0, 0, 0, 45, 0, 0, 0x01, 0x2a,
	PLATFORM, PASSWORD, 0, 0, 0, 14, INDEX, NAME_ALG, ATTRIBUTES_RAW,
	POLICY_AND_LEN };
static const uint8_t increment[] = { 0x80, 0x02, 0, 0, 0, 31, 0, 0, 0x01, 0x34,
	PLATFORM, INDEX, PASSWORD };
static const uint8_t read_count[] = { 0x80, 0x02, 0, 0, 0, 35, 0, 0, 0x01, 0x4e,
	PLATFORM, INDEX, PASSWORD, 0, 8, 0, 0 };
static const uint8_t shut_down[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x45,
	0, 0 };

static const struct {
	struct bytes bytes;
	uint16_t tag;
} requests[VTPM_N_REQUESTS] = {
	[VTPM_STARTUP] = { { startup, sizeof(startup) }, TAG_PLAIN },
	[VTPM_READ_PUBLIC] = { { read_public, sizeof(read_public) },
	    TAG_PLAIN },
	[VTPM_DEFINE] = { { define, sizeof(define) }, TAG_SESSIONS },
	[VTPM_INCREMENT] = { { increment, sizeof(increment) }, TAG_SESSIONS },
	[VTPM_READ] = { { read_count, sizeof(read_count) }, TAG_SESSIONS },
	[VTPM_SHUTDOWN] = { { shut_down, sizeof(shut_down) }, TAG_PLAIN },
};

struct bytes
vtpm_request_bytes(enum vtpm_request q)
{
	return requests[q].bytes;
}

static int
malformed(struct diag *d, const char *what)
{
	return diag_fail(d, ERR_FORMAT, "vtpm: its answer: %s", what);
}

static int
read_head(struct reader *r, uint16_t *ret_tag, uint32_t *ret_size,
    uint32_t *ret_code, struct diag *d)
{
	if (!reader_be16(r, ret_tag) || !reader_be32(r, ret_size) ||
	    !reader_be32(r, ret_code))
		return malformed(d, "too short");
	if (*ret_size < VTPM_HEAD_SIZE || *ret_size > VTPM_ANSWER_MAX)
		return malformed(d, "its size");
	return ERR_OK;
}

int
vtpm_answer_size(struct bytes head, size_t *ret, struct diag *d)
{
	struct reader r = reader_of(head);
	uint32_t size, code;
	uint16_t tag;
	int e = read_head(&r, &tag, &size, &code, d);

	if (e == ERR_OK)
		*ret = size;
	return e;
}

/* TPM2B_NV_PUBLIC, TPM2B_NAME */
static bool
read_index(struct reader *r, struct vtpm_answer *ret)
{
	static const uint8_t index[] = { INDEX, NAME_ALG };
	static const uint8_t rest[] = { POLICY_AND_LEN };
	struct bytes area, name, head;
	uint32_t attributes;
	struct reader a;

	if (!reader_be16_blob(r, VTPM_ANSWER_MAX, &area) ||
	    !reader_be16_blob(r, NAME_MAX, &name))
		return false;
	a = reader_of(area);
	if (!reader_take(&a, sizeof(index), &head) ||
	    !reader_be32(&a, &attributes))
		return false;
	ret->written = (attributes & WRITTEN) != 0;
	ret->ours = bytes_equal(head, BYTES_OF_ARRAY(index)) &&
	    (attributes & ~WRITTEN) == ATTRIBUTES &&
	    bytes_equal(bytes_of(area.p + a.off, reader_left(&a)),
		BYTES_OF_ARRAY(rest));
	return true;
}

/* TPM2B_MAX_NV_BUFFER */
static bool
read_counter(struct reader *r, struct vtpm_answer *ret)
{
	uint16_t size;

	return reader_be16(r, &size) && size == sizeof(ret->count) &&
	    reader_be64(r, &ret->count);
}

/* Parameters behind their length, then what a password session answers. */
static bool
read_sessions(struct reader *r, struct bytes *ret_parameters)
{
	static const uint8_t want[] = { 0, 0, 1, 0, 0 };
	struct bytes session;

	return reader_be32_blob(r, VTPM_ANSWER_MAX, ret_parameters) &&
	    reader_take(r, sizeof(want), &session) &&
	    bytes_equal(session, BYTES_OF_ARRAY(want)) && reader_left(r) == 0;
}

static bool
read_parameters(enum vtpm_request q, struct bytes in, struct vtpm_answer *ret)
{
	struct reader r = reader_of(in);

	if (q == VTPM_READ_PUBLIC && !read_index(&r, ret))
		return false;
	if (q == VTPM_READ && !read_counter(&r, ret))
		return false;
	return reader_left(&r) == 0;
}

int
vtpm_answer_parse(enum vtpm_request q, struct bytes in, struct vtpm_answer *ret,
    struct diag *d)
{
	struct vtpm_answer a = { 0 };
	struct reader r = reader_of(in);
	struct bytes parameters;
	uint32_t size;
	uint16_t tag;
	int e = read_head(&r, &tag, &size, &a.code, d);

	if (e < 0)
		return e;
	if (size != in.len)
		return malformed(d, "its size");
	if (tag != (a.code == 0 ? requests[q].tag : TAG_PLAIN))
		return malformed(d, "its tag");
	if (a.code != 0 && reader_left(&r) != 0)
		return malformed(d, "more than a code");
	if (a.code == 0) {
		parameters = bytes_of(in.p + r.off, reader_left(&r));
		if (tag == TAG_SESSIONS && !read_sessions(&r, &parameters))
			return malformed(d, "its session");
		if (!read_parameters(q, parameters, &a))
			return malformed(d, "its parameters");
	}
	*ret = a;
	return ERR_OK;
}
