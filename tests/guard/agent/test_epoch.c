/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/agent/epoch.h"

#include "crypto/key.h"
#include "health_sample.h"
#include "t.h"

static struct diag d;
static struct key *keys[2];

/* A certificate by signer `who`, of this epoch. */
static void
make(unsigned who, uint64_t epoch, struct buf *ret)
{
	static const uint8_t ids[2][20] = { { 1 }, { 2 } };
	/* SEQUENCE {}: a Name of no parts. */
	static const uint8_t name[] = { 0x30, 0 };
	struct health_signer signer = { BYTES_OF_ARRAY(name),
		bytes_of(ids[who], 20), keys[who] };
	struct health h = health_sample();

	h.policy_epoch = epoch;
	key_p256_point(keys[who], h.host_key);
	buf_reset(ret);
	if (health_encode(&h, &signer, ret, &d) < 0)
		t_bail("%s", d.text);
}

int
main(void)
{
	auto_buf struct buf before = BUF_INIT(2000), now = BUF_INIT(2000);

	if (key_generate(KEY_P256, 0, &keys[0], &d) < 0 ||
	    key_generate(KEY_P256, 0, &keys[1], &d) < 0)
		t_bail("%s", d.text);
	make(0, 12, &before);
	CHECK(epoch_check(BYTES_NONE, buf_bytes(&before), &d) == ERR_OK,
	    "the first certificate is taken");
	make(0, 12, &now);
	CHECK(epoch_check(buf_bytes(&before), buf_bytes(&now), &d) == ERR_OK,
	    "one of the same epoch is");
	make(0, 13, &now);
	CHECK(epoch_check(buf_bytes(&before), buf_bytes(&now), &d) == ERR_OK,
	    "one of a later epoch is");
	make(0, 11, &now);
	CHECK(epoch_check(buf_bytes(&before), buf_bytes(&now), &d) ==
		    ERR_REFUSED &&
		d.reason == REASON_PolicyOlder,
	    "T84 one of an older epoch is not");
	printf("# %s\n", d.text);
	make(1, 1, &now);
	CHECK(epoch_check(buf_bytes(&before), buf_bytes(&now), &d) == ERR_OK,
	    "another signer's epochs are its own");
	CHECK(epoch_check(bytes_of_text("rubbish"), buf_bytes(&now), &d) ==
		ERR_OK,
	    "an old file that is none says nothing");
	CHECK(epoch_check(buf_bytes(&before), bytes_of_text("rubbish"), &d) < 0,
	    "a new one that is none is refused");
	key_free(keys[0]);
	key_free(keys[1]);
	return t_done();
}
