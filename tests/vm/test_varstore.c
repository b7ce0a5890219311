/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blank variable volume: what is not exactly that is refused.
 */
#include "t.h"

#include "vm/varstore.h"
#include "vm/volume.h"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct varstore s;

	(void)arg;
	return varstore_parse_blank(bytes_of(p, n), &s, NULL) == ERR_OK;
}

static void
refused_with(uint8_t *volume, size_t at, uint8_t value, const char *what)
{
	uint8_t old = volume[at];

	volume[at] = value;
	CHECK(!accepts(volume, VOLUME_SIZE, NULL), "%s: refused", what);
	sum_header(volume);
	CHECK(!accepts(volume, VOLUME_SIZE, NULL), "%s, summed: refused", what);
	volume[at] = old;
	sum_header(volume);
}

int
main(void)
{
	static const char ovmf[] = "/usr/share/OVMF/OVMF_VARS_4M.fd";
	uint8_t *volume = malloc(VOLUME_SIZE), *copy, *real;
	size_t len;

	if (volume == NULL)
		t_bail("out of memory");
	make_volume(volume);

	CHECK(accepts(volume, VOLUME_SIZE, NULL), "the blank volume is good");
	CHECK(t_truncations(volume, VOLUME_SIZE, accepts, NULL) == 0,
	    "every truncation of the template is refused");
	CHECK(!t_trailing(volume, VOLUME_SIZE, accepts, NULL),
	    "a byte behind the volume is refused");
	refused_with(volume, 0, 1, "zero vector not zero");
	refused_with(volume, 16, 0, "another file system GUID");
	refused_with(volume, 33, 0x10, "another volume length");
	refused_with(volume, 40, 'X', "no _FVH");
	refused_with(volume, 48, 80, "another header length");
	refused_with(volume, 52, 1, "an extended header");
	refused_with(volume, 55, 1, "another revision");
	refused_with(volume, 56, 1, "another block count");
	refused_with(volume, 64, 1, "a second block map entry");
	refused_with(volume, STORE_AT, 0, "another store GUID");
	refused_with(volume, STORE_AT + 17, 0x2e,
	    "a store that ends in a block");
	refused_with(volume, STORE_AT + 18, 1,
	    "a store larger than the volume");
	refused_with(volume, STORE_AT + 20, 0, "a store not formatted");
	refused_with(volume, STORE_AT + 21, 0xfc, "a store not healthy");
	refused_with(volume, FIRST_AT, 0xaa, "a first variable");
	refused_with(volume, STORE_AT + STORE_SIZE - 1, 0, "a byte at the end");
	refused_with(volume, WORK_AT - 1, 0, "a byte in the event log");
	refused_with(volume, WORK_AT, 0, "another working block");
	refused_with(volume, WORK_AT + 32, 0, "a pending write");
	refused_with(volume, VOLUME_SIZE - 1, 0, "a byte in the spare block");
	volume[44] ^= 1;
	CHECK(!accepts(volume, VOLUME_SIZE, NULL), "a wrong sum is refused");
	volume[44] ^= 1;
	if ((copy = calloc(1, VARSTORE_MAX + 1)) == NULL)
		t_bail("out of memory");
	CHECK(!accepts(copy, VARSTORE_MAX + 1, NULL), "too large: refused");
	free(copy);
	free(volume);
	if (access(ovmf, R_OK) == 0) {
		real = t_read_file(ovmf, &len);
		CHECK(accepts(real, len, NULL), "%s is blank and good", ovmf);
		free(real);
	} else {
		t_skip("no OVMF_VARS_4M.fd (package ovmf)");
	}
	return t_done();
}
