/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How hgsd names what it hands to its children: `--fd NAME=N` for the
 * descriptors, `--set NAME=VALUE` for the settings (ipc/args.h). A channel is
 * named after the process at its other end.
 *
 *   hgs-front     attest key monitor listen0..7 (TCP) tls_listen0..7
 *                 metrics (optional)
 *   hgs-measure   attest monitor
 *   hgs-attest    front store admin monitor measure0 measure1
 *   hgs-key       front store admin monitor
 *   hgs-admin     store attest key monitor control (the admin socket)
 *   hgs-store     attest key admin monitor
 *
 * A child ends when its monitor channel closes. hgsd sends HGS_OP_UNLOCK on
 * it to store, attest and key, in this order, once there is a passphrase.
 */
#ifndef HGS_COMMON_ROLES_H
#define HGS_COMMON_ROLES_H

/* Names of channels. */
#define ROLE_FRONT    "front"
#define ROLE_MEASURE  "measure"  /* in programs' names */
#define ROLE_MEASURE0 "measure0" /* pool of two */
#define ROLE_MEASURE1 "measure1"
#define ROLE_ATTEST   "attest"
#define ROLE_KEY      "key"
#define ROLE_ADMIN    "admin"
#define ROLE_STORE    "store"
#define ROLE_MONITOR  "monitor"

/* Listening sockets. */
#define ROLE_LISTEN     "listen"     /* listen0, listen1, ... */
#define ROLE_TLS_LISTEN "tls_listen" /* tls_listen0, ... */
#define ROLE_METRICS    "metrics"    /* GET /metrics, nothing else */
#define ROLE_CONTROL    "control"
#define LISTEN_MAX      8

/* Settings, of the processes named. */
#define SET_NAME         "name"         /* all: the service's name */
#define SET_DATABASE     "database"     /* store: path */
#define SET_STORE_MAX    "store_max"    /* store: bytes, 0 = no limit */
#define SET_EVIDENCE_MAX "evidence_max" /* front: bytes */
#define SET_RATE         "rate"         /* front: requests a minute per peer */
#define SET_TLS_CERT     "tls_cert"     /* front: path; empty: none */
#define SET_TLS_KEY      "tls_key"      /* front: path */
#define SET_LIFETIME     "certificate_lifetime" /* attest: seconds */
#define SET_RELEASE_AGE  "release_max_age"      /* attest, key: seconds */
#define SET_LEASE        "start_lease"          /* key: seconds */
#define SET_URL          "url"                  /* key, admin: for metadata */

#endif
