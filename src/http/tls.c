/* SPDX-License-Identifier: Apache-2.0 */
#include "http/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#define TLS12_SUITES "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS       "X25519:P-256:P-384"

struct http_tls {
	SSL_CTX *ctx;
	bool server;
	bool pinned;
	uint8_t pin[HTTP_PIN_SIZE];
};

static int
fail(struct diag *d, const char *what)
{
	char text[160];
	unsigned long e = ERR_peek_last_error();

	ERR_error_string_n(e, text, sizeof(text));
	ERR_clear_error();
	return diag_fail(d, ERR_CRYPTO, "TLS: %s: %s", what,
	    e == 0 ? "no reason given" : text);
}

static int
context_new(bool server, struct http_tls **ret, struct diag *d)
{
	/* OpenSSL's macros cast away const. */
	char groups[] = GROUPS;
	struct http_tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return diag_nomem(d);
	t->server = server;
	t->ctx =
	    SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (t->ctx == NULL ||
	    SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(t->ctx, TLS12_SUITES) != 1 ||
	    SSL_CTX_set1_groups_list(t->ctx, groups) != 1) {
		http_tls_free(t);
		return fail(d, "cannot make a context");
	}
	/* Tickets would outlive the connection's forward secrecy. */
	(void)SSL_CTX_set_options(t->ctx,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
		SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(t->ctx, 0);
	(void)SSL_CTX_set_mode(t->ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	*ret = t;
	return ERR_OK;
}

static bool
use_chain(SSL_CTX *ctx, struct bytes pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	bool leaf = true, ok = bio != NULL;
	X509 *x;

	while (ok && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		ok = (leaf ? SSL_CTX_use_certificate(ctx, x)
			   : (int)SSL_CTX_add1_chain_cert(ctx, x)) == 1;
		X509_free(x);
		leaf = false;
	}
	BIO_free(bio);
	ERR_clear_error();
	return ok && !leaf;
}

static int
no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static bool
use_key(SSL_CTX *ctx, struct bytes pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY *key = NULL;
	bool ok;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	ok = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
	    SSL_CTX_check_private_key(ctx) == 1;
	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}

int
http_tls_server(struct bytes chain, struct bytes key, struct http_tls **ret,
    struct diag *d)
{
	auto_http_tls struct http_tls *t = NULL;
	int r;

	if (chain.len > INT32_MAX || key.len > INT32_MAX)
		return diag_fail(d, ERR_LIMIT, "TLS: certificate too large");
	if ((r = context_new(true, &t, d)) < 0)
		return r;
	if (!use_chain(t->ctx, chain))
		return fail(d, "cannot use the certificate");
	if (!use_key(t->ctx, key))
		return fail(d, "cannot use the key");
	*ret = TAKE_PTR(&t);
	return ERR_OK;
}

int
http_tls_client(const uint8_t *pin, const char *ca_file, struct http_tls **ret,
    struct diag *d)
{
	auto_http_tls struct http_tls *t = NULL;
	int r;

	if (pin == NULL && ca_file == NULL)
		return diag_fail(d, ERR_USAGE,
		    "TLS: neither a fingerprint nor a certificate file given");
	if ((r = context_new(false, &t, d)) < 0)
		return r;
	if (pin != NULL) {
		t->pinned = true;
		memcpy(t->pin, pin, sizeof(t->pin));
	} else {
		if (SSL_CTX_load_verify_file(t->ctx, ca_file) != 1)
			return fail(d, ca_file);
		SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	}
	*ret = TAKE_PTR(&t);
	return ERR_OK;
}

void
http_tls_free(struct http_tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

static bool
set_name(SSL *ssl, const char *name)
{
	uint8_t address[16];

	/* An address has no server name indication: RFC 6066 3. */
	if (inet_pton(AF_INET, name, address) == 1 ||
	    inet_pton(AF_INET6, name, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
			   name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(ssl, (char *)(uintptr_t)name) == 1 &&
	    SSL_set1_host(ssl, name) == 1;
}

int
http_tls_new(struct http_tls *t, const char *name, struct ssl_st **ret,
    struct diag *d)
{
	SSL *ssl = SSL_new(t->ctx);

	if (ssl == NULL)
		return fail(d, "cannot make a connection");
	if (!t->server && !set_name(ssl, name)) {
		SSL_free(ssl);
		return fail(d, "the server's name is not usable");
	}
	*ret = ssl;
	return ERR_OK;
}

int
http_tls_verify(const struct http_tls *t, struct ssl_st *ssl, struct diag *d)
{
	X509 *x = SSL_get0_peer_certificate(ssl);
	uint8_t got[HTTP_PIN_SIZE];
	unsigned n = 0;
	long rc;

	if (x == NULL)
		return diag_refuse(d, REASON_FingerprintMismatch,
		    "TLS: the server showed no certificate");
	if (!t->pinned) {
		rc = SSL_get_verify_result(ssl);
		if (rc == X509_V_OK)
			return ERR_OK;
		return diag_fail(d, ERR_REFUSED, "TLS: %s",
		    X509_verify_cert_error_string(rc));
	}
	if (X509_digest(x, EVP_sha256(), got, &n) != 1 || n != sizeof(got))
		return fail(d, "cannot digest the certificate");
	if (!bytes_equal(BYTES_OF_ARRAY(got), BYTES_OF_ARRAY(t->pin)))
		return diag_refuse(d, REASON_FingerprintMismatch,
		    "TLS: the server's certificate is not the pinned one");
	return ERR_OK;
}

bool
http_tls_exporter(struct ssl_st *ssl, const char *label, uint8_t *ret, size_t n)
{
	return SSL_is_init_finished(ssl) == 1 &&
	    SSL_export_keying_material(ssl, ret, n, label, strlen(label), NULL,
		0, 0) == 1;
}
