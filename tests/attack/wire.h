/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPM commands byte by byte, on whichever device: what a root of the host with
 * a TPM client of its own can say. TPM 2.0 Part 3.
 */
#ifndef ATTACK_WIRE_H
#define ATTACK_WIRE_H

#include "attack.h"
#include "base/buf.h"

#define WIRE_RM  "/dev/tpmrm0"
#define WIRE_RAW "/dev/tpm0"

/* -1: not to be had, and the result says so. */
int wire_open(const char *path, struct result *r);

#define WIRE_FAILED 0xffffffffu /* the device, not the TPM, said no */

#define TPM_CC_CLEAR          0x126u
#define TPM_CC_CREATE_PRIMARY 0x131u
#define TPM_CC_PCR_RESET      0x13du
#define TPM_CC_PCR_EVENT      0x13cu
#define TPM_CC_SHUTDOWN       0x145u
#define TPM_CC_CERTIFY        0x148u
#define TPM_CC_ECDH_ZGEN      0x154u
#define TPM_CC_QUOTE          0x158u
#define TPM_CC_CONTEXT_LOAD   0x161u
#define TPM_CC_CONTEXT_SAVE   0x162u
#define TPM_CC_FLUSH          0x165u
#define TPM_CC_READ_PUBLIC    0x173u
#define TPM_CC_CAPABILITY     0x17au

struct wire_key {
	uint32_t handle;
	uint8_t public[512];
	size_t public_len;
};

/* The head with tag 0x8001, or with 0x8002 when an authorisation follows. */
void wire_begin(struct buf *b, bool with_auth, uint32_t command);
/* An empty password. */
void wire_no_auth(struct buf *b);
/* Sends it; the response code. ret holds the whole answer; may be NULL. */
uint32_t wire_send(int fd, struct buf *b, struct buf *ret);

uint32_t wire_create_primary(int fd, uint32_t hierarchy, struct bytes template,
    struct wire_key *ret);
uint32_t wire_read_public(int fd, uint32_t handle, struct wire_key *ret);
/* A command that takes one handle and nothing else. */
uint32_t wire_handle(int fd, uint32_t command, uint32_t handle,
    struct buf *ret);
/* ECDH with this key and its own point, under an empty authorisation. */
uint32_t wire_zgen(int fd, const struct wire_key *key);
/* How many handles of this range the TPM has; -1: it does not say. */
int wire_count(int fd, uint32_t first);

#endif
