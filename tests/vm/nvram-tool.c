/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvram-tool TEMPLATE PK.der KEK.der db.der OUT: a variable volume for the test
 * scripts, by nvram_enrol() with a fixed owner and time, so that the same keys
 * give the same bytes. Prints nothing unless it fails.
 */
#include "vm/nvram.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"

#define TIMESTAMP 1704067200u /* 2024-01-01 */

static const uint8_t OWNER[16] = { 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33,
	0x33, 0x44, 0x44, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };

static int
enrol(char **path, struct diag *d)
{
	auto_buf struct buf template = BUF_INIT(BUF_DEFAULT_MAX);
	auto_buf struct buf pk = BUF_INIT(NVRAM_CERTIFICATE_MAX);
	auto_buf struct buf kek = BUF_INIT(NVRAM_CERTIFICATE_MAX);
	auto_buf struct buf db = BUF_INIT(NVRAM_CERTIFICATE_MAX);
	auto_buf struct buf out = BUF_INIT(BUF_DEFAULT_MAX);
	struct buf *in[] = { &template, &pk, &kek, &db };
	struct bytes kek_view, db_view;
	struct secure_boot_keys keys;
	size_t i;
	int err;

	for (i = 0; i < ARRAY_LEN(in); i++)
		if ((err = file_read(AT_FDCWD, path[i], in[i]->max, in[i], d)) <
		    0)
			return err;
	kek_view = buf_bytes(&kek);
	db_view = buf_bytes(&db);
	keys = (struct secure_boot_keys){ .pk = buf_bytes(&pk),
		.kek = &kek_view,
		.n_kek = 1,
		.db = &db_view,
		.n_db = 1 };
	if ((err = nvram_enrol(buf_bytes(&template), &keys, OWNER, TIMESTAMP,
		 &out, d)) < 0)
		return err;
	return file_write_atomic(AT_FDCWD, path[i], 0644, buf_bytes(&out), d);
}

int
main(int argc, char **argv)
{
	struct diag d = { 0 };

	if (argc != 6) {
		(void)fprintf(stderr,
		    "usage: nvram-tool TEMPLATE PK.der KEK.der db.der OUT\n");
		return 2;
	}
	if (enrol(argv + 1, &d) < 0) {
		(void)fprintf(stderr, "nvram-tool: %s\n", d.text);
		return 3;
	}
	return 0;
}
