/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front in a child process; we are its client on one side, and on the
 * other hgs-attest and hgs-key, frame by frame.
 */
#include "hgs/front/front.h"

#include "harness.h"

static const struct attest_info info = {
	.version = 1,
	.service = { (const uint8_t *)"hgs", 3 },
	.mode = { (const uint8_t *)"tpm", 3 },
	.pcr_mask = 0xfbff,
};

static void
test_get(void)
{
	auto_buf struct buf b = BUF_INIT(1 << 20);
	struct http_call q = { .method = "GET",
		.path = "/Attestation/GetInfo" };
	struct part p = { .fd = attest_fd,
		.op = HGS_OP_INFO,
		.message = &attest_info_fields,
		.reply = &info };
	struct http_result res;

	res = call(&p, &q, &b);
	CHECK(res.status == 200 &&
		strstr(text_of(&b), "\"pcr_mask\":64511") != NULL,
	    "GetInfo is what the attestation service says, in JSON");
	q.path = "/Attestation/v1/signingCertificates";
	p = (struct part){ .fd = attest_fd,
		.op = HGS_OP_SIGNERS,
		.reply = "pkcs7" };
	res = call(&p, &q, &b);
	CHECK(res.status == 200 && strcmp(text_of(&b), "pkcs7") == 0 &&
		strcmp(res.type, "application/x-pkcs7-certificates") == 0,
	    "signing certificates pass as they are");
	q.path = "/KeyProtection/service/metadata/2014-07/metadata.xml";
	p = (struct part){ .fd = key_fd,
		.op = HGS_OP_METADATA,
		.reply = "<x/>" };
	res = call(&p, &q, &b);
	CHECK(res.status == 200 && strcmp(text_of(&b), "<x/>") == 0,
	    "so does the guardian's metadata");
}

static void
test_failures(void)
{
	auto_buf struct buf b = BUF_INIT(1 << 20);
	struct http_call q = { .method = "GET",
		.path = "/Attestation/GetInfo" };
	struct part p = { .fd = attest_fd,
		.op = HGS_OP_INFO,
		.err = ERR_REFUSED,
		.reason = REASON_Locked };
	struct http_result res;

	res = call(&p, &q, &b);
	CHECK(res.status == 503 &&
		strstr(text_of(&b), "\"code\":\"Locked\"") != NULL,
	    "a backend's refusal comes with its reason");
	CHECK(strstr(text_of(&b), "secret detail") == NULL,
	    "T62 and without its text");
	p.err = ERR_CRYPTO;
	p.reason = REASON_NONE;
	res = call(&p, &q, &b);
	CHECK(res.status == 500 &&
		strstr(text_of(&b), "\"code\":\"InternalError\"") != NULL &&
		strstr(text_of(&b), "secret detail") == NULL,
	    "T62 one without reason is an internal error, without its text");
	p = (struct part){ .fd = attest_fd, .op = HGS_OP_INFO, .silent = true };
	res = call(&p, &q, &b);
	CHECK(res.status == 503 &&
		strstr(text_of(&b), "\"code\":\"TransientError\"") != NULL,
	    "a silent backend: TransientError at the deadline");
	p = (struct part){ .fd = attest_fd,
		.op = HGS_OP_INFO,
		.message = NULL,
		.reply = "garbage" };
	res = call(&p, &q, &b);
	CHECK(res.status == 500, "a backend's malformed answer: 500");
	q.path = "/healthz";
	p.err = ERR_REFUSED;
	p.reason = REASON_Locked;
	res = call(&p, &q, &b);
	CHECK(res.status == 503, "healthz says when the keys are locked");
}

