/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load on a running HGS: what its processes spent, and calls to it as a host
 * makes them. bench/hgs.sh starts the HGS and then bench/load-hgs.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "base/file.h"
#include "bench.h"
#include "crypto/key.h"
#include "http/client.h"
#include "ipc/channel.h"
#include "policy/baseline.h"
#include "proto/enrol.h"
#include "proto/release.h"

#include "../tests/service/host.h"

struct load {
	const char *hgs; /* the root folder of the HGS, for hgsctl */
	const char *url; /* where it listens */
	int monitor;     /* process id of hgsd */
	struct host *host;
	struct http_client *client; /* one connection, kept */
	/* From the last attestation. */
	struct buf certificate;
	struct secret release_key;
	struct shown shown;
};

/* CPU seconds of hgsd and its children so far. */
double load_server_cpu(const struct load *l);
/* POST of JSON or of a bundle; ends the program unless the answer is 200. */
void load_post(struct load *l, const char *path, const char *type,
    struct bytes body, const struct http_call_field *fields, size_t n_fields,
    struct buf *ret);
void load_get(struct load *l, const char *path, struct buf *ret);

/* Challenge and attest; keeps certificate and sealed release key. */
void load_attest(struct load *l, struct buf *ret_sealed);
/* Opens what the HGS sealed to the host key, by the TPM. */
void load_open(struct load *l, struct bytes info, struct bytes sealed,
    struct secret *ret);

/* The rows. */
void load_attest_row(struct load *l);
void load_release_row(struct load *l);
/* Enables CiPolicy, which the other rows' host does not pass: the last one. */
void load_incremental_row(struct load *l);

/* CPU seconds of the bare primitives, by libcrypto, measured now. */
enum primitive {
	PRIM_P256_VERIFY,
	PRIM_P256_SIGN,
	PRIM_P256_MAKE,
	PRIM_P256_ECDH,
	PRIM_OAEP_WRAP,
	PRIM_SHA256_KIB,
	PRIMITIVES
};
/* One round of each primitive; call once a round. */
void load_primitives(double ret[static PRIMITIVES]);

#endif
