/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpmca add, list, remove.
 */
#ifndef HGS_ADMIN_TPMCA_H
#define HGS_ADMIN_TPMCA_H

#include "hgs/admin/admin.h"

extern const struct admin_command tpmca_commands[];

#endif