static const struct {
	const char *what;
	const char *body;
} bad_json[] = {
	{ "nothing", "" },
	{ "no object", "[]" },
	{ "T59 a key twice",
	    "{\"version\":1,\"version\":1,\"ek_certificate\":\"\","
	    "\"ek_public\":\"\",\"ak_public\":\"\"}" },
	{ "T59 an unknown key",
	    "{\"version\":1,\"ek_certificate\":\"\",\"ek_public\":\"\","
	    "\"ak_public\":\"\",\"x\":1}" },
	{ "T59 a missing key", "{\"version\":1}" },
	{ "T59 a number out of range",
	    "{\"version\":256,\"ek_certificate\":\"\",\"ek_public\":\"\","
	    "\"ak_public\":\"\"}" },
	{ "T59 a huge number",
	    "{\"version\":1e999,\"ek_certificate\":\"\",\"ek_public\":\"\","
	    "\"ak_public\":\"\"}" },
	{ "T59 invalid UTF-8", "{\"version\":1,\"\377\":\"\"}" },
	{ "T59 base64 that is none",
	    "{\"version\":1,\"ek_certificate\":\"*\",\"ek_public\":\"\","
	    "\"ak_public\":\"\"}" },
	{ "T59 XML",
	    "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]>" },
	{ "T58 bytes behind the object",
	    "{\"version\":1,\"ek_certificate\":\"\",\"ek_public\":\"\","
	    "\"ak_public\":\"\"} {}" },
};

static void
test_challenge(void)
{
	auto_buf struct buf b = BUF_INIT(1 << 20);
	struct challenge_reply reply = { .version = 1,
		.token = bytes_of_text("token") };
	struct wire_error refusal = {
		.code = bytes_of_text("UnauthorizedHost"),
		.message = bytes_of_text("The host is not registered."),
	};
	struct http_call q = { .method = "POST",
		.path = "/Attestation/v1/challenge",
		.type = "application/json",
		.body = bytes_of_text("{\"version\":1,\"ek_certificate\":\"\","
				      "\"ek_public\":\"YQ==\","
				      "\"ak_public\":\"Yg==\"}") };
	struct part p = { .fd = attest_fd,
		.op = HGS_OP_CHALLENGE,
		.message = &challenge_reply_fields,
		.reply = &reply,
		.outcome = true };
	char deep[4096];
	struct http_result res;

	res = call(&p, &q, &b);
	CHECK(res.status == 200 &&
		strstr(text_of(&b), "\"token\":\"dG9rZW4=\"") != NULL,
	    "a challenge goes out and comes back");
	p.message = &wire_error_fields;
	p.reply = &refusal;
	res = call(&p, &q, &b);
	CHECK(res.status == 403 &&
		strstr(text_of(&b), "\"code\":\"UnauthorizedHost\"") != NULL,
	    "a refusal has its reason's status");
	for (size_t i = 0; i < ARRAY_LEN(bad_json); i++) {
		q.body = bytes_of_text(bad_json[i].body);
		res = call(NULL, &q, &b);
		CHECK(res.status == 400 &&
			strstr(text_of(&b), "\"code\":\"BadRequest\"") != NULL,
		    "%s: 400, and no backend hears of it", bad_json[i].what);
	}
	memset(deep, '[', sizeof(deep));
	q.body = bytes_of(deep, sizeof(deep));
	res = call(NULL, &q, &b);
	CHECK(res.status == 400, "T59 deep nesting: 400");
	q.path = "/Attestation/v1/hostkeyattest";
	res = call(NULL, &q, &b);
	CHECK(res.status == 403 &&
		strstr(text_of(&b), "\"code\":\"ModeNotEnabled\"") != NULL,
	    "host key attestation: ModeNotEnabled");
	q.path = "/Attestation/v1/domainattest";
	res = call(NULL, &q, &b);
	CHECK(res.status == 403 &&
		strstr(text_of(&b), "\"code\":\"ModeNotEnabled\"") != NULL,
	    "domain attestation: ModeNotEnabled");
}

