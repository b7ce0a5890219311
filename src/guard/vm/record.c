/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who looked into a VM, and who tried to. Root of the host can take the record
 * away; what it cannot do is make guard-vm forget to write it.
 */
#include <time.h>

#include "base/log.h"
#include "guard/common/requests.h"
#include "guard/vm/vm.h"

void
record_request(const struct vm *vm, uint32_t uid, const char *what, int r,
    const struct diag *why)
{
	struct request_record record = { .time = (uint64_t)time(NULL),
		.vm = bytes_of_text(vm->name),
		.level = bytes_of_text(vm_level_name(vm->folder.config.level)),
		.uid = uid,
		.what = bytes_of_text(what),
		.outcome = bytes_of_text("ok") };
	char detail[400] = "";
	struct diag d = { 0 };

	if (r < 0) {
		text_escape(bytes_of_text(why->text), detail, sizeof(detail));
		record.detail = bytes_of_text(detail);
		record.outcome = bytes_of_text(why->reason != REASON_NONE
			? reason_name(why->reason)
			: err_name(r));
		log_warning("VM %s: uid %u: %s: refused: %s", vm->name, uid,
		    what, detail);
	}
	/* At the owner's there is no fabric to be watched. */
	if (!vm->local && requests_append(vm->folder.all_fd, &record, &d) < 0)
		log_error("VM %s: not recorded: %s: %s", vm->name, what,
		    d.text);
}
