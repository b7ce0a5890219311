/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guard-vm keeps of root's rights, and for how long.
 */
#include <cap-ng.h>

#include "guard/vm/vm.h"

/*
 * Root is needed to make namespaces, to change to the VM's user, to hand it
 * the TPM's files and to put its network cards on the host's bridges; nothing
 * else of it is kept.
 */
int
rights_give_up(struct diag *d)
{
	static const unsigned kept[] = { CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID,
		CAP_SETPCAP, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL,
		CAP_NET_ADMIN, CAP_IPC_LOCK, CAP_SYS_RESOURCE, CAP_SYS_CHROOT };

	bool had[ARRAY_LEN(kept)];

	if (capng_get_caps_process() != 0)
		return diag_fail(d, ERR_IO, "cannot read capabilities");
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		had[i] = capng_have_capability(CAPNG_PERMITTED, kept[i]) == 1;
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (had[i])
			(void)capng_update(CAPNG_ADD,
			    (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED |
				CAPNG_BOUNDING_SET),
			    kept[i]);
	if (capng_apply(CAPNG_SELECT_BOTH) != 0)
		return diag_fail(d, ERR_IO, "cannot give up capabilities");
	return ERR_OK;
}

static int
give_up(unsigned capability, struct diag *d)
{
	if (capng_get_caps_process() != 0 ||
	    capng_update(CAPNG_DROP,
		(capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
		capability) != 0 ||
	    capng_apply(CAPNG_SELECT_CAPS) != 0)
		return diag_fail(d, ERR_IO, "cannot give up a capability");
	return ERR_OK;
}

/* The machine's mount namespace was visited, and is not again. */
int
rights_give_up_visit(struct diag *d)
{
	return give_up(CAP_SYS_CHROOT, d);
}

/*
 * Cards are on their bridges before the guest runs: from then on nothing of
 * the host's network is touched.
 */
int
rights_give_up_network(struct diag *d)
{
	return give_up(CAP_NET_ADMIN, d);
}
