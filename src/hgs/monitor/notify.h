/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sd_notify(3) without its library: one datagram to $NOTIFY_SOCKET.
 */
#ifndef HGS_MONITOR_NOTIFY_H
#define HGS_MONITOR_NOTIFY_H

/* Does nothing where there is no service manager. */
void notify(const char *text);

#endif
