/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live service as a host sees it, over HTTP; and as its administrator sees
 * it, for what the audit log says. The address, hgsctl and the service's
 * --root come from the environment: HGS_URL, HGSCTL, HGS_ROOT.
 */
#ifndef TESTS_SERVICE_HGS_H
#define TESTS_SERVICE_HGS_H

#include "base/file.h"
#include "http/client.h"
#include "proto/enrol.h"
#include "proto/release.h"

#include "host.h"

#define CALL_MS 30000

struct hgs {
	struct http_client *http;
	char url[128], root[256];
	/* the last answer */
	unsigned status;
	struct buf body;
	char why[DIAG_TEXT_MAX]; /* there was none */
	uint64_t mark; /* the audit log's length before the last request */
};

static inline const char *
env(const char *name)
{
	const char *v = getenv(name);

	if (v == NULL)
		t_bail("%s is not set", name);
	return v;
}

static inline void
hgs_open(struct hgs *g, const char *url, const char *root)
{
	struct http_url u;
	struct diag d = { 0 };

	*g = (struct hgs){ .body = BUF_INIT((size_t)1 << 20) };
	(void)snprintf(g->url, sizeof(g->url), "%s", url);
	(void)snprintf(g->root, sizeof(g->root), "%s", root);
	need(http_url_parse(bytes_of_text(url), &u, &d), &d, "URL");
	need(http_client_new(&u, NULL, &g->http, &d), &d, "client");
}

static inline void
hgs_close(struct hgs *g)
{
	http_client_free(g->http);
	g->http = NULL;
	buf_free(&g->body);
}

/* --- the administrator --- */

/* Starts hgsctl with these words; its output is in the descriptor. */
static inline pid_t
hgsctl_start(const struct hgs *g, char *words, int *ret_fd)
{
	char *argv[24] = { (char *)(uintptr_t)env("HGSCTL"),
		(char *)(uintptr_t) "--root", (char *)(uintptr_t)g->root };
	size_t n = 3;
	char *rest = NULL;
	int out[2];
	pid_t pid;

	for (char *w = strtok_r(words, " ", &rest); w != NULL && n < 23;
	     w = strtok_r(NULL, " ", &rest))
		argv[n++] = w;
	if (pipe(out) != 0)
		t_bail("pipe");
	pid = fork();
	if (pid == 0) {
		(void)dup2(out[1], 1);
		(void)dup2(out[1], 2);
		(void)close(out[0]);
		(void)close(out[1]);
		execv(argv[0], argv);
		_exit(127);
	}
	(void)close(out[1]);
	*ret_fd = out[0];
	return pid;
}

/* The first bytes of what hgsctl prints; its exit status is returned. */
static inline int hgsctl(const struct hgs *g, char *out, size_t size,
    const char *fmt, ...) PRINTF(4, 5);
