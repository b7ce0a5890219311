/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define PATTERN "swtap%d" /* the kernel puts a number there */

static int
plug_in(int control_fd, const char *tap, const char *bridge, struct diag *d)
{
	struct ifreq q = { 0 };

	q.ifr_ifindex = (int)if_nametoindex(tap);
	(void)snprintf(q.ifr_name, IFNAMSIZ, "%s", bridge);
	if (ioctl(control_fd, SIOCBRADDIF, &q) != 0)
		return diag_refuse(d, REASON_VmFailed,
		    "network %s: cannot join it (%s): is it a bridge of this "
		    "host?",
		    bridge, strerror(errno));
	(void)snprintf(q.ifr_name, IFNAMSIZ, "%s", tap);
	if (ioctl(control_fd, SIOCGIFFLAGS, &q) != 0)
		return diag_errno(d, "%s", tap);
	q.ifr_flags = (short)(q.ifr_flags | IFF_UP);
	if (ioctl(control_fd, SIOCSIFFLAGS, &q) != 0)
		return diag_errno(d, "%s: cannot be switched on", tap);
	return ERR_OK;
}

int
tap_open(const char *bridge, int *ret_fd, struct diag *d)
{
	auto_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	auto_close int control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq q = { .ifr_name = PATTERN,
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int r;

	if (if_nametoindex(bridge) == 0)
		return diag_refuse(d, REASON_VmFailed,
		    "network %s: the host has no such bridge", bridge);
	if (fd < 0 || control < 0)
		return diag_errno(d, "/dev/net/tun");
	if (ioctl(fd, TUNSETIFF, &q) != 0)
		return diag_errno(d, "network %s: cannot make a tap device",
		    bridge);
	if ((r = plug_in(control, q.ifr_name, bridge, d)) < 0)
		return r;
	*ret_fd = TAKE_FD(&fd);
	return ERR_OK;
}
