/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load-hgs HGS-ROOT URL PID [ROW]...: is a host with a TPM of its own, enrols
 * at the HGS whose monitor is process PID, and measures what the HGS's
 * processes spend on it. Every request is a new one with a new proof; nothing
 * is replayed, and the HGS leaves out none of its checks.
 */
#include "load.h"

#include <dirent.h>
#include <stdio.h>

#define JSON_TYPE   "application/json"
#define BUNDLE_TYPE EVIDENCE_MEDIA_TYPE
#define CALL_MS     15000
#define REPLY_MAX   ((size_t)1 << 20)
#define HOST_NAME   "bench"

/* --- what the server spends ------------------------------------------------ */

/* Time on a CPU in nanoseconds: the first number of /proc/PID/schedstat. */
static double
cpu_of(int pid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "re");
	if (f == NULL || fscanf(f, "%llu", &ns) != 1)
		bench_die("%s: not readable", path);
	(void)fclose(f);
	return (double)ns / 1e9;
}

/* The parent of a process, from /proc/PID/stat; 0 when it is gone. */
static int
parent_of(int pid)
{
	char path[64], line[512], *end;
	int parent = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL &&
	    (end = strrchr(line, ')')) != NULL && end[1] == ' ' &&
	    end[2] != '\0')
		/* ") S PARENT ": one letter between the two. */
		parent = (int)strtol(end + 3, NULL, 10);
	(void)fclose(f);
	return parent;
}

double
load_server_cpu(const struct load *l)
{
	double sum = cpu_of(l->monitor);
	DIR *dir = opendir("/proc");
	struct dirent *e;
	int pid;

	if (dir == NULL)
		bench_die("/proc: not readable");
	while ((e = readdir(dir)) != NULL) {
		pid = (int)strtol(e->d_name, NULL, 10);
		if (pid > 0 && parent_of(pid) == l->monitor)
			sum += cpu_of(pid);
	}
	(void)closedir(dir);
	return sum;
}

/* --- calls ----------------------------------------------------------------- */

static void
call(struct load *l, const struct http_call *c, struct buf *ret)
{
	struct http_result result;
	struct diag d = { 0 };

	*ret = (struct buf)BUF_INIT(REPLY_MAX);
	if (http_client_call(l->client, c, &result, ret, &d) < 0)
		bench_die("%s: %s", c->path, d.text);
	if (result.status != 200)
		bench_die("%s: HTTP %u: %.*s", c->path, result.status,
		    (int)ret->len, (const char *)ret->p);
}

void
load_post(struct load *l, const char *path, const char *type, struct bytes body,
    const struct http_call_field *fields, size_t n_fields, struct buf *ret)
{
	const struct http_call c = { "POST", path, type, body, fields, n_fields,
		CALL_MS };

	call(l, &c, ret);
}

void
load_get(struct load *l, const char *path, struct buf *ret)
{
	const struct http_call c = { .method = "GET",
		.path = path,
		.timeout_ms = CALL_MS };

	call(l, &c, ret);
}

/* --- the host -------------------------------------------------------------- */

/* A server's log (bench/data), in a TPM that was made for this run. */
static void
start_host(struct load *l)
{
	static struct buf log, cmdline;
	struct host *h = keep(sizeof(*h));
	struct diag d = { 0 };

	bench_load("bench/data/boot-log", &log);
	bench_load("tests/data/boot/host-good/cmdline", &cmdline);
	(void)snprintf(h->name, sizeof(h->name), HOST_NAME);
	h->log = buf_bytes(&log);
	h->cmdline = buf_bytes(&cmdline);
	swtpm_new(&h->tpm);
	host_boot(h);
	h->ek_certificate = (struct buf)BUF_INIT(CERTIFICATE_LIMIT);
	need(tpmdev_ek_certificate(h->dev, &h->ek_certificate, &d), &d,
	    "EK certificate");
	l->host = h;
}

/* As 'guardctl enrol' and 'hgsctl host add' do. */
static void
enrol(struct load *l)
{
	auto_buf struct buf baseline = { 0 }, file = BUF_INIT(ENROL_MAX);
	struct host *h = l->host;
	struct enrolment e = { .name = bytes_of_text(h->name),
		.ek_certificate = buf_bytes(&h->ek_certificate),
		.ek_public = tpmdev_key_public(&h->ek),
		.ak_public = tpmdev_key_public(&h->ak) };
	char path[256];
	const char *const add[] = { "hgsctl", "--root", l->hgs, "host", "add",
		h->name, path, "--with-policies", "--pin-ek", "--yes", NULL };
	struct diag d = { 0 };

	host_baseline(h, &baseline);
	e.baseline = buf_bytes(&baseline);
	(void)snprintf(path, sizeof(path), "%s/enrolment", h->tpm.dir);
	need(enrolment_encode(&e, &file, &d), &d, "enrolment");
	need(file_write_atomic(AT_FDCWD, path, 0644, buf_bytes(&file), &d), &d,
	    "enrolment");
	bench_exec(add);
}

void
load_open(struct load *l, struct bytes info, struct bytes sealed,
    struct secret *ret)
{
	auto_secret struct secret z = SECRET_NONE;
	uint8_t enc[HPKE_ENC_SIZE], point[P256_POINT_SIZE];
	struct host *h = l->host;
	struct diag d = { 0 };

