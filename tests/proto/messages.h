/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every message of src/proto by its table, filled, compared and described by
 * walking the table: nobody can add a field that no test looks at.
 */
#ifndef TESTS_PROTO_MESSAGES_H
#define TESTS_PROTO_MESSAGES_H

#include "proto/ci_set.h"
#include "proto/guard.h"
#include "proto/hgs.h"
#include "proto/records.h"
#include "proto/release.h"

struct message {
	const char *name; /* of its struct */
	const struct fields *fields;
};

#define M(struct_name)                              \
	{                                           \
#struct_name, &struct_name##_fields \
	}

/* Their order is the selector of fuzz/fuzz_fields.c: new ones go to the end. */
static const struct message messages[] = {
	M(attest_info),
	M(challenge_request),
	M(challenge_reply),
	M(attest_request),
	M(attest_reply),
	M(wire_reason),
	M(wire_sub_status),
	M(wire_error),
	M(attest_parts),
	M(attest_outcome),
	M(request_proof),
	M(asker),
	M(roll_request),
	M(roll_reply),
	M(release),
	M(release_info),
	M(seal_notice),
	M(seal_notice_reply),
	M(open_request),
	M(key_call),
	M(measure_request),
	M(unlock),
	M(process_status),
	M(store_get),
	M(store_value),
	M(store_range),
	M(store_row),
	M(store_page),
	M(store_change),
	M(audit_entry),
	M(store_commit),
	M(audit_receipt),
	M(store_committed),
	M(audit_range),
	M(audit_page),
	M(audit_head),
	M(tpm_identity),
	M(attest_order),
	M(attest_evidence),
	M(attested),
	M(vm_start),
	M(vm_started),
	M(vm_adopt),
	M(vm_adopted),
	M(authorise),
	M(authorised),
	M(unwrap),
	M(relay),
	M(relayed),
	M(vm_status),
	M(vm_stop),
	M(vm_guest),
	M(vm_guest_reply),
	M(vm_console),
	M(vm_disk),
	M(vm_disk_reply),
	M(vm_dump),
	M(host_record),
	M(baseline_record),
	M(policy_record),
	M(key_record),
	M(epoch_record),
	M(service_record),
	M(status_record),
	M(vm_pending),
	M(vm_record),
	M(request_record),
	M(ci_record),
	M(ci_set_item),
	M(ci_set),
	M(early_record),
	M(wire_notes),
	M(ima_state),
};

#endif