/* Answers ChallengeSpent if what came with the evidence is as it should be. */
static void
play_attest(struct bytes boot_log)
{
	auto_buf struct buf storage = BUF_INIT(CHANNEL_BODY_MAX + 64);
	auto_frame struct frame f = FRAME_INIT;
	struct attest_request inner;
	struct attest_parts p;
	struct stat st;
	struct diag d = { 0 };
	void *map;
	bool ok;

	if (channel_receive(attest_fd, 3000, &storage, &f, &d) < 0 ||
	    f.op != HGS_OP_ATTEST || f.n_fds != 1 ||
	    fields_decode(&attest_parts_fields, f.body, &p, &d) < 0 ||
	    fields_decode(&attest_request_fields, p.request, &inner, &d) < 0 ||
	    fstat(f.fds[0], &st) != 0)
		_exit(1);
	map =
	    mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, f.fds[0], 0);
	ok = bytes_equal_text(p.quote, "quote") && p.certify.len == 0 &&
	    p.ima_log_len == 0 && p.boot_log_len == boot_log.len &&
	    bytes_equal(boot_log,
		bytes_of((uint8_t *)map + p.boot_log_at, boot_log.len)) &&
	    fcntl(f.fds[0], F_GET_SEALS) ==
		(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) &&
	    bytes_equal_text(inner.host_name, "host1") &&
	    bytes_equal_text(p.peer, "127.0.0.1") &&
	    bytes_all_zero(BYTES_OF_ARRAY(p.exporter));
	(void)diag_refuse(&d, ok ? REASON_ChallengeSpent : REASON_BadRequest,
	    "-");
	_exit(channel_reply_error(attest_fd, &f, ERR_REFUSED, &d, &d) < 0);
}

static const char request_json[] =
    "{\"version\":1,\"token\":\"dA==\",\"activation\":\"YQ==\",\"time\":5,"
    "\"host_name\":\"host1\"}";

static void
test_attest(void)
{
	auto_buf struct buf b = BUF_INIT(1 << 20);
	auto_buf struct buf bundle = BUF_INIT(EVIDENCE_MAX);
	uint8_t *log = calloc(1, 3000000);
	struct evidence e = { 0 };
	struct http_call q = { .method = "POST",
		.path = "/Attestation/v1/attest",
		.type = EVIDENCE_MEDIA_TYPE };
	struct http_result res;
	struct diag d;
	pid_t pid;

	memset(log, 'l', 3000000);
	e.part[EVIDENCE_REQUEST] = bytes_of_text(request_json);
	e.part[EVIDENCE_QUOTE] = bytes_of_text("quote");
	e.part[EVIDENCE_BOOT_LOG] = bytes_of(log, 3000000);
	e.part[EVIDENCE_CMDLINE] = bytes_of_text("quiet");
	if (evidence_encode(&e, &bundle, &d) < 0)
		t_bail("%s", d.text);
	q.body = buf_bytes(&bundle);
	if ((pid = fork()) == 0)
		play_attest(e.part[EVIDENCE_BOOT_LOG]);
	res = call(NULL, &q, &b);
	(void)waitpid(pid, NULL, 0);
	CHECK(res.status == 409 &&
		strstr(text_of(&b), "\"code\":\"ChallengeSpent\"") != NULL,
	    "evidence arrives whole: small parts inside, logs in a sealed "
	    "file");
	q.body.len--;
	res = call(NULL, &q, &b);
	CHECK(res.status == 400, "T49 a bundle cut short: 400");
	buf_reset(&bundle);
	e.part[EVIDENCE_REQUEST] = bytes_of_text("{}");
	if (evidence_encode(&e, &bundle, &d) < 0)
		t_bail("%s", d.text);
	q.body = buf_bytes(&bundle);
	res = call(NULL, &q, &b);
	CHECK(res.status == 400, "T59 a bundle with another request: 400");
	q.body = bytes_of(log, 0);
	res = call(NULL, &q, &b);
	CHECK(res.status == 400, "no bundle at all: 400");
	free(log);
}

