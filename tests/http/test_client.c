/* SPDX-License-Identifier: Apache-2.0 */
/* The client against the server, plain and in TLS, and against liars. */
#include "http/client.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "service.h"

struct identity {
	struct buf chain;
	struct buf key;
	uint8_t pin[HTTP_PIN_SIZE];
	char file[64];
};

static void
hello(struct http_request *r, void *arg)
{
	uint8_t exporter[HTTP_EXPORTER_SIZE];
	struct http_answer a = { 200, REASON_NONE, "text/plain",
		BYTES_OF_ARRAY(exporter) };

	(void)arg;
	http_request_exporter(r, exporter);
	http_reply(r, &a);
}

static void
echo(struct http_request *r, void *arg)
{
	struct http_answer a = { 200, REASON_NONE, "text/plain",
		http_request_body(r) };

	(void)arg;
	http_reply(r, &a);
}

static const struct http_route routes[] = {
	{ "GET", "/exporter", NULL, 0, false, hello },
	{ "POST", "/echo", "application/json", 8 << 20, false, echo },
	{ "POST", "/small", "application/json", 16, false, echo },
};

static void
take_bio(BIO *bio, struct buf *ret)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	(void)buf_put(ret, bytes_of(p, (size_t)n));
	BIO_free(bio);
}

static struct identity
identity_new(const char *san)
{
	struct identity id = { BUF_INIT(8192), BUF_INIT(8192), { 0 }, "" };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x = X509_new();
	X509_EXTENSION *e;
	FILE *f;
	int fd;

	(void)X509_set_version(x, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -60);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"hgs", -1, -1, 0);
	(void)X509_set_issuer_name(x, X509_get_subject_name(x));
	(void)X509_set_pubkey(x, key);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	(void)X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	(void)X509_sign(x, key, EVP_sha256());
	(void)X509_digest(x, EVP_sha256(), id.pin, NULL);
	(void)PEM_write_bio_X509(bio, x);
	take_bio(bio, &id.chain);
	bio = BIO_new(BIO_s_mem());
	(void)PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	take_bio(bio, &id.key);
	(void)snprintf(id.file, sizeof(id.file), "/tmp/t-client.XXXXXX");
	fd = mkstemp(id.file);
	if (fd < 0 || (f = fdopen(fd, "w")) == NULL)
		t_bail("no scratch file");
	(void)fwrite(id.chain.p, 1, id.chain.len, f);
	(void)fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
	return id;
}

static void
identity_free(struct identity *id)
{
	(void)unlink(id->file);
	buf_free(&id->chain);
	buf_free(&id->key);
}

static struct http_url
url_of(const struct service *s, bool tls)
{
	struct http_url u;
	struct diag d;
	char text[64];

	(void)snprintf(text, sizeof(text), "%s://127.0.0.1:%u",
	    tls ? "https" : "http", s->port);
	if (http_url_parse(bytes_of_text(text), &u, &d) < 0)
		t_bail("%s", d.text);
	return u;
}

static int
post(struct http_client *c, const char *path, struct bytes body,
    struct http_result *ret, struct buf *ret_body, struct diag *d)
{
	struct http_call call = { .method = "POST",
		.path = path,
		.type = "application/json",
		.body = body,
		.timeout_ms = 3000 };

	buf_reset(ret_body);
	return http_client_call(c, &call, ret, ret_body, d);
}

