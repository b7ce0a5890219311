/* SPDX-License-Identifier: Apache-2.0 */
/* Files, cores and sealed secrets: all that lies in a VM's folder. */
#include "fuzz.h"

#include <stdlib.h>

#include "protector/protector.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint8_t tk[TK_SIZE];
	static const struct vm_binding binding;
	auto_protector struct protector *file = NULL;
	auto_core struct core *core = NULL;
	auto_vm_secrets struct vm_secrets secrets = { 0 };
	struct bytes in = bytes_of(p, n);
	struct diag d;

	if (protector_parse(in, &file, &d) == ERR_OK &&
	    (file->core == NULL || core_is_template(file->core)))
		abort();
	if (core_parse(in, NULL, &core, &d) == ERR_OK && core->n == 0)
		abort();
	if (vm_secrets_open(in, BYTES_OF_ARRAY(tk), &binding, &secrets, &d) ==
	    ERR_OK)
		abort();
	return 0;
}
