/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the files of src/vm/qmp*.c alone: nobody else may word a command.
 */
#ifndef VM_QMP_IMPL_H
#define VM_QMP_IMPL_H

#include "vm/qmp.h"

#define QMP_COMMAND_MAX 2048

struct json_doc;

/* What qmp_command() would refuse before it says anything. */
MUST_CHECK int qmp_may(const struct qmp *q, const char *verb, struct diag *d);
/*
 * arguments: a JSON object, or empty; fd goes along, unless it is -1. ret may
 * be NULL. PolicyLowered or VmFeatureOff where the VM's type or configuration
 * does not have the verb: nothing was said to QEMU then.
 */
MUST_CHECK int qmp_command(struct qmp *q, const char *verb,
    struct bytes arguments, int fd, struct json_doc **ret, struct diag *d);

#endif
