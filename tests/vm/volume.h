/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small blank variable volume in the layout of OVMF_VARS_4M.fd, made from the
 * specification and not by the code under test.
 */
#ifndef TESTS_VM_VOLUME_H
#define TESTS_VM_VOLUME_H

#include <stdint.h>
#include <string.h>

#define VOLUME_SIZE 24576u
#define STORE_SIZE  12216u
#define STORE_AT    72u
#define FIRST_AT    100u
#define WORK_AT     16384u

static inline void
put_le(uint8_t *p, uint64_t v, size_t n)
{
	while (n-- > 0) {
		*p++ = (uint8_t)v;
		v >>= 8;
	}
}

static inline uint64_t
get_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static inline void
sum_header(uint8_t *volume)
{
	uint16_t sum = 0;
	size_t i;

	put_le(volume + 50, 0, 2);
	for (i = 0; i < 72; i += 2)
		sum = (uint16_t)(sum + get_le(volume + i, 2));
	put_le(volume + 50, (uint16_t)(0x10000 - sum), 2);
}

static inline void
make_volume(uint8_t *v)
{
	static const uint8_t nv_data[16] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76,
		0x8b, 0x4c, 0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50 };
	static const uint8_t store[16] = { 0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94,
		0x9a, 0x43, 0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92 };
	static const uint8_t work[16] = { 0x2b, 0x29, 0x58, 0x9e, 0x68, 0x7c,
		0x7d, 0x49, 0xa0, 0xce, 0x65, 0x00, 0xfd, 0x9f, 0x1b, 0x95 };

	memset(v, 0xff, VOLUME_SIZE);
	memset(v, 0, FIRST_AT);
	memcpy(v + 16, nv_data, 16);
	put_le(v + 32, VOLUME_SIZE, 8);
	memcpy(v + 40, "_FVH", 4);
	put_le(v + 44, 0x4feff, 4);
	put_le(v + 48, 72, 2);
	v[55] = 2;
	put_le(v + 56, VOLUME_SIZE / 4096, 4);
	put_le(v + 60, 4096, 4);
	sum_header(v);
	memcpy(v + STORE_AT, store, 16);
	put_le(v + STORE_AT + 16, STORE_SIZE, 4);
	v[STORE_AT + 20] = 0x5a;
	v[STORE_AT + 21] = 0xfe;
	memcpy(v + WORK_AT, work, 16);
	put_le(v + WORK_AT + 16, 0x12345678, 4);
	put_le(v + WORK_AT + 20, 0xfffffffe, 4);
	put_le(v + WORK_AT + 24, 4064, 8);
}

#endif
