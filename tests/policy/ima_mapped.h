/* SPDX-License-Identifier: Apache-2.0 */
/* Events of device-mapper, as a kernel puts them into an IMA list. */
#ifndef TESTS_POLICY_IMA_MAPPED_H
#define TESTS_POLICY_IMA_MAPPED_H

#include "base/text.h"
#include "policy/ima_made.h"

#define DEVICE(name, minor)                                            \
	"dm_version=4.47.0;name=" name ",uuid=,major=253,minor=" minor \
	",minor_count=1,num_targets=1;"
#define CRYPT(cipher, size)                                                  \
	"target_index=0,target_begin=0,target_len=8,target_name=crypt,"      \
	"target_version=1.24.0,allow_discards=n,same_cpu_crypt=n,"           \
	"submit_from_crypt_cpus=n,no_read_workqueue=n,no_write_workqueue=n," \
	"iv_large_sectors=n,cipher_string=" cipher ",key_size=" size         \
	",key_parts=1,key_extra_size=0,key_mac_size=0;"

static inline void
resume(struct buf *list, const char *device, const char *loaded)
{
	char text[1024], hex[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];

	sha256(bytes_of_text(loaded), digest);
	hex_format(BYTES_OF_ARRAY(digest), hex);
	(void)snprintf(text, sizeof(text),
	    "%sactive_table_hash=sha256:%s;current_device_capacity=8;", device,
	    hex);
	ima_put_buffer(list, "dm_device_resume", bytes_of_text(text));
}

static inline void
map(struct buf *list, const char *device, const char *loaded)
{
	ima_put_buffer(list, "dm_table_load", bytes_of_text(loaded));
	resume(list, device, loaded);
}
#define MAP(list, name, minor, target) \
	map(list, DEVICE(name, minor), DEVICE(name, minor) target)

#endif