	need(hpke_enc(sealed, enc, &d), &d, "HPKE");
	need(public_point(tpmdev_key_public(&h->hk), point, &d), &d, "HK");
	need(tpmdev_ecdh(&h->hk, &h->ek, &h->auth, enc, &z, &d), &d, "ECDH");
	need(hpke_open_shared(z.p, point, info, BYTES_NONE, sealed, ret, &d),
	    &d, "HPKE");
}

static void
challenge(struct load *l, struct buf *ret_reply)
{
	auto_buf struct buf json = BUF_INIT(65536);
	struct host *h = l->host;
	struct challenge_request q = { PROTO_VERSION,
		buf_bytes(&h->ek_certificate), tpmdev_key_public(&h->ek),
		tpmdev_key_public(&h->ak) };
	struct diag d = { 0 };

	need(json_encode(&challenge_request_fields, &q, &json, &d), &d, "JSON");
	load_post(l, "/Attestation/v1/challenge", JSON_TYPE, buf_bytes(&json),
	    NULL, 0, ret_reply);
}

void
load_attest(struct load *l, struct buf *ret_sealed)
{
	auto_buf struct buf asked = { 0 }, bundle = { 0 }, answer = { 0 };
	struct json_doc *c_doc = NULL, *a_doc = NULL;
	struct challenge_reply c;
	struct attest_reply a;
	struct diag d = { 0 };

	challenge(l, &asked);
	need(json_decode(buf_bytes(&asked), &challenge_reply_fields, &c, &c_doc,
		 &d),
	    &d, "challenge");
	shown_make(l->host, &c, &l->shown);
	shown_bundle(l->host, &l->shown, &bundle);
	json_doc_free(c_doc);
	load_post(l, "/Attestation/v1/attest", BUNDLE_TYPE, buf_bytes(&bundle),
	    NULL, 0, &answer);
	need(json_decode(buf_bytes(&answer), &attest_reply_fields, &a, &a_doc,
		 &d),
	    &d, "attest");
	copy_to(&l->certificate, a.certificate);
	copy_to(ret_sealed, a.sealed);
	json_doc_free(a_doc);
}

/* --- attest_tpm_full ------------------------------------------------------- */

#define ATTESTATIONS 12 /* in a round */

/*
 * MakeCredential; quote and certify verified; the certificate signed; a key
 * made and derived for the reply; the log hashed as a part and its events in
 * hgs-measure; their extends in hgs-attest.
 */
static double
attest_limit(const struct load *l, const double *prim)
{
	double kib = (double)l->host->log.len / 1024;
	/* An extend is two compressions, as many as 128 bytes. */
	double extends = 177 * 128.0 / 1024;

	return prim[PRIM_OAEP_WRAP] + 2 * prim[PRIM_P256_VERIFY] +
	    prim[PRIM_P256_SIGN] + prim[PRIM_P256_MAKE] + prim[PRIM_P256_ECDH] +
	    (2 * kib + extends) * prim[PRIM_SHA256_KIB];
}

void
load_attest_row(struct load *l)
{
	double ours[BENCH_ROUNDS], limit[BENCH_ROUNDS], prim[PRIMITIVES], start;
	auto_buf struct buf sealed = { 0 };
	struct bench_row row = { .name = "attest_tpm_full",
		.unit = "1/s/core" };

	load_attest(l, &sealed);
	for (size_t round = 0; round < BENCH_ROUNDS; round++) {
		start = load_server_cpu(l);
		for (int i = 0; i < ATTESTATIONS; i++)
			load_attest(l, &sealed);
		ours[round] = (load_server_cpu(l) - start) / ATTESTATIONS;
		load_primitives(prim);
		limit[round] = attest_limit(l, prim);
	}
	row.ours = 1 / bench_median(ours, BENCH_ROUNDS);
	row.limit = 1 / bench_median(limit, BENCH_ROUNDS);
	bench_print(&row);
}

int
main(int argc, char **argv)
{
	struct load l = { .release_key = SECRET_NONE };
	struct http_url url;
	struct diag d = { 0 };

	if (argc < 4)
		bench_die("usage: load-hgs HGS-ROOT URL PID [ROW]...");
	l.hgs = argv[1];
	l.url = argv[2];
	l.monitor = (int)strtol(argv[3], NULL, 10);
	need(http_url_parse(bytes_of_text(l.url), &url, &d), &d, "URL");
	need(http_client_new(&url, NULL, &l.client, &d), &d, "HTTP");
	start_host(&l);
	enrol(&l);
	argv += 3;
	argc -= 3;
	if (bench_wanted(argc, argv, "attest_tpm_full"))
		load_attest_row(&l);
	if (bench_wanted(argc, argv, "release_keepalive"))
		load_release_row(&l);
	if (bench_wanted(argc, argv, "attest_tpm_incremental_service"))
		load_incremental_row(&l);
	http_client_free(l.client);
	shown_free(&l.shown);
	buf_free(&l.certificate);
	secret_free(&l.release_key);
	host_free(l.host);
	return 0;
}
