/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release_keepalive: one VM of a host rolls again and again over one kept
 * connection. Each request has the core that the one before brought back, an
 * id and a proof of its own; the last answer is opened by the TPM and checked
 * as guard-vm would.
 */
#include "load.h"

#include <stdio.h>
#include <time.h>

#include "../tests/protector/vm.h"
#include "guardian/metadata_xml.h"

#define ROLLS    40 /* in a round */
#define METADATA "/KeyProtection/service/metadata/2014-07/metadata.xml"

struct rolling {
	struct party owner, fabric; /* of the fabric: certificates alone */
	struct buf core;            /* the VM's newest */
	struct buf before;          /* what the last request showed */
	struct release_info info;   /* of the last request */
	struct buf sealed;          /* its answer */
};

/* A VM that its owner granted to this HGS alone. */
static void
make_vm(struct load *l, struct rolling *r)
{
	auto_buf struct buf xml = { 0 };
	struct grant_content content;
	struct wrap_random random = t_random();
	uint8_t vm_id[VM_ID_SIZE], recovery[32], tk[TK_SIZE];
	struct core_new in = { .tk = BYTES_OF_ARRAY(tk), .random = &random };
	struct grant *grant;
	struct diag d = { 0 };

	load_get(l, METADATA, &xml);
	need(metadata_read(buf_bytes(&xml), &r->fabric.file, &d), &d,
	    "metadata");
	t_party(&r->owner, "owner", T_P256, T_P256);
	t_grant_content(&r->owner, &r->fabric, 1, &content);
	grant = t_grant(&content, &r->owner);
	random_bytes(vm_id, sizeof(vm_id));
	random_bytes(recovery, sizeof(recovery));
	random_bytes(tk, sizeof(tk));
	in.signer = r->owner.sign;
	r->core = (struct buf)BUF_INIT(CORE_MAX);
	need(core_create(grant, vm_id, recovery, &in, &r->core, &d), &d,
	    "core");
	grant_free(grant);
}

/* The body's digest and the proof, and both as the answer's context. */
static void
prove(struct load *l, struct rolling *r, struct bytes body,
    struct request_proof *p)
{
	auto_buf struct buf b = BUF_INIT(1024);
	struct bytes text;
	struct diag d = { 0 };

	*p = (struct request_proof){ .label = bytes_of_text(REQUEST_LABEL),
		.method = bytes_of_text("POST"),
		.path = bytes_of_text(PATH_ROLL),
		.time = (uint64_t)time(NULL) };
	random_bytes(p->request, sizeof(p->request));
	sha256(body, p->body);
	need(fields_encode(&request_proof_fields, p, &b, &d), &d, "proof");
	text = buf_bytes(&b);
	r->info.label = bytes_of_text(RELEASE_LABEL);
	memcpy(r->info.body, p->body, sizeof(r->info.body));
	hmac_sha256(secret_bytes(&l->release_key), &text, 1, r->info.mac);
}

static void
take_answer(struct rolling *r, struct bytes answer)
{
	struct json_doc *doc = NULL;
	struct roll_reply reply;
	struct diag d = { 0 };

	need(json_decode(answer, &roll_reply_fields, &reply, &doc, &d), &d,
	    "roll");
	copy_to(&r->before, buf_bytes(&r->core));
	copy_to(&r->core, reply.core);
	copy_to(&r->sealed, reply.sealed);
	json_doc_free(doc);
}

