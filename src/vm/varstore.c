/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/varstore.h"

#include "base/reader.h"

#define GUID_SIZE         16
#define FV_HEADER_SIZE    72 /* with a block map of one entry and its end */
#define FV_REVISION       2
#define STORE_HEADER_SIZE 28
#define STORE_FORMATTED   0x5a
#define STORE_HEALTHY     0xfe
#define WORK_HEADER_SIZE  32
#define BLOCK_SIZE        4096
#define ERASED            0xff

/* EFI_SYSTEM_NV_DATA_FV_GUID fff12b8d-7696-4c8b-a985-2747075b4f50 */
static const uint8_t GUID_NV_DATA[GUID_SIZE] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96,
	0x76, 0x8b, 0x4c, 0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50 };
/* gEfiAuthenticatedVariableGuid aaf32c78-947b-439a-a180-2e144ec37792 */
static const uint8_t GUID_AUTH_STORE[GUID_SIZE] = { 0x78, 0x2c, 0xf3, 0xaa,
	0x7b, 0x94, 0x9a, 0x43, 0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77,
	0x92 };
/* gEdkiiWorkingBlockSignatureGuid 9e58292b-7c68-497d-a0ce-6500fd9f1b95 */
static const uint8_t GUID_WORKING_BLOCK[GUID_SIZE] = { 0x2b, 0x29, 0x58, 0x9e,
	0x68, 0x7c, 0x7d, 0x49, 0xa0, 0xce, 0x65, 0x00, 0xfd, 0x9f, 0x1b,
	0x95 };

static bool
is_guid(struct bytes b, const uint8_t guid[static GUID_SIZE])
{
	return bytes_equal(b, bytes_of(guid, GUID_SIZE));
}

static bool
is_erased(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.len; i++)
		if (b.p[i] != ERASED)
			return false;
	return true;
}

/* PI 1.7 Vol. 3 3.2.1: the header's 16-bit words add up to zero. */
static bool
header_sum_good(struct bytes header)
{
	struct reader r = reader_of(header);
	uint16_t sum = 0, word;

	while (reader_le16(&r, &word))
		sum = (uint16_t)(sum + word);
	return sum == 0;
}

/*
 * EFI_FIRMWARE_VOLUME_HEADER (PI 1.7 Vol. 3 3.2.1). The volume must be all of
 * the template: what is behind it would be nobody's.
 */
static int
volume_parse(struct reader *r, struct diag *d)
{
	struct bytes zero, guid, sign;
	uint64_t length;
	uint32_t attributes, n_blocks, block, end_blocks, end_block;
	uint16_t header_len, sum, ext;
	uint8_t reserved, revision;

	if (!reader_take(r, 16, &zero) ||
	    !reader_take(r, GUID_SIZE, &guid) || /* FileSystemGuid */
	    !reader_le64(r, &length) ||          /* FvLength */
	    !reader_take(r, 4, &sign) ||         /* Signature */
	    !reader_le32(r, &attributes) ||      /* Attributes */
	    !reader_le16(r, &header_len) ||      /* HeaderLength */
	    !reader_le16(r, &sum) ||             /* Checksum */
	    !reader_le16(r, &ext) ||             /* ExtHeaderOffset */
	    !reader_u8(r, &reserved) ||          /* Reserved */
	    !reader_u8(r, &revision) ||          /* Revision */
	    !reader_le32(r, &n_blocks) ||        /* BlockMap[0] */
	    !reader_le32(r, &block) ||           /* .Length */
	    !reader_le32(r, &end_blocks) ||      /* BlockMap[1], the end */
	    !reader_le32(r, &end_block))
		return diag_fail(d, ERR_SHORT,
		    "varstore: no firmware volume header");

	if (!bytes_all_zero(zero) || !is_guid(guid, GUID_NV_DATA) ||
	    !bytes_equal_text(sign, "_FVH") || ext != 0 || reserved != 0 ||
	    revision != FV_REVISION || header_len != FV_HEADER_SIZE ||
	    end_blocks != 0 || end_block != 0)
		return diag_fail(d, ERR_FORMAT,
		    "varstore: not a firmware volume for variables");
	if (!header_sum_good(bytes_of(r->in.p, FV_HEADER_SIZE)))
		return diag_fail(d, ERR_FORMAT,
		    "varstore: the firmware volume header's sum is wrong");
	if (length != r->in.len || (uint64_t)n_blocks * block != length)
		return diag_fail(d, ERR_FORMAT,
		    "varstore: the firmware volume is not %zu bytes long",
		    r->in.len);
	return ERR_OK;
}