static void
test_calls(const struct service *s, struct http_tls *tls, const char *how)
{
	auto_http_client struct http_client *c = NULL;
	struct http_url u = url_of(s, tls != NULL);
	auto_buf struct buf body = BUF_INIT(8 << 20);
	auto_buf struct buf tiny = BUF_INIT(4);
	uint8_t *big = calloc(1, 5 << 20), mine[HTTP_EXPORTER_SIZE];
	struct http_call get = { .method = "GET",
		.path = "/exporter",
		.timeout_ms = 3000 };
	struct http_result res = { 0 };
	struct diag d = { 0 };

	CHECK(http_client_new(&u, tls, &c, &d) == ERR_OK, "%s: a client", how);
	CHECK(http_client_exporter(c, 3000, mine, &d) == ERR_OK &&
		http_client_call(c, &get, &res, &body, &d) == ERR_OK &&
		bytes_equal(BYTES_OF_ARRAY(mine), buf_bytes(&body)) &&
		bytes_all_zero(BYTES_OF_ARRAY(mine)) == (tls == NULL),
	    "%s: both ends have the same exporter (%s)", how, d.text);
	for (int i = 0; i < 3; i++)
		CHECK(post(c, "/echo", bytes_of_text("{}"), &res, &body, &d) ==
			    ERR_OK &&
			res.status == 200 &&
			bytes_equal_text(buf_bytes(&body), "{}"),
		    "%s: call %d is answered", how, i + 1);
	CHECK(post(c, "/echo", bytes_of(big, 5 << 20), &res, &body, &d) ==
		    ERR_OK &&
		body.len == 5 << 20,
	    "%s: 5 MiB there and back", how);
	CHECK(post(c, "/small", bytes_of(big, 5 << 20), &res, &body, &d) ==
		    ERR_OK &&
		res.status == 413,
	    "%s: an early refusal is seen (%s)", how, d.text);
	CHECK(post(c, "/echo", bytes_of_text("12345"), &res, &tiny, &d) ==
		    ERR_LIMIT &&
		tiny.len == 0,
	    "%s: an answer over the caller's limit: refused", how);
	CHECK(post(c, "/echo", bytes_of_text("1234"), &res, &tiny, &d) ==
		    ERR_OK &&
		tiny.len == 4,
	    "%s: one at the limit passes", how);
	free(big);
}

static void
expect_tls(const struct service *s, const uint8_t *pin, const char *ca,
    const char *host, int want, const char *what)
{
	auto_http_tls struct http_tls *tls = NULL;
	auto_http_client struct http_client *c = NULL;
	auto_buf struct buf body = BUF_INIT(1024);
	struct http_url u = url_of(s, true);
	struct http_result res;
	struct diag d = { 0 };
	int r;

	(void)snprintf(u.host, sizeof(u.host), "%s", host);
	if (http_tls_client(pin, ca, &tls, &d) < 0 ||
	    http_client_new(&u, tls, &c, &d) < 0)
		t_bail("%s", d.text);
	r = post(c, "/echo", bytes_of_text("{}"), &res, &body, &d);
	CHECK(want == ERR_OK ? r == ERR_OK : r < 0, "%s (%s)", what,
	    r < 0 ? d.text : "accepted");
	if (want == ERR_REFUSED && pin != NULL)
		CHECK(r == ERR_REFUSED &&
			d.reason == REASON_FingerprintMismatch,
		    "and the reason is FingerprintMismatch");
}

static void
test_trust(const struct service *s, const struct identity *id,
    const struct identity *other)
{
	expect_tls(s, id->pin, NULL, "127.0.0.1", ERR_OK,
	    "the pinned certificate is accepted");
	expect_tls(s, other->pin, NULL, "127.0.0.1", ERR_REFUSED,
	    "another certificate than the pinned one: refused");
	expect_tls(s, NULL, id->file, "127.0.0.1", ERR_OK,
	    "a certificate of the given file is accepted");
	expect_tls(s, NULL, other->file, "127.0.0.1", ERR_IO,
	    "one of another file: refused");
	expect_tls(s, NULL, id->file, "127.0.0.2", ERR_IO,
	    "one for another address: refused");
	expect_tls(s, NULL, id->file, "localhost", ERR_IO,
	    "one for another name: refused");
}

/* A server that says `text` to whatever comes, in a child. */
static struct service
liar_start(const char *text)
{
	struct service s = { 0 };
	int fd = service_socket(&s.port);

	s.pid = fork();
	if (s.pid == 0) {
		char trash[4096];
		int c;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while ((c = accept(fd, NULL, NULL)) >= 0) {
			(void)!recv(c, trash, sizeof(trash), 0);
			raw_send(c, text, strlen(text));
			(void)shutdown(c, SHUT_WR);
			while (recv(c, trash, sizeof(trash), 0) > 0)
				continue;
			(void)close(c);
		}
		_exit(0);
	}
	(void)close(fd);
	return s;
}

