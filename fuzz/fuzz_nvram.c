/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that an owner brings: the input is dbx, and every certificate. Of
 * the template only its place is given; corpus/varstore/ has whole ones.
 */
#include "fuzz.h"

#include "../tests/vm/volume.h"
#include "vm/nvram.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t owner[16];
	static uint8_t volume[VOLUME_SIZE];
	static uint8_t cert[] = { 0x30, 0x82, 0, 1, 0 };
	auto_buf struct buf out = BUF_INIT(BUF_DEFAULT_MAX);
	struct bytes good = BYTES_OF_ARRAY(cert), in = bytes_of(p, n);
	struct secure_boot_keys keys = { .pk = good,
		.kek = &good,
		.n_kek = 1,
		.db = &good,
		.n_db = 1,
		.dbx = in };

	if (volume[40] == 0)
		make_volume(volume);
	if (nvram_enrol(BYTES_OF_ARRAY(volume), &keys, owner, 0, &out, NULL) ==
		ERR_OK &&
	    out.len != sizeof(volume))
		abort();
	buf_reset(&out);
	keys.pk = in;
	keys.db = &in;
	keys.dbx = BYTES_NONE;
	if (nvram_enrol(BYTES_OF_ARRAY(volume), &keys, owner, 0, &out, NULL) ==
		ERR_OK &&
	    out.len != sizeof(volume))
		abort();
	return 0;
}
