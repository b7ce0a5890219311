/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library that root has every program load (/etc/ld.so.preload, LD_PRELOAD).
 * It marks the process that it is in by a name that everybody sees, since a
 * caged process can write to no file of the host's.
 */
#include <sys/prctl.h>

__attribute__((constructor)) static void
mark(void)
{
	(void)prctl(PR_SET_NAME, "preloaded", 0, 0, 0);
}
