/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/store/permit.h"

#include <string.h>

#define READ  (PERMIT_GET | PERMIT_LIST)
#define WRITE (PERMIT_PUT | PERMIT_REMOVE)

struct permit {
	enum hgs_peer peer;
	const char *bucket;
	unsigned verbs;
};

/*
 * hgs-attest certifies hosts and cannot register one; hgs-key releases keys
 * and cannot change what it releases by; hgs-admin changes both and sees no
 * private key, not even encrypted (rules.c of this folder blanks them).
 */
static const struct permit permits[] = {
	{ HGS_PEER_ATTEST, "config", PERMIT_GET },
	{ HGS_PEER_ATTEST, "host", PERMIT_GET },
	{ HGS_PEER_ATTEST, "hostid", PERMIT_GET },
	{ HGS_PEER_ATTEST, "baseline", READ },
	{ HGS_PEER_ATTEST, "ci", READ },
	{ HGS_PEER_ATTEST, "cidata", PERMIT_GET },
	{ HGS_PEER_ATTEST, "policy", READ },
	{ HGS_PEER_ATTEST, "tpmca", READ },
	{ HGS_PEER_ATTEST, "epoch", PERMIT_GET },
	{ HGS_PEER_ATTEST, "key", READ },
	{ HGS_PEER_ATTEST, "status", PERMIT_GET | PERMIT_PUT },

	{ HGS_PEER_KEY, "config", PERMIT_GET },
	{ HGS_PEER_KEY, "host", PERMIT_GET },
	{ HGS_PEER_KEY, "hostid", PERMIT_GET },
	{ HGS_PEER_KEY, "epoch", PERMIT_GET },
	{ HGS_PEER_KEY, "key", READ },
	{ HGS_PEER_KEY, "vm", READ | PERMIT_PUT },
	{ HGS_PEER_KEY, "request", READ | WRITE },
	{ HGS_PEER_KEY, "ticket", PERMIT_GET | PERMIT_PUT },

	{ HGS_PEER_ADMIN, "config", READ },
	{ HGS_PEER_ADMIN, "host", READ | WRITE },
	{ HGS_PEER_ADMIN, "hostid", READ | WRITE },
	{ HGS_PEER_ADMIN, "baseline", READ | WRITE },
	{ HGS_PEER_ADMIN, "ci", READ | WRITE },
	{ HGS_PEER_ADMIN, "cidata", READ | WRITE },
	{ HGS_PEER_ADMIN, "policy", READ | WRITE },
	{ HGS_PEER_ADMIN, "tpmca", READ | WRITE },
	{ HGS_PEER_ADMIN, "epoch", PERMIT_GET | PERMIT_PUT },
	{ HGS_PEER_ADMIN, "key", READ },
	{ HGS_PEER_ADMIN, "status", READ | PERMIT_REMOVE },
	{ HGS_PEER_ADMIN, "vm", READ | PERMIT_PUT },
};

int
permit_check(enum hgs_peer peer, struct bytes key, enum permit_verb verb,
    struct diag *d)
{
	for (size_t i = 0; i < ARRAY_LEN(permits); i++) {
		const struct permit *p = &permits[i];
		size_t n = strlen(p->bucket);

		if (p->peer != peer || key.len <= n || key.p[n] != '/' ||
		    !bytes_equal(bytes_of(key.p, n), bytes_of_text(p->bucket)))
			continue;
		if ((p->verbs & (unsigned)verb) != 0)
			return ERR_OK;
		break;
	}
	return diag_refuse(d, REASON_PermissionDenied,
	    "store: this process may not do this there");
}
