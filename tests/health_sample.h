/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a health certificate, for tests that sign one.
 */
#ifndef TESTS_HEALTH_SAMPLE_H
#define TESTS_HEALTH_SAMPLE_H

#include "crypto/health.h"

/* Its host key is still to be set. Views stay good. */
static inline struct health
health_sample(void)
{
	static const uint8_t ak[HEALTH_NAME_SIZE] = { 0, 0x0b, 1 },
			     hk[HEALTH_NAME_SIZE] = { 0, 0x0b, 2 };

	return (struct health){
		.serial = { 0x41, 2, 3 },
		.not_before = 1700000000,
		.not_after = 1700028800,
		.version = HEALTH_VERSION,
		.host_id = { 7 },
		.host_name = bytes_of_text("host-1"),
		.mode = HEALTH_MODE_TPM,
		.baseline_id = { 8 },
		.ci_id = { 9 },
		.ak_name = BYTES_OF_ARRAY(ak),
		.hk_name = BYTES_OF_ARRAY(hk),
		.reset_count = 10,
		.restart_count = 11,
		.policy_epoch = 12,
		.attested_at = 1700000000,
		.audit_head = { 13 },
	};
}

#endif