static const struct {
	const char *what;
	int want;
	const char *text;
} lies[] = {
	{ "a good answer", ERR_OK,
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" },
	{ "interim answers before it", ERR_OK,
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n\r\n"
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" },
	{ "endless interim answers", ERR_PROTOCOL,
	    "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
	    "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n" },
	{ "an upgrade", ERR_PROTOCOL,
	    "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n" },
	{ "a redirect", ERR_REFUSED,
	    "HTTP/1.1 302 Found\r\nLocation: http://e/\r\n"
	    "Content-Length: 0\r\n\r\n" },
	{ "no length", ERR_PROTOCOL, "HTTP/1.1 200 OK\r\n\r\nok" },
	{ "two lengths", ERR_PROTOCOL,
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n"
	    "ok" },
	{ "chunks", ERR_PROTOCOL,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
	{ "a compressed answer", ERR_PROTOCOL,
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
	    "Content-Length: 2\r\n\r\nok" },
	{ "an answer cut short", ERR_IO,
	    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok" },
	{ "bytes after the answer", ERR_PROTOCOL,
	    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok" },
	{ "an answer too large", ERR_LIMIT,
	    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nok" },
	{ "something else than HTTP", ERR_PROTOCOL, "SSH-2.0-x\r\n\r\n" },
	{ "nothing", ERR_IO, "" },
};

static void
test_lies(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		auto_http_client struct http_client *c = NULL;
		struct service s = liar_start(lies[i].text);
		struct http_url u = url_of(&s, false);
		auto_buf struct buf body = BUF_INIT(1024);
		struct http_result res;
		struct diag d = { 0 };
		int r;

		if (http_client_new(&u, NULL, &c, &d) < 0)
			t_bail("%s", d.text);
		r = post(c, "/", bytes_of_text("{}"), &res, &body, &d);
		CHECK(r == lies[i].want, "%s: %s (%s)", lies[i].what,
		    lies[i].want == ERR_OK ? "accepted" : "refused",
		    r < 0 ? d.text : "ok");
		(void)service_stop(&s);
	}
}

static void
test_deadline(void)
{
	struct service s = { 0 };
	int fd = service_socket(&s.port);
	struct http_url u = url_of(&s, false);
	auto_http_client struct http_client *c = NULL;
	auto_buf struct buf body = BUF_INIT(1024);
	struct http_call call = { .method = "GET",
		.path = "/",
		.timeout_ms = 200 };
	struct http_result res;
	struct diag d;

	if (http_client_new(&u, NULL, &c, &d) < 0)
		t_bail("%s", d.text);
	CHECK(http_client_call(c, &call, &res, &body, &d) == ERR_TIMEOUT,
	    "a silent server: the call ends by its deadline");
	(void)close(fd);
	CHECK(http_client_call(c, &call, &res, &body, &d) < 0,
	    "no server: an error (%s)", d.text);
}

int
main(void)
{
	struct http_server_config config = { routes, ARRAY_LEN(routes), NULL,
		NULL, http_limits_default };
	struct identity id = identity_new("IP:127.0.0.1,DNS:hgs.example");
	struct identity other = identity_new("IP:127.0.0.1");
	auto_http_tls struct http_tls *tls = NULL;
	struct service plain, secure;
	struct diag d;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	config.limits.request_ms = 1500;
	plain = service_start(&config, BYTES_NONE, BYTES_NONE);
	secure =
	    service_start(&config, buf_bytes(&id.chain), buf_bytes(&id.key));
	test_calls(&plain, NULL, "plain");
	if (http_tls_client(id.pin, NULL, &tls, &d) < 0)
		t_bail("%s", d.text);
	test_calls(&secure, tls, "TLS");
	test_trust(&secure, &id, &other);
	CHECK(http_tls_client(NULL, NULL, &tls, &d) == ERR_USAGE,
	    "TLS without fingerprint and file: refused");

	fd = raw_connect(&secure);
	{
		char reply[256];

		raw_send(fd, "\026\003\001\001\000\001", 6);
		CHECK(raw_receive(fd, reply, sizeof(reply), 4000),
		    "T61 a half-open TLS handshake is closed");
		(void)close(fd);
		fd = raw_connect(&secure);
		raw_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27);
		CHECK(raw_receive(fd, reply, sizeof(reply), 4000) &&
			raw_status(reply) == 0,
		    "plain HTTP on the TLS port is closed");
		(void)close(fd);
	}
	CHECK(service_stop(&plain) && service_stop(&secure),
	    "both servers lived to the end");
	test_lies();
	test_deadline();
	identity_free(&id);
	identity_free(&other);
	return t_done();
}
