/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things are. Every path is taken below a root ("" is the machine's
 * own), so that several services run on one machine.
 */
#ifndef CONF_PATHS_H
#define CONF_PATHS_H

#include "base/err.h"

#define PATH_TEXT_MAX 512

#define PATH_STATE        "/var/lib/shieldwall"
#define PATH_HGS_CONF     "/etc/shieldwall/hgs.conf"
#define PATH_HGS_STATE    "/var/lib/shieldwall/hgs"
#define PATH_HGS_SOCKET   "/run/shieldwall/hgs.sock"
#define PATH_HGS_UNLOCK   "/run/shieldwall/hgs-unlock.sock"
#define PATH_GUARD_CONF   "/etc/shieldwall/guard.conf"
#define PATH_GUARD_STATE  "/var/lib/shieldwall/guard"
#define PATH_GUARD_SOCKET "/run/shieldwall/guard.sock"
#define PATH_TPM_SOCKET   "/run/shieldwall/guard-tpm.sock"
#define PATH_RUN          "/run/shieldwall"

/*
 * root + path. The root is "" or an absolute path; the path is absolute and
 * neither has a ".." component.
 */
MUST_CHECK int path_under(const char *root, const char *path, char *ret,
    size_t size, struct diag *d);

#endif