/* VARIABLE_STORE_HEADER (edk2 VariableFormat.h) and what the store holds. */
static int
store_parse(struct reader *r, struct varstore *ret, struct bytes *ret_contents,
    struct diag *d)
{
	struct varstore s;
	struct bytes guid, contents;
	uint32_t size, reserved1;
	uint16_t reserved;
	uint8_t format, state;
	size_t start = r->off;

	if (!reader_take(r, GUID_SIZE, &guid) || !reader_le32(r, &size) ||
	    !reader_u8(r, &format) || !reader_u8(r, &state) ||
	    !reader_le16(r, &reserved) || !reader_le32(r, &reserved1))
		return diag_fail(d, ERR_SHORT, "varstore: no variable store");
	if (!is_guid(guid, GUID_AUTH_STORE) || format != STORE_FORMATTED ||
	    state != STORE_HEALTHY || reserved != 0 || reserved1 != 0)
		return diag_fail(d, ERR_FORMAT,
		    "varstore: not a store for authenticated variables");
	if (size < STORE_HEADER_SIZE ||
	    !reader_take(r, size - STORE_HEADER_SIZE, &contents))
		return diag_fail(d, ERR_FORMAT,
		    "varstore: a variable store of %u bytes does not fit",
		    size);
	s.at = start + STORE_HEADER_SIZE;
	s.end = start + size;
	if (s.end % BLOCK_SIZE != 0)
		return diag_fail(d, ERR_FORMAT,
		    "varstore: a variable store of %u bytes ends in a block",
		    size);
	*ret = s;
	*ret_contents = contents;
	return ERR_OK;
}

/*
 * Behind the store: an event log block and the fault-tolerant writer's working
 * and spare blocks. A pending write there would replace our variables at the
 * first boot, so only the writer's own header may stand there.
 */
static int
rest_parse(struct reader *r, struct diag *d)
{
	struct bytes block, guid;
	struct reader b;

	while (reader_left(r) > 0) {
		if (!reader_take(r,
			reader_left(r) < BLOCK_SIZE ? reader_left(r)
						    : BLOCK_SIZE,
			&block))
			return diag_fail(d, ERR_SHORT, "varstore: cut off");
		b = reader_of(block);
		if (reader_take(&b, GUID_SIZE, &guid) &&
		    is_guid(guid, GUID_WORKING_BLOCK) &&
		    reader_skip(&b, WORK_HEADER_SIZE - GUID_SIZE) &&
		    reader_take(&b, reader_left(&b), &block) &&
		    is_erased(block))
			continue;
		if (!is_erased(b.in))
			return diag_fail(d, ERR_FORMAT,
			    "varstore: something is written behind the store");
	}
	return ERR_OK;
}

static int
parse(struct reader *r, struct varstore *ret, struct bytes *ret_contents,
    struct diag *d)
{
	int err;

	if (r->in.len > VARSTORE_MAX)
		return diag_fail(d, ERR_LIMIT,
		    "varstore: a volume of %zu bytes, at most %zu", r->in.len,
		    VARSTORE_MAX);
	if ((err = volume_parse(r, d)) < 0)
		return err;
	return store_parse(r, ret, ret_contents, d);
}

int
varstore_parse(struct bytes in, struct varstore *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct bytes contents;

	return parse(&r, ret, &contents, d);
}

int
varstore_parse_blank(struct bytes in, struct varstore *ret, struct diag *d)
{
	struct reader r = reader_of(in);
	struct varstore s;
	struct bytes contents;
	int err;

	if ((err = parse(&r, &s, &contents, d)) < 0)
		return err;
	if (!is_erased(contents))
		return diag_fail(d, ERR_FORMAT,
		    "varstore: the template holds variables already");
	if ((err = rest_parse(&r, d)) < 0)
		return err;
	*ret = s;
	return ERR_OK;
}

/*
 * The fault-tolerant writer's header stays (the firmware expects it), its
 * records and the spare block go.
 */
int
varstore_settle(struct bytes in, struct buf *ret, struct diag *d)
{
	struct varstore s;
	size_t len = ret->len;
	int err;

	if ((err = varstore_parse(in, &s, d)) < 0)
		return err;
	buf_put(ret, bytes_of(in.p, s.end));
	for (size_t at = s.end; at < in.len; at += BLOCK_SIZE) {
		size_t i = 0, n = in.len - at;

		if (n > BLOCK_SIZE)
			n = BLOCK_SIZE;
		if (n > WORK_HEADER_SIZE &&
		    is_guid(bytes_of(in.p + at, GUID_SIZE), GUID_WORKING_BLOCK))
			for (; i < WORK_HEADER_SIZE; i++)
				buf_put_u8(ret, in.p[at + i]);
		for (; i < n; i++)
			buf_put_u8(ret, ERASED);
	}
	if ((err = buf_check(ret, "varstore: output", d)) < 0)
		ret->len = len;
	return err;
}
