/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A LUKS1 header written from the specification, field by field.
 */
#ifndef TESTS_DISK_HEADER_H
#define TESTS_DISK_HEADER_H

#include <stdint.h>
#include <string.h>

#define HEADER_SIZE 592u
#define PAYLOAD     (2u << 20)

static inline void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void
make_header(uint8_t p[static HEADER_SIZE])
{
	static const char uuid[] = "4e2ccbe2-01e0-41ba-8816-40bb4c8b5b90";
	unsigned i;

	memset(p, 0, HEADER_SIZE);
	memcpy(p, "LUKS\xba\xbe\0\1", 8);
	memcpy(p + 8, "aes", 3);
	memcpy(p + 40, "xts-plain64", 11);
	memcpy(p + 72, "sha256", 6);
	put32(p + 104, PAYLOAD / 512);
	put32(p + 108, 64);
	memset(p + 112, 0x11, 20); /* digest of the volume key */
	memset(p + 132, 0x22, 32); /* its salt */
	put32(p + 164, 1000);
	memcpy(p + 168, uuid, sizeof(uuid) - 1);
	for (i = 0; i < 8; i++) {
		uint8_t *slot = p + 208 + 48 * (size_t)i;

		put32(slot, i == 0 ? 0x00ac71f3u : 0x0000deadu);
		put32(slot + 4, i == 0 ? 1000 : 0);
		put32(slot + 40, 8 + 504 * i);
		put32(slot + 44, 4000);
	}
}

#endif
