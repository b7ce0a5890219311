/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.json: what is accepted is written as something that reads back the same.
 */
#include "fuzz.h"

#include <string.h>

#include "vm/config.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_buf struct buf out = BUF_INIT(VM_CONFIG_MAX + 1);
	struct vm_config a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	if (vm_config_parse(bytes_of(p, n), &a, NULL) != ERR_OK)
		return 0;
	if (vm_config_write(&a, &out, NULL) != ERR_OK ||
	    vm_config_parse(buf_bytes(&out), &b, NULL) != ERR_OK ||
	    memcmp(&a, &b, sizeof(a)) != 0)
		abort();
	return 0;
}
