/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the key protection service. doc/PROTOCOL.keyprotection.
 */
#ifndef PROTO_RELEASE_H
#define PROTO_RELEASE_H

#include "base/field.h"
#include "proto/attest.h"

#define CORE_LIMIT   ((size_t)96 << 10) /* grant, wrap and seal together */
#define TICKET_LIMIT 4096

/*
 * The proof of the release key, in HTTP headers. It is over the byte form of
 * the message (base/field.h), not over its JSON: so hgs-key proves the very
 * bytes it reads, and needs no JSON.
 */
#define HEADER_TIME    "Shieldwall-Time"    /* seconds since 1970 */
#define HEADER_REQUEST "Shieldwall-Request" /* 32 hex digits, new each time */
#define HEADER_MAC     "Shieldwall-Mac"     /* 64 hex digits */

#define PATH_ROLL    "/KeyProtection/v1/rolltransportkey"
#define PATH_CONFIRM "/KeyProtection/v1/confirm"
#define PATH_STOPPED "/KeyProtection/v1/stopped"
#define PATH_OPEN    "/KeyProtection/v1/open"

/* What the MAC is over; label is REQUEST_LABEL. */
#define REQUEST_LABEL "shieldwall request 1"
struct request_proof {
	struct bytes label;
	struct bytes method; /* "POST" */
	struct bytes path;
	uint64_t time;
	uint8_t request[16];
	uint8_t body[32]; /* SHA-256 of the message's byte form */
};
extern const struct fields request_proof_fields;

/* Who asks: part of every key-service request. */
struct asker {
	struct bytes certificate; /* health certificate */
	struct bytes hk_public;   /* TPMT_PUBLIC */
	struct bytes certify;     /* AK's TPM2_Certify of it */
	struct bytes certify_signature;
};
extern const struct fields asker_fields;

/* POST rolltransportkey; purpose: start, migrate, provision, recover. */
struct roll_request {
	uint8_t version;
	struct bytes purpose;
	struct asker asker;
	struct bytes core;   /* protector core: FORMAT.protector */
	struct bytes ticket; /* owner's restore ticket, or empty */
};
extern const struct fields roll_request_fields;

struct roll_reply {
	uint8_t version;
	struct bytes core;   /* the egress core, pending until confirmed */
	struct bytes sealed; /* HPKE to the host key: struct release */
	bool known;          /* the HGS remembered this VM */
	uint32_t lease;      /* seconds */
};
extern const struct fields roll_reply_fields;

/* Encrypted to the host key; info = release_info of the request. */
struct release {
	uint8_t version;
	uint8_t request[32]; /* SHA-256 of the request's byte form */
	uint8_t ingress[32]; /* SHA-256 of the core that was sent */
	uint8_t egress[32];  /* SHA-256 of the core that came back */
	uint8_t grant[32];   /* SHA-256 of the grant: its policy */
	uint8_t old_tk[32];
	uint8_t new_tk[32];
};
extern const struct fields release_fields;

/* HPKE info of a release: SHA-256 of these fields. */
#define RELEASE_LABEL "shieldwall release 1"
struct release_info {
	struct bytes label;
	uint8_t mac[32];  /* the request's MAC */
	uint8_t body[32]; /* SHA-256 of its byte form */
};
extern const struct fields release_info_fields;

/* POST confirm and stopped; a second confirm renews the lease. */
struct seal_notice {
	uint8_t version;
	struct asker asker;
	struct bytes core; /* whose seal is meant */
	bool clean;        /* stopped: the guest went down in order */
};
extern const struct fields seal_notice_fields;

struct seal_notice_reply {
	uint8_t version;
	uint32_t lease;
};
extern const struct fields seal_notice_reply_fields;

/*
 * POST open: the transport key of a protector that is not a VM's (shielding
 * data); purpose: provision, open. Reply: struct roll_reply with an empty
 * core; egress and new_tk are zero.
 */
struct open_request {
	uint8_t version;
	struct bytes purpose;
	struct asker asker;
	struct bytes core;
};
extern const struct fields open_request_fields;

/* hgs-front to hgs-key: the request as it came, with its proof. */
struct key_call {
	struct bytes path;
	uint64_t time;
	uint8_t request[16];
	uint8_t mac[32];
	struct bytes body; /* the message re-encoded by table */
	struct bytes peer;
};
extern const struct fields key_call_fields;

/* hgs-key's answer, as struct attest_outcome. */

#endif
