/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/pcr.h"

#include "../hex.h"
#include "crypto/hash.h"

static void
test_masks(void)
{
	auto_buf struct buf b = BUF_INIT(64);
	uint8_t map[3];
	struct diag d = { 0 };
	unsigned pcr, bad = 0;

	for (pcr = 0; pcr < 32; pcr++) {
		uint32_t mask = 1u << pcr;

		if (pcr < PCR_COUNT) {
			pcr_mask_to_bytes(mask, map);
			bad += pcr_mask_from_bytes(map) != mask;
		}
		bad += (pcr_mask_check(mask, &d) == 0) != (pcr < 16);
	}
	CHECK(bad == 0, "T15 only PCRs 0 to 15 may be asked for (%s)", d.text);
	CHECK(pcr_mask_check(0, &d) == ERR_REFUSED &&
		d.reason == REASON_QuoteSelection,
	    "T12 none at all: refused (%s)", d.text);
	pcr_mask_to_bytes(0x00fbff, map);
	CHECK(map[0] == 0xff && map[1] == 0xfb && map[2] == 0,
	    "PCR 0 is the lowest bit of the first byte");
	CHECK(pcr_selection_put(&b, 0x00fbff) &&
		t_is_hex(buf_bytes(&b), "00000001000b03fffb00"),
	    "a TPML_PCR_SELECTION is written");
}

static void
test_digest(void)
{
	struct pcr_values values = { 0 };
	uint8_t digest[32], want[32], both[64];
	struct diag d;

	memset(values.v[3], 3, 32);
	memset(values.v[15], 15, 32);
	memset(both, 3, 32);
	memset(both + 32, 15, 32);
	sha256(BYTES_OF_ARRAY(both), want);
	CHECK(pcr_digest(&values, 1u << 3 | 1u << 15, digest, &d) == 0 &&
		bytes_equal(BYTES_OF_ARRAY(digest), BYTES_OF_ARRAY(want)),
	    "the digest is over the selected values, lowest first");
	CHECK(pcr_digest(&values, 1u << 16, digest, &d) == ERR_REFUSED,
	    "T15 with PCR 16: refused");
}

int
main(void)
{
	test_masks();
	test_digest();
	return t_done();
}
