/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The modules that a host may not load, though a distribution signed them: root
 * could load them before the first attestation closes module loading.
 */
#ifndef POLICY_MODULE_LIST_H
#define POLICY_MODULE_LIST_H

#include "base/buf.h"

#define MODULE_LIST_NAME "module_blacklist"

/* The whole word of the command line, as 'guardctl setup' writes it. */
extern const char module_list_word[];

/*
 * Whether a value of that word keeps all of these modules out, and perhaps
 * more. If not, ret_lacks (may be NULL) is one that it lacks, or empty where
 * the kernel would not read the value as a list.
 */
bool module_list_serves(struct bytes value, struct bytes *ret_lacks);

#endif
