/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.2 and 1.3 for server and client: forward-secret AEAD suites only, no
 * compression, no renegotiation. The client trusts a pinned certificate or
 * the certificates of one file; it has no other roots.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/base.h"
#include "base/err.h"

struct http_tls;
struct ssl_st;

#define HTTP_PIN_SIZE 32

/* PEM of the certificate chain, leaf first, and of the key. */
MUST_CHECK int http_tls_server(struct bytes chain, struct bytes key,
    struct http_tls **ret, struct diag *d);
/*
 * pin: SHA-256 of the server's certificate, or NULL; then nothing else about
 * the certificate counts. Otherwise the name must fit and the chain end in
 * ca_file (PEM).
 */
MUST_CHECK int http_tls_client(const uint8_t *pin, const char *ca_file,
    struct http_tls **ret, struct diag *d);
void http_tls_free(struct http_tls *t);
DEFINE_FREE_P(struct http_tls, http_tls_free);
#define auto_http_tls CLEANUP(http_tls_free_p)

/* A new connection; name: the server's name or address, NULL on a server. */
MUST_CHECK int http_tls_new(struct http_tls *t, const char *name,
    struct ssl_st **ret, struct diag *d);
/* After the client's handshake: is it the server that was meant? */
MUST_CHECK int http_tls_verify(const struct http_tls *t, struct ssl_st *ssl,
    struct diag *d);
/* RFC 5705 and 8446 7.5; false when the handshake is not complete. */
MUST_CHECK bool http_tls_exporter(struct ssl_st *ssl, const char *label,
    uint8_t *ret, size_t n);

#endif
