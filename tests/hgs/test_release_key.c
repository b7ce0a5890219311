/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The release key and the proof made with it: the worked example of
 * doc/PROTOCOL.keyprotection, byte by byte.
 */
#include "hgs/common/release_key.h"

#include "../example.h"
#include "crypto/hash.h"
#include "proto/release.h"

static uint8_t key[RELEASE_KEY_SIZE];

static void
test_key(void)
{
	uint8_t shared[32], serial[16], other[RELEASE_KEY_SIZE];
	bool all = true;

	memset(shared, 0x11, sizeof(shared));
	memset(serial, 0x22, sizeof(serial));
	release_key_derive(BYTES_OF_ARRAY(shared), serial, key);
	CHECK(memcmp(key,
		  "\x53\xa5\x79\x4c\x4a\x92\x64\xe5\x3c\x77\x44\xb4\xfd\x15\xc3"
		  "\x1a\x0f\x07\x4c\x01\x30\x68\x14\x99\xd7\x9a\x55\xe9\x0d\x75"
		  "\xa8\xf6",
		  32) == 0,
	    "the release key has its documented value");
	for (size_t i = 0; i < sizeof(serial) * 8; i++) {
		serial[i / 8] ^= (uint8_t)(1U << i % 8);
		release_key_derive(BYTES_OF_ARRAY(shared), serial, other);
		all = all && memcmp(other, key, sizeof(key)) != 0;
		serial[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	CHECK(all, "T92 another certificate has another release key");
	shared[31] ^= 1;
	release_key_derive(BYTES_OF_ARRAY(shared), serial, other);
	CHECK(memcmp(other, key, sizeof(key)) != 0,
	    "T92 so has another HGS's shared key");
}

static void
mac_of(const struct request_proof *p, uint8_t ret[static 32])
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct bytes in;

	if (fields_encode(&request_proof_fields, p, &b, NULL) < 0)
		t_bail("request proof");
	in = buf_bytes(&b);
	hmac_sha256(BYTES_OF_ARRAY(key), &in, 1, ret);
}

static void
test_example(void)
{
	auto_buf struct buf body = BUF_INIT(1024), want_body = BUF_INIT(1024);
	auto_buf struct buf want_mac = BUF_INIT(64);
	const struct seal_notice notice = {
		.version = 1,
		.asker = { bytes_of_text("certificate"),
		    bytes_of_text("public"), bytes_of_text("certify"),
		    bytes_of_text("signature") },
		.core = bytes_of_text("core"),
		.clean = true,
	};
	struct request_proof p = { .label = bytes_of_text(REQUEST_LABEL),
		.method = bytes_of_text("POST"),
		.path = bytes_of_text(PATH_CONFIRM),
		.time = 1769860800 };
	uint8_t mac[32], other[32], shared[32], serial[16];

	t_example_n("PROTOCOL.keyprotection", 0, &want_body);
	t_example_n("PROTOCOL.keyprotection", 1, &want_mac);
	CHECK(fields_encode(&seal_notice_fields, &notice, &body, NULL) ==
		    ERR_OK &&
		bytes_equal(buf_bytes(&body), buf_bytes(&want_body)),
	    "a notice has the documented byte form");
	sha256(buf_bytes(&body), p.body);
	for (uint8_t i = 0; i < sizeof(p.request); i++)
		p.request[i] = i;
	mac_of(&p, mac);
	CHECK(bytes_equal(BYTES_OF_ARRAY(mac), buf_bytes(&want_mac)),
	    "and the documented MAC");
	p.path = bytes_of_text(PATH_STOPPED);
	mac_of(&p, other);
	CHECK(memcmp(mac, other, 32) != 0, "T92 a proof is for one path");
	p.path = bytes_of_text(PATH_CONFIRM);
	p.time++;
	mac_of(&p, other);
	CHECK(memcmp(mac, other, 32) != 0, "T92 at one time");
	p.time--;
	p.request[15] ^= 1;
	mac_of(&p, other);
	CHECK(memcmp(mac, other, 32) != 0, "T92 for one request");
	p.request[15] ^= 1;
	p.body[0] ^= 1;
	mac_of(&p, other);
	CHECK(memcmp(mac, other, 32) != 0, "T92 over one body");
	p.body[0] ^= 1;
	/* A host that shows another's certificate has its own key only. */
	memset(shared, 0x11, sizeof(shared));
	memset(serial, 0x23, sizeof(serial));
	release_key_derive(BYTES_OF_ARRAY(shared), serial, key);
	mac_of(&p, other);
	CHECK(memcmp(mac, other, 32) != 0,
	    "T53 the key of one host's certificate proves nothing for another's");
}

int
main(void)
{
	test_key();
	test_example();
	return t_done();
}
