/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transcript's digest covers every byte of every member.
 */
#include "tpm/transcript.h"

#include "../hex.h"
#include "crypto/hash.h"

static void
digest_of(const struct transcript *t, uint8_t ret[static 32])
{
	if (transcript_digest(t, ret, NULL) < 0)
		t_bail("transcript");
}

int
main(void)
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct transcript t;
	uint8_t first[32], now[32], want[32], *p = (uint8_t *)&t;
	size_t i, at, covered = 0;

	memset(&t, 0x11, sizeof(t));
	digest_of(&t, first);
	for (i = 0; i < transcript_fields.n; i++) {
		const struct field *f = &transcript_fields.list[i];
		size_t n = f->type == FIELD_TYPE_U32 ? 4
		    : f->type == FIELD_TYPE_U64      ? 8
						     : f->max;
		bool all = true;

		if (f->type == FIELD_TYPE_BYTES)
			continue; /* the label, set by the function */
		for (at = 0; at < n; at++) {
			p[f->offset + at] ^= 1;
			digest_of(&t, now);
			all = all &&
			    !bytes_equal(BYTES_OF_ARRAY(now),
				BYTES_OF_ARRAY(first));
			p[f->offset + at] ^= 1;
		}
		covered += n;
		CHECK(all, "T03 any byte of %s changes the digest", f->name);
	}
	CHECK(covered == 8 * 32 + 2 * 34 + 12, "%zu bytes are covered",
	    covered);

	/* The byte form, written down once: doc/PROTOCOL.attestation. */
	buf_put_be32_blob(&b, bytes_of_text("shieldwall attest 1"));
	for (i = 0; i < covered; i++)
		buf_put_u8(&b, 0x11);
	sha256(buf_bytes(&b), want);
	CHECK(bytes_equal(BYTES_OF_ARRAY(first), BYTES_OF_ARRAY(want)),
	    "the byte form is the label and the members in order");
	return t_done();
}
