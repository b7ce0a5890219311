/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list, for the policy and for setup. On it is what the lock and lockdown
 * do not stop: lockdown refuses a module's parameters only where its author
 * marked them as addresses of hardware. A module that needs another one falls
 * with it, so of families only the base is named. Looked for in Debian's
 * kernels 6.1 (amd64 and cloud-amd64) and 6.12 (cloud-amd64).
 *
 * The kernel compares the name inside the module, letter for letter: with '_',
 * never '-'. Of two words it takes the later one, and none that is longer than
 * MODULE_LIST_MAX.
 */
#include "policy/module_list.h"

#include <string.h>

#include "measure/cmdline.h"

#define MODULE_LIST_MAX 1024

/* They make a disk, or a log, of memory at an address that root names. */
#define ADDRESSES "slram,phram,mtdram,block2mtd,diskonchip,ramoops"
/* They give devices to programs: all of uio_*, vfio_* and target_core_user. */
#define DEVICES "uio,vfio"
/*
 * Ports and addresses come from a program: comedi's ioctl, any port and any
 * byte by dcdbas, the frame buffer that uvesafb's helper tells.
 */
#define PORTS "comedi,dcdbas,uvesafb"
/*
 * RDMA without hardware, thus without the IOMMU: a driver's key for all memory
 * (nvme_rdma register_always=N, for one) would open the kernel's to a peer.
 */
#define REMOTE "rdma_rxe,siw"
/* Makes memory that outlasts the power, or lies elsewhere, ordinary memory. */
#define OUTSIDE "kmem"
/*
 * A program of root's in the place of one that the guard executes, of a device
 * that it opens (whose ioctls may copy the caller's memory), and of a TPM.
 */
#define PROGRAMS "binfmt_misc,cuse,tpm_vtpm_proxy"

#define LIST ADDRESSES "," DEVICES "," PORTS "," REMOTE "," OUTSIDE "," PROGRAMS

static const char list[] = LIST;
const char module_list_word[] = MODULE_LIST_NAME "=" LIST;

/* The next name between commas; *rest moves on. */
static bool
next_name(struct bytes *rest, struct bytes *ret)
{
	size_t n = 0;

	if (rest->len == 0)
		return false;
	while (n < rest->len && rest->p[n] != ',')
		n++;
	*ret = bytes_of(rest->p, n);
	n += n < rest->len;
	*rest = bytes_of(rest->p + n, rest->len - n);
	return true;
}

static bool
names(struct bytes value, struct bytes module)
{
	struct bytes name;

	while (next_name(&value, &name))
		if (bytes_equal(name, module))
			return true;
	return false;
}

bool
module_list_serves(struct bytes value, struct bytes *ret_lacks)
{
	struct bytes rest = bytes_of(list, strlen(list)), module;
	bool read =
	    value.len <= MODULE_LIST_MAX && cmdline_is_plain(value, "_-,");

	while (next_name(&rest, &module))
		if (!read || !names(value, module)) {
			if (ret_lacks != NULL)
				*ret_lacks = read ? module : BYTES_NONE;
			return false;
		}
	return true;
}
