/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network card's other end: a tap device on one of the host's bridges. It
 * lives as long as its descriptor is open somewhere.
 */
#ifndef VM_TAP_H
#define VM_TAP_H

#include "base/err.h"

/*
 * bridge: vm_bridge_valid(). Needs CAP_NET_ADMIN. VmFailed when there is no
 * such bridge.
 */
MUST_CHECK int tap_open(const char *bridge, int *ret_fd, struct diag *d);

#endif
