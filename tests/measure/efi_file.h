/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of tests/data/efi, and changes to them. */
#ifndef TESTS_MEASURE_EFI_FILE_H
#define TESTS_MEASURE_EFI_FILE_H

#include "boot.h"
#include "measure/pe.h"

static inline struct bytes
efi_file(const char *name)
{
	char path[128];
	size_t n = 0;
	uint8_t *p, *kept;

	(void)snprintf(path, sizeof(path), "data/efi/%s", name);
	p = t_load(path, &n);
	kept = keep(n);
	memcpy(kept, p, n);
	free(p);
	return bytes_of(kept, n);
}

static inline struct pe
efi_program(const char *name)
{
	struct diag d = { 0 };
	struct pe pe;

	if (pe_parse(efi_file(name), &pe, &d) < 0)
		t_bail("%s: %s", name, d.text);
	return pe;
}

/* A copy in which the first `from` is `to`, of the same length. */
static inline struct bytes
efi_change(struct bytes in, const void *from, const void *to, size_t n)
{
	struct bytes c = copy_of(in, 0);
	uint8_t *at = memmem((void *)(uintptr_t)c.p, c.len, from, n);

	if (at == NULL)
		t_bail("nothing to change");
	memcpy(at, to, n);
	return c;
}

#endif
