/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transcript's digest covers every byte of every member.
 */
#include "tpm/transcript.h"

#include "../example.h"
#include "../hex.h"
#include "crypto/hash.h"

static void
digest_of(const struct transcript *t, uint8_t ret[static 32])
{
	if (transcript_digest(t, ret, NULL) < 0)
		t_bail("transcript");
}

/* The worked example of the document: a transcript and its digest. */
static void
test_example(void)
{
	auto_buf struct buf want = BUF_INIT(1024), want_digest = BUF_INIT(64);
	struct transcript t = { .pcr_mask = 0xfbff };
	uint8_t nothing[32], digest[32];

	t_example_n("PROTOCOL.attestation", 0, &want);
	t_example_n("PROTOCOL.attestation", 1, &want_digest);
	sha256(BYTES_NONE, nothing);
	memset(t.signer, 1, sizeof(t.signer));
	memset(t.nonce, 2, sizeof(t.nonce));
	memset(t.host_id, 3, sizeof(t.host_id));
	memset(t.ak_name, 4, sizeof(t.ak_name));
	memset(t.hk_name, 5, sizeof(t.hk_name));
	memcpy(t.ak_name, "\x00\x0b", 2);
	memcpy(t.hk_name, "\x00\x0b", 2);
	memcpy(t.boot_log, nothing, 32);
	memcpy(t.ima_log, nothing, 32);
	memcpy(t.command_line, nothing, 32);
	memcpy(t.pcr15, nothing, 32);
	digest_of(&t, digest);
	CHECK(bytes_equal(BYTES_OF_ARRAY(digest), buf_bytes(&want_digest)),
	    "a transcript has the documented digest");
	t.exporter[31] ^= 1;
	digest_of(&t, digest);
	CHECK(!bytes_equal(BYTES_OF_ARRAY(digest), buf_bytes(&want_digest)),
	    "T27 evidence relayed over another TLS connection has another one");
	sha256(buf_bytes(&want), digest);
	CHECK(bytes_equal(BYTES_OF_ARRAY(digest), buf_bytes(&want_digest)),
	    "of the documented byte form");
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
	test_example();
	return t_done();
}