static void
test_key_calls(void)
{
	static const struct http_call_field proof[] = {
		{ HEADER_TIME, "1700000000" },
		{ HEADER_REQUEST, "000102030405060708090a0b0c0d0e0f" },
		{ HEADER_MAC,
		    "00112233445566778899aabbccddeeff"
		    "00112233445566778899aabbccddeeff" },
	};
	static const char notice[] =
	    "{\"version\":1,\"asker\":{\"certificate\":\"\","
	    "\"hk_public\":\"\",\"certify\":\"\",\"certify_signature\":\"\"},"
	    "\"core\":\"\",\"clean\":true}";
	auto_buf struct buf b = BUF_INIT(1 << 20);
	struct seal_notice_reply reply = { .version = 1, .lease = 600 };
	struct http_call q = { .method = "POST",
		.path = PATH_CONFIRM,
		.type = "application/json",
		.body = bytes_of_text(notice),
		.fields = proof,
		.n_fields = ARRAY_LEN(proof) };
	struct part p = { .fd = key_fd,
		.op = HGS_OP_KEY_CALL,
		.message = &seal_notice_reply_fields,
		.reply = &reply,
		.outcome = true };
	struct http_call_field bad[3];
	struct http_result res;

	res = call(&p, &q, &b);
	CHECK(res.status == 200 && strstr(text_of(&b), "\"lease\":600") != NULL,
	    "a confirmation goes to the key service and back");
	q.path = PATH_STOPPED;
	res = call(&p, &q, &b);
	CHECK(res.status == 200, "so does the word that a VM stopped");
	q.n_fields = 2;
	res = call(NULL, &q, &b);
	CHECK(res.status == 403 &&
		strstr(text_of(&b), "\"code\":\"RequestNotAuthentic\"") != NULL,
	    "without proof: RequestNotAuthentic");
	memcpy(bad, proof, sizeof(bad));
	q.n_fields = 3;
	q.fields = bad;
	bad[2].value = "00";
	res = call(NULL, &q, &b);
	CHECK(res.status == 400, "a MAC of another length: 400");
	bad[2] = proof[2];
	bad[0].value = "-1";
	res = call(NULL, &q, &b);
	CHECK(res.status == 400, "a negative time: 400");
	q.fields = proof;
	q.path = PATH_ROLL;
	res = call(NULL, &q, &b);
	CHECK(res.status == 400, "a body for another path: 400");
}

static void
test_metrics(void)
{
	auto_http_client struct http_client *c = NULL;
	auto_buf struct buf b = BUF_INIT(1 << 20);
	struct http_call q = { .method = "GET",
		.path = "/metrics",
		.timeout_ms = 2000 };
	struct http_result res;
	struct diag d;

	res = call(NULL, &q, &b);
	CHECK(res.status == 404, "the public listener has no metrics");
	buf_reset(&b);
	if (http_client_new(&metrics_url, NULL, &c, &d) < 0 ||
	    http_client_call(c, &q, &res, &b, &d) < 0)
		t_bail("%s", d.text);
	(void)buf_put_u8(&b, 0);
	CHECK(
	    strstr(text_of(&b),
		"shieldwall_hgs_requests_total{route=\"/Attestation/v1/"
		"challenge\",code=\"UnauthorizedHost\",status=\"403\"} 1\n") !=
		NULL,
	    "metrics count requests by route and reason");
	CHECK(strstr(text_of(&b), "route=\"\",code=\"NotFound\"") != NULL,
	    "also those without route");
	CHECK(strstr(text_of(&b), "\nshieldwall_hgs_connections ") != NULL,
	    "and show the connections");
}

int
main(void)
{
	int status = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	start();
	test_get();
	test_failures();
	test_challenge();
	test_attest();
	test_key_calls();
	test_metrics();
	CHECK(waitpid(child, &status, WNOHANG) == 0,
	    "the front is the same process as at the start");
	(void)close(attest_fd);
	(void)waitpid(child, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7,
	    "it notices when a backend goes");
	return t_done();
}
