/* SPDX-License-Identifier: Apache-2.0 */
/* Which path goes to which backend, by which tables. */
#include <string.h>

#include "hgs/front/answer.h"
#include "hgs/front/front.h"
#include "hgs/front/request.h"
#include "ipc/channel.h"
#include "proto/evidence.h"
#include "proto/hgs.h"

#define PATH_INFO      "/Attestation/GetInfo"
#define PATH_SIGNERS   "/Attestation/v1/signingCertificates"
#define PATH_CHALLENGE "/Attestation/v1/challenge"
#define PATH_ATTEST    "/Attestation/v1/attest"
#define PATH_HOSTKEY   "/Attestation/v1/hostkeyattest"
#define PATH_DOMAIN    "/Attestation/v1/domainattest"
#define PATH_METADATA  "/KeyProtection/service/metadata/2014-07/metadata.xml"
#define PATH_HEALTH    "/healthz"
#define PATH_METRICS   "/metrics"

#define SMALL_MAX    ((size_t)64 << 10)
#define KEY_BODY_MAX ((size_t)256 << 10)

/* The key service's calls. */
static const struct key_route {
	const char *path;
	const struct fields *in;
	const struct fields *out;
} key_routes[] = {
	{ PATH_ROLL, &roll_request_fields, &roll_reply_fields },
	{ PATH_CONFIRM, &seal_notice_fields, &seal_notice_reply_fields },
	{ PATH_STOPPED, &seal_notice_fields, &seal_notice_reply_fields },
	{ PATH_OPEN, &open_request_fields, &roll_reply_fields },
};

static const struct key_route *
key_route_of(const struct http_request *r)
{
	for (size_t i = 0; i < ARRAY_LEN(key_routes); i++)
		if (strcmp(key_routes[i].path, http_request_path(r)) == 0)
			return &key_routes[i];
	bug(__FILE__, __LINE__, "a key call on a path without table");
}

static void
info_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	if (err < 0)
		answer_failure(arg, err, why);
	else
		answer_message(arg, &attest_info_fields, reply);
}

static void
on_info(struct http_request *r, void *arg)
{
	struct front *f = arg;

	backend_ask(f->attest, HGS_OP_INFO, BYTES_NONE, -1, info_done, r);
}

static void
health_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	(void)reply;
	if (err < 0)
		answer_failure(arg, err, why);
	else
		answer_raw(arg, "text/plain", bytes_of_text("ok\n"));
}

/* For load balancers: both services answer, and their keys are unlocked. */
static void
health_half_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	struct http_request *r = arg;
	struct front *f = http_request_arg(r);

	(void)reply;
	if (err < 0)
		answer_failure(r, err, why);
	else
		backend_ask(f->key, HGS_OP_METADATA, BYTES_NONE, -1,
		    health_done, r);
}

static void
on_health(struct http_request *r, void *arg)
{
	struct front *f = arg;

	backend_ask(f->attest, HGS_OP_INFO, BYTES_NONE, -1, health_half_done,
	    r);
}

static void
signers_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	if (err < 0)
		answer_failure(arg, err, why);
	else
		answer_raw(arg, "application/x-pkcs7-certificates", reply);
}

static void
on_signers(struct http_request *r, void *arg)
{
	struct front *f = arg;

	backend_ask(f->attest, HGS_OP_SIGNERS, BYTES_NONE, -1, signers_done, r);
}

static void
metadata_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	if (err < 0)
		answer_failure(arg, err, why);
	else
		answer_raw(arg, "text/xml; charset=utf-8", reply);
}

static void
on_metadata(struct http_request *r, void *arg)
{
	struct front *f = arg;

	backend_ask(f->key, HGS_OP_METADATA, BYTES_NONE, -1, metadata_done, r);
}

static void
challenge_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	if (err < 0)
		answer_failure(arg, err, why);
	else
		answer_outcome(arg, &challenge_reply_fields, reply);
}

static void
on_challenge(struct http_request *r, void *arg)
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	struct front *f = arg;
	struct diag d = { 0 };

	if (request_message(&challenge_request_fields, http_request_body(r),
		&out, &d) < 0)
		answer_bad_request(r, &d);
	else
		backend_ask(f->attest, HGS_OP_CHALLENGE, buf_bytes(&out), -1,
		    challenge_done, r);
}

static void
attest_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	if (err < 0)
		answer_failure(arg, err, why);
	else
		answer_outcome(arg, &attest_reply_fields, reply);
}