static inline int
hgsctl(const struct hgs *g, char *out, size_t size, const char *fmt, ...)
{
	char words[512], sink[256];
	size_t n = 0;
	ssize_t got;
	int fd, status;
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	pid = hgsctl_start(g, words, &fd);
	while (n < size - 1 && (got = read(fd, out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	while (read(fd, sink, sizeof(sink)) > 0)
		continue;
	(void)close(fd);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		t_bail("hgsctl");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The last audit record as `hgsctl audit list` shows it; returns its number. */
static inline uint64_t
hgs_audit(const struct hgs *g, char line[static 2048])
{
	if (hgsctl(g, line, 2048, "audit list --last 1") != 0)
		t_bail("audit list: %s", line);
	return strtoull(line, NULL, 10);
}

static inline void
hgs_mark(struct hgs *g)
{
	char line[2048];

	g->mark = hgs_audit(g, line);
}

/* Registers a host; with the baseline that was captured from it, or none. */
static inline void
hgs_enrol(const struct hgs *g, const struct host *h, bool with_baseline)
{
	struct buf out = BUF_INIT(ENROL_MAX), base = BUF_INIT(1);
	struct enrolment e = { .name = bytes_of_text(h->name),
		.ek_certificate = buf_bytes(&h->ek_certificate),
		.ek_public = tpmdev_key_public(&h->ek),
		.ak_public = tpmdev_key_public(&h->ak) };
	char path[128], said[1024];
	struct diag d = { 0 };

	if (with_baseline)
		host_baseline(h, &base);
	e.baseline = buf_bytes(&base);
	need(enrolment_encode(&e, &out, &d), &d, "enrolment");
	(void)snprintf(path, sizeof(path), "%s/enrol", h->tpm.dir);
	need(file_write_atomic(AT_FDCWD, path, 0644, buf_bytes(&out), &d), &d,
	    "enrolment");
	if (hgsctl(g, said, sizeof(said), "host add %s %s --pin-ek --yes %s",
		h->name, path, with_baseline ? "--with-policies" : "") != 0)
		t_bail("host add: %s", said);
	buf_free(&out);
	buf_free(&base);
}

/* --- one request --- */

/* ERR_IO when the service is not there. */
static inline int
hgs_try(struct hgs *g, const struct http_call *call)
{
	struct http_result res = { 0 };
	struct diag d = { 0 };
	int r;

	buf_reset(&g->body);
	g->status = 0;
	r = http_client_call(g->http, call, &res, &g->body, &d);
	g->status = res.status;
	if (r < 0)
		(void)snprintf(g->why, sizeof(g->why), "%s", d.text);
	return r;
}

static inline void
hgs_post(struct hgs *g, const char *path, const char *type, struct bytes body)
{
	struct http_call call = { .method = "POST",
		.path = path,
		.type = type,
		.body = body,
		.timeout_ms = CALL_MS };

	if (hgs_try(g, &call) < 0)
		t_bail("%s: %s", path, g->why);
}

static inline void
hgs_post_json(struct hgs *g, const char *path, const struct fields *f,
    const void *in)
{
	struct buf body = BUF_INIT((size_t)1 << 18);
	struct diag d = { 0 };

	need(json_encode(f, in, &body, &d), &d, "JSON");
	hgs_post(g, path, "application/json", buf_bytes(&body));
	buf_free(&body);
}

static inline void
hgs_decode(struct hgs *g, const struct fields *f, void *ret,
    struct json_doc **ret_doc)
{
	struct diag d = { 0 };

	if (g->status != 200)
		t_bail("HTTP %u: %.*s", g->status, (int)g->body.len,
		    (const char *)g->body.p);
	need(json_decode(buf_bytes(&g->body), f, ret, ret_doc, &d), &d,
	    "answer");
}

/* --- what an answer should be --- */

static inline bool
said_code(struct hgs *g, enum reason code, enum reason sub)
{
	struct json_doc *doc = NULL;
	struct wire_error e;
	struct diag d = { 0 };
	bool good, found = sub == REASON_NONE;

	/* Nothing but the refusal's own fields: nothing else was given. */
	if (json_decode(buf_bytes(&g->body), &wire_error_fields, &e, &doc, &d) <
	    0) {
		printf("# HTTP %u: %s: %.*s\n", g->status, d.text,
		    (int)g->body.len, (const char *)g->body.p);
		return false;
	}
	good = bytes_equal_text(e.code, reason_name(code)) &&
	    g->status == (unsigned)reason_http(code);
	for (size_t i = 0; i < e.n_sub_status; i++)
		found |=
		    bytes_equal_text(e.sub_status[i].name, reason_name(sub));
	if (!good || !found)
		printf("# HTTP %u: %.*s\n", g->status, (int)g->body.len,
		    (const char *)g->body.p);
	json_doc_free(doc);
	return good && found;
}

/* Exactly one record more, this one: so nothing was granted on the way. */
static inline bool
audited(struct hgs *g, const char *action, const char *outcome)
{
	char line[2048], want[160];
	uint64_t seq = hgs_audit(g, line);

	(void)snprintf(want, sizeof(want), ": %s ", action);
	if (seq == g->mark + 1 && strstr(line, want) != NULL) {
		(void)snprintf(want, sizeof(want), ": %s ", outcome);
		if (strstr(line, want) != NULL)
			return true;
	}
	printf("# audit was %llu, wanted %s: %s, is %s\n",
	    (unsigned long long)g->mark, action, outcome, line);
	return false;
}

/* A refusal with this code, audited, and nothing given away. */
#define REFUSED(g, action, code, ...)                             \
	CHECK((int)said_code((g), (code), REASON_NONE) &          \
		(int)audited((g), (action), reason_name((code))), \
	    __VA_ARGS__)
/* The host's keys are proved; the judge refuses it for this. */
#define JUDGED(g, sub, ...)                                                  \
	CHECK((int)said_code((g), REASON_InsecureHostConfiguration, (sub)) & \
		(int)audited((g), "attest",                                  \
		    reason_name(REASON_InsecureHostConfiguration)),          \
	    __VA_ARGS__)

/* --- attestation --- */

/* A challenge for this host, as it is. Views live in *ret_doc. */
static inline void
hgs_challenge(struct hgs *g, const struct host *h, struct challenge_reply *ret,
    struct json_doc **ret_doc)
{
	struct challenge_request q = { PROTO_VERSION,
		buf_bytes(&h->ek_certificate), tpmdev_key_public(&h->ek),
		tpmdev_key_public(&h->ak) };

	hgs_post_json(g, "/Attestation/v1/challenge", &challenge_request_fields,
	    &q);
	hgs_decode(g, &challenge_reply_fields, ret, ret_doc);
}

static inline void
hgs_attest(struct hgs *g, const struct host *h, const struct shown *s)
{
	struct buf bundle;

	shown_bundle(h, s, &bundle);
	hgs_post(g, "/Attestation/v1/attest", EVIDENCE_MEDIA_TYPE,
	    buf_bytes(&bundle));
	buf_free(&bundle);
}

#endif
