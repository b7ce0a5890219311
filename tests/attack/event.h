/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf_event_open(2) and what comes out of its ring.
 */
#ifndef ATTACK_EVENT_H
#define ATTACK_EVENT_H

#include "attack.h"

struct perf_event_attr;

int event_open(struct perf_event_attr *attr, pid_t pid, int cpu);
/* The dynamic type of a source of events ("kprobe"); 0: there is none. */
uint32_t event_type(const char *source);
/* Samples for these milliseconds: what came of this process is a result. */
void event_sample(const struct attack *a, int target,
    struct perf_event_attr *attr, pid_t pid, unsigned ms, struct result *r);

#endif