static void
on_attest(struct http_request *r, void *arg)
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	uint8_t exporter[HTTP_EXPORTER_SIZE];
	struct front *f = arg;
	struct diag d = { 0 };

	http_request_exporter(r, exporter);
	if (request_evidence(http_request_body(r), exporter,
		http_request_peer(r), &out, &d) < 0)
		answer_bad_request(r, &d);
	else
		backend_ask(f->attest, HGS_OP_ATTEST, buf_bytes(&out),
		    http_request_body_fd(r), attest_done, r);
}

static void
on_other_mode(struct http_request *r, void *arg)
{
	(void)arg;
	http_refuse(r, REASON_ModeNotEnabled);
}

static void
key_done(void *arg, int err, struct bytes reply, const struct diag *why)
{
	if (err < 0)
		answer_failure(arg, err, why);
	else
		answer_outcome(arg, key_route_of(arg)->out, reply);
}

static void
on_key_call(struct http_request *r, void *arg)
{
	auto_buf struct buf out = BUF_INIT(CHANNEL_BODY_MAX);
	struct request_proof_text proof = {
		http_request_field(r, HEADER_TIME),
		http_request_field(r, HEADER_REQUEST),
		http_request_field(r, HEADER_MAC),
	};
	const struct key_route *route = key_route_of(r);
	struct front *f = arg;
	struct diag d = { 0 };

	if (request_key_call(route->in, route->path, &proof,
		http_request_body(r), http_request_peer(r), &out, &d) < 0)
		answer_bad_request(r, &d);
	else
		backend_ask(f->key, HGS_OP_KEY_CALL, buf_bytes(&out), -1,
		    key_done, r);
}

static const struct http_route public_routes[] = {
	{ "GET", PATH_INFO, NULL, 0, false, on_info },
	{ "GET", PATH_SIGNERS, NULL, 0, false, on_signers },
	{ "GET", PATH_METADATA, NULL, 0, false, on_metadata },
	{ "GET", PATH_HEALTH, NULL, 0, false, on_health },
	{ "POST", PATH_CHALLENGE, JSON_MEDIA_TYPE, SMALL_MAX, false,
	    on_challenge },
	{ "POST", PATH_HOSTKEY, JSON_MEDIA_TYPE, SMALL_MAX, false,
	    on_other_mode },
	{ "POST", PATH_DOMAIN, JSON_MEDIA_TYPE, SMALL_MAX, false,
	    on_other_mode },
	{ "POST", PATH_ROLL, JSON_MEDIA_TYPE, KEY_BODY_MAX, false,
	    on_key_call },
	{ "POST", PATH_CONFIRM, JSON_MEDIA_TYPE, KEY_BODY_MAX, false,
	    on_key_call },
	{ "POST", PATH_STOPPED, JSON_MEDIA_TYPE, KEY_BODY_MAX, false,
	    on_key_call },
	{ "POST", PATH_OPEN, JSON_MEDIA_TYPE, KEY_BODY_MAX, false,
	    on_key_call },
};

size_t
front_routes(struct http_route ret[static FRONT_ROUTES_MAX],
    size_t evidence_max)
{
	size_t n = ARRAY_LEN(public_routes);

	_Static_assert(ARRAY_LEN(public_routes) < FRONT_ROUTES_MAX, "routes");
	memcpy(ret, public_routes, sizeof(public_routes));
	ret[n++] = (struct http_route){ "POST", PATH_ATTEST,
		EVIDENCE_MEDIA_TYPE, evidence_max, true, on_attest };
	return n;
}

void
front_observe(const char *path, unsigned status, enum reason reason, void *arg)
{
	struct front *f = arg;

	(void)status;
	metrics_count(&f->metrics, path, reason);
}

static void
on_metrics(struct http_request *r, void *arg)
{
	auto_buf struct buf b = BUF_INIT((size_t)1 << 20);
	struct front *f = arg;

	metrics_put(&f->metrics, &b);
	metrics_put_number(&b, "shieldwall_hgs_connections", "gauge",
	    "Connections of clients.", http_server_connections(f->public));
	metrics_put_number(&b, "shieldwall_hgs_turned_away_total", "counter",
	    "Connections refused for being too many.",
	    http_server_turned_away(f->public));
	metrics_put_number(&b, "shieldwall_hgs_attest_outstanding", "gauge",
	    "Requests that the attestation service works on.",
	    backend_outstanding(f->attest));
	metrics_put_number(&b, "shieldwall_hgs_key_outstanding", "gauge",
	    "Requests that the key service works on.",
	    backend_outstanding(f->key));
	answer_raw(r, METRICS_MEDIA_TYPE, buf_bytes(&b));
}

const struct http_route front_metrics_route = { "GET", PATH_METRICS, NULL, 0,
	false, on_metrics };