static void
roll(struct load *l, struct rolling *r)
{
	auto_buf struct buf body = BUF_INIT(CHANNEL_BODY_MAX),
			    json = BUF_INIT((size_t)1 << 18), answer = { 0 };
	struct roll_request q = { .version = PROTO_VERSION,
		.purpose = bytes_of_text("start"),
		.asker = { buf_bytes(&l->certificate),
		    tpmdev_key_public(&l->host->hk),
		    buf_bytes(&l->shown.certify),
		    buf_bytes(&l->shown.certify_signature) },
		.core = buf_bytes(&r->core) };
	char when[24], id[33], mac[65];
	const struct http_call_field fields[] = { { HEADER_TIME, when },
		{ HEADER_REQUEST, id }, { HEADER_MAC, mac } };
	struct request_proof p;
	struct diag d = { 0 };

	need(fields_encode(&roll_request_fields, &q, &body, &d), &d, "roll");
	need(json_encode(&roll_request_fields, &q, &json, &d), &d, "roll");
	prove(l, r, buf_bytes(&body), &p);
	(void)snprintf(when, sizeof(when), "%llu", (unsigned long long)p.time);
	hex_format(BYTES_OF_ARRAY(p.request), id);
	hex_format(BYTES_OF_ARRAY(r->info.mac), mac);
	load_post(l, PATH_ROLL, "application/json", buf_bytes(&json), fields,
	    ARRAY_LEN(fields), &answer);
	take_answer(r, buf_bytes(&answer));
}

/* The answer was for this host, and the new core is the old one's next. */
static void
check_last(struct load *l, struct rolling *r)
{
	auto_buf struct buf info = BUF_INIT(256);
	auto_secret struct secret plain = SECRET_NONE;
	struct core *before = t_core(&r->before), *after = t_core(&r->core);
	struct release release;
	uint8_t digest[32];
	struct diag d = { 0 };

	need(fields_encode(&release_info_fields, &r->info, &info, &d), &d,
	    "info");
	sha256(buf_bytes(&info), digest);
	load_open(l, BYTES_OF_ARRAY(digest), buf_bytes(&r->sealed), &plain);
	need(fields_decode(&release_fields, secret_bytes(&plain), &release, &d),
	    &d, "release");
	need(core_check_successor(before, after, BYTES_OF_ARRAY(release.new_tk),
		 &d),
	    &d, "the new core");
	core_free(before);
	core_free(after);
}

/* A new attestation: a release asks for one of the last five minutes. */
static void
attest(struct load *l)
{
	auto_buf struct buf sealed = { 0 };

	load_attest(l, &sealed);
	secret_free(&l->release_key);
	load_open(l, BYTES_OF_ARRAY(l->shown.transcript), buf_bytes(&sealed),
	    &l->release_key);
}

/*
 * Verified: certificate, certify of the host key, grant, old seal, and the new
 * seal read back; signed: the new one; ECDH to open the wrap, to make it for
 * two recipients and to seal the answer, the last three with keys made anew.
 */
static double
release_limit(const double *prim)
{
	return 5 * prim[PRIM_P256_VERIFY] + prim[PRIM_P256_SIGN] +
	    4 * prim[PRIM_P256_ECDH] + 3 * prim[PRIM_P256_MAKE];
}

void
load_release_row(struct load *l)
{
	double ours[BENCH_ROUNDS], limit[BENCH_ROUNDS], prim[PRIMITIVES], start;
	struct rolling r = { 0 };
	struct bench_row row = { .name = "release_keepalive",
		.unit = "1/s/core" };

	make_vm(l, &r);
	for (size_t round = 0; round < BENCH_ROUNDS; round++) {
		attest(l);
		roll(l, &r);
		start = load_server_cpu(l);
		for (int i = 0; i < ROLLS; i++)
			roll(l, &r);
		ours[round] = (load_server_cpu(l) - start) / ROLLS;
		check_last(l, &r);
		load_primitives(prim);
		limit[round] = release_limit(prim);
	}
	row.ours = 1 / bench_median(ours, BENCH_ROUNDS);
	row.limit = 1 / bench_median(limit, BENCH_ROUNDS);
	bench_print(&row);
	t_party_free(&r.owner);
	guardian_file_free(&r.fabric.file);
	buf_free(&r.core);
	buf_free(&r.before);
	buf_free(&r.sealed);
}
