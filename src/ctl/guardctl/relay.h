/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes both ways between a terminal or a viewer and a VM's console.
 */
#ifndef CTL_GUARDCTL_RELAY_H
#define CTL_GUARDCTL_RELAY_H

#include <signal.h>

#include "base/err.h"

enum relay_end {
	RELAY_PEER,    /* the console's other side closed */
	RELAY_INPUT,   /* the input's, where that ends it */
	RELAY_ESCAPE,  /* the user */
	RELAY_TIMEOUT, /* the time is up */
	RELAY_SIGNAL   /* a signal that is caught */
};

struct relay {
	int in, out;       /* may be the same */
	int peer;          /* the console: a stream socket */
	int escape;        /* the byte of in that ends it; -1: none */
	int timeout_ms;    /* -1: for ever */
	bool ends_with_in; /* otherwise the peer may say on */
	/* Set by a signal's handler; NULL: none is. */
	const volatile sig_atomic_t *caught;
};

/* What was read is written before it returns, but for a broken output. */
MUST_CHECK int relay_run(const struct relay *relay, enum relay_end *ret,
    struct diag *d);

#endif
