/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status, diagnose, report, key list, signer list, metadata.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "guardian/guardian.h"
#include "hgs/admin/change.h"
#include "hgs/admin/refused.h"
#include "hgs/common/store_client.h"

/* A signer or guardian certificate this near its end is spoken of. */
#define SOON_SECONDS (30ull * 86400)

struct census {
	unsigned hosts, passed, refused, baselines;
	struct buf sign, encrypt; /* the guardian's primary certificates */
	uint64_t ends;            /* of the certificate that ends first */
};

static int
count_host(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	(void)name;
	(void)row;
	(void)d;
	((struct census *)user)->hosts++;
	return ERR_OK;
}

static int
count_status(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct census *n = user;
	struct status_record s;
	int r = fields_decode(&status_record_fields, row->value, &s, d);

	(void)name;
	if (r < 0)
		return r;
	if (bytes_equal_text(s.status, "Passed"))
		n->passed++;
	else
		n->refused++;
	return ERR_OK;
}

static int
count_baseline(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	(void)name;
	(void)row;
	(void)d;
	((struct census *)user)->baselines++;
	return ERR_OK;
}

static int
see_key(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct census *n = user;
	struct key_record k;
	struct cert cert;
	int r = fields_decode(&key_record_fields, row->value, &k, d);

	(void)name;
	if (r < 0 || !k.primary)
		return r;
	if (k.use == KEY_USE_SIGN && !buf_put(&n->sign, k.certificate))
		return diag_nomem(d);
	if (k.use == KEY_USE_ENCRYPT && !buf_put(&n->encrypt, k.certificate))
		return diag_nomem(d);
	if (k.use == KEY_USE_AUDIT || k.use == KEY_USE_SHARED)
		return ERR_OK;
	if ((r = cert_parse(k.certificate, &cert, d)) < 0)
		return r;
	if (n->ends == 0 || cert.not_after < n->ends)
		n->ends = cert.not_after;
	return ERR_OK;
}

static int
take_census(const struct admin *a, struct census *n, struct diag *d)
{
	int r;

	*n = (struct census){ .sign = BUF_INIT(CERTIFICATE_LIMIT),
		.encrypt = BUF_INIT(CERTIFICATE_LIMIT) };
	if ((r = each_row(a, "host/", count_host, n, d)) < 0 ||
	    (r = each_row(a, "status/", count_status, n, d)) < 0 ||
	    (r = each_row(a, "baseline/", count_baseline, n, d)) < 0)
		return r;
	return each_row(a, "key/", see_key, n, d);
}

static void
census_free(struct census *n)
{
	buf_free(&n->sign);
	buf_free(&n->encrypt);
}

/* "open", "locked" or "does not answer" */
static const char *
process_state(int fd, struct process_status *ret)
{
	auto_buf struct buf b = BUF_INIT(4096);
	struct diag d;

	*ret = (struct process_status){ 0 };
	if (channel_call(fd, HGS_OP_STATUS, BYTES_NONE, NULL, 0, ADMIN_CALL_MS,
		&b, NULL, &d) < 0 ||
	    fields_decode(&process_status_fields, buf_bytes(&b), ret, &d) < 0)
		return "does not answer";
	ret->text = BYTES_NONE;
	return ret->unlocked ? "open" : "locked";
}

static void
show_process(const char *name, int fd, struct answer *ret)
{
	struct json_out *o = answer_data(ret);
	struct process_status s;
	const char *state = process_state(fd, &s);

	answer_line(ret, "%-20s %s, %llu requests, %llu refused", name, state,
	    (unsigned long long)s.requests, (unsigned long long)s.refusals);
	json_out_key(o, name);
	json_out_begin_object(o);
	json_out_put_string(o, "state", state);
	json_out_put_number(o, "requests", s.requests);
	json_out_put_number(o, "refusals", s.refusals);
	json_out_end_object(o);
}

static void
show_audit(const struct admin *a, struct answer *ret)
{
	auto_buf struct buf b = BUF_INIT(8192);
	struct json_out *o = answer_data(ret);
	uint8_t digest[SHA256_SIZE];
	struct audit_head h;
	char key[65], head[65];
	struct diag d = { 0 };

	if (channel_call(a->store_fd, HGS_OP_AUDIT_HEAD, BYTES_NONE, NULL, 0,
		ADMIN_CALL_MS, &b, NULL, &d) < 0 ||
	    fields_decode(&audit_head_fields, buf_bytes(&b), &h, &d) < 0) {
		answer_line(ret, "%-20s %s", "hgs-store", d.text);
		json_out_put_string(o, "audit_error", d.text);
		return;
	}
	sha256(h.public_key, digest);
	hex_format(BYTES_OF_ARRAY(digest), key);
	hex_format(BYTES_OF_ARRAY(h.receipt.record), head);
	answer_line(ret, "%-20s open", "hgs-store");
	answer_line(ret, "%-20s %llu:%s", "audit log",
	    (unsigned long long)h.receipt.sequence, head);
	answer_line(ret, "%-20s %s", "audit key", key);
	json_out_put_number(o, "audit_records", h.receipt.sequence);
	json_out_put_string(o, "audit_head", head);
	json_out_put_string(o, "audit_key", key);
}

static int
show_service(const struct admin *a, struct answer *ret, struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	auto_buf struct buf e = BUF_INIT(CHANNEL_BODY_MAX);
	struct json_out *o = answer_data(ret);
	struct service_record s;
	struct epoch_record epoch;
	char when[24];
	int r;

	r = store_read(a->store_fd, "config/service", &service_record_fields,
	    &b, &s, NULL, d);
	if (r < 0 ||
	    (r = store_read(a->store_fd, "epoch/floor", &epoch_record_fields,
		 &e, &epoch, NULL, d)) < 0)
		return r;
	answer_line(ret, "%-20s %.*s", "name", (int)s.name.len,
	    (const char *)s.name.p);
	answer_line(ret, "%-20s %s%.*s", "url", a->url[0] ? a->url : "http://",
	    a->url[0] ? 0 : (int)s.name.len, (const char *)s.name.p);
	answer_line(ret, "%-20s %.*s", "mode", (int)s.mode.len,
	    (const char *)s.mode.p);
	answer_line(ret, "%-20s %llu, floor %llu, deny before %s", "epoch",
	    (unsigned long long)epoch.epoch, (unsigned long long)epoch.floor,
	    time_text(epoch.deny_before, when));
	json_out_put_text(o, "name", s.name);
	json_out_put_text(o, "mode", s.mode);
	json_out_put_number(o, "epoch", epoch.epoch);
	json_out_put_number(o, "floor", epoch.floor);
	json_out_put_number(o, "deny_before", epoch.deny_before);
	return ERR_OK;
}

static int
on_status(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	struct json_out *o = answer_data(ret);
	uint8_t digest[GUARDIAN_FINGERPRINT_SIZE];
	struct census n;
	char hex[65];
	int r;

	(void)q;
	r = take_census(a, &n, d);
	if (r == ERR_OK)
		r = show_service(a, ret, d);
	if (r == ERR_OK) {
		guardian_pair_digest(buf_bytes(&n.sign), buf_bytes(&n.encrypt),
		    digest);
		hex_format(BYTES_OF_ARRAY(digest), hex);
		answer_line(ret, "%-20s %s", "guardian", hex);
		answer_line(ret, "%-20s %u (%u passed, %u refused)", "hosts",
		    n.hosts, n.passed, n.refused);
		answer_line(ret, "%-20s %u", "baselines", n.baselines);
		json_out_put_string(o, "fingerprint", hex);
		json_out_put_number(o, "hosts", n.hosts);
		json_out_put_number(o, "passed", n.passed);
		json_out_put_number(o, "refused", n.refused);
		json_out_put_number(o, "baselines", n.baselines);
		show_process("hgs-attest", a->attest_fd, ret);
		show_process("hgs-key", a->key_fd, ret);
		show_audit(a, ret);
		answer_line(ret,
		    "%-20s one administrator changes policies; "
		    "root of this machine has the keys",
		    "protection");
	}
	census_free(&n);
	return r;
}

/* One check of diagnose; a failed one with what to do. */
static void
check(struct answer *ret, unsigned *n_bad, bool good, const char *what,
    const char *remedy)
{
	struct json_out *o = answer_data(ret);

	answer_line(ret, "%s - %s", good ? "ok" : "FAILED", what);
	if (!good) {
		answer_line(ret, "         remedy: %s", remedy);
		(*n_bad)++;
	}
	json_out_begin_object(o);
	json_out_put_bool(o, "ok", good);
	json_out_put_string(o, "check", what);
	json_out_put_string(o, "remedy", good ? "" : remedy);
	json_out_end_object(o);
}

static void
check_service(const struct admin *a, const struct request *q,
    const struct census *n, struct answer *ret, unsigned *n_bad)
{
	auto_buf struct buf b = BUF_INIT(8192);
	struct process_status s;
	const char *state;
	struct diag d;

	state = process_state(a->attest_fd, &s);
	check(ret, n_bad, strcmp(state, "open") == 0, "hgs-attest is open",
	    "run 'hgsctl unlock'; if that does not help, restart hgsd");
	state = process_state(a->key_fd, &s);
	check(ret, n_bad, strcmp(state, "open") == 0, "hgs-key is open",
	    "run 'hgsctl unlock'; if that does not help, restart hgsd");
	check(ret, n_bad,
	    channel_call(a->store_fd, HGS_OP_AUDIT_HEAD, BYTES_NONE, NULL, 0,
		ADMIN_CALL_MS, &b, NULL, &d) == ERR_OK,
	    "hgs-store writes the audit log", "run 'hgsctl unlock'");
	check(ret, n_bad, n->ends > q->now + SOON_SECONDS,
	    "no certificate of the service ends within 30 days",
	    "initialise a successor, and let owners grant it");
	check(ret, n_bad, n->baselines > 0, "a baseline is registered",
	    "run 'hgsctl baseline add NAME FILE'");
	check(ret, n_bad, n->hosts > 0, "a host is registered",
	    "run 'hgsctl host add NAME FILE'");
	check(ret, n_bad, n->refused == 0, "no host was refused last time",
	    "see 'hgsctl host list --state refused'");
}

static int
diagnose_host(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	char key[STORE_KEY_MAX + 1];
	struct status_record s;
	struct bytes name;
	uint64_t version;
	char when[24];
	int r;

	if ((r = request_name(q, "NAME", &name, d)) < 0 ||
	    (r = store_key_name(key, "host", name, d)) < 0 ||
	    (r = store_read_raw(a->store_fd, key, &b, &version, d)) < 0)
		return r;
	if (version == 0)
		return diag_refuse(d, REASON_UnauthorizedHost,
		    "host %.*s is not registered", (int)name.len,
		    (const char *)name.p);
	buf_reset(&b);
	if ((r = store_key_name(key, "status", name, d)) < 0 ||
	    (r = store_read(a->store_fd, key, &status_record_fields, &b, &s,
		 &version, d)) < 0)
		return r;
	if (version == 0) {
		answer_line(ret, "the host has never attested");
		answer_line(ret, "  remedy: see 'guardctl status' on the host");
		return ERR_OK;
	}
	answer_line(ret, "last attested %s: %.*s", time_text(s.time, when),
	    (int)s.status.len, (const char *)s.status.p);
	return s.error.len == 0 ? ERR_OK : refused_show(s.error, ret, d);
}

static int
on_diagnose(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	unsigned n_bad = 0;
	struct census n;
	int r;

	if (json_has(q->args, "NAME"))
		return diagnose_host(a, q, ret, d);
	if ((r = take_census(a, &n, d)) == ERR_OK) {
		json_out_key(answer_data(ret), "checks");
		json_out_begin_array(answer_data(ret));
		check_service(a, q, &n, ret, &n_bad);
		json_out_end_array(answer_data(ret));
		json_out_put_number(answer_data(ret), "failed", n_bad);
	}
	census_free(&n);
	return r;
}

static int
report_host(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	struct answer *ret = user;
	struct json_out *o = answer_data(ret);
	struct status_record s;
	char when[24];
	int r = fields_decode(&status_record_fields, row->value, &s, d);

	if (r < 0)
		return r;
	answer_line(ret, "%-24.*s %s %-28.*s %.*s", (int)name.len,
	    (const char *)name.p, time_text(s.time, when), (int)s.status.len,
	    (const char *)s.status.p, (int)s.baseline.len,
	    (const char *)s.baseline.p);
	json_out_begin_object(o);
	json_out_put_text(o, "name", name);
	json_out_put_number(o, "time", s.time);
	json_out_put_text(o, "status", s.status);
	json_out_put_text(o, "baseline", s.baseline);
	json_out_put_number(o, "reset_count", s.reset_count);
	json_out_put_number(o, "restart_count", s.restart_count);
	json_out_end_object(o);
	return ERR_OK;
}

static int
on_report(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	int r;

	(void)q;
	json_out_key(answer_data(ret), "attestations");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "status/", report_host, ret, d);
	json_out_end_array(answer_data(ret));
	return r;
}

struct key_listing {
	struct answer *ret;
	bool signers;
};

static int
list_key(void *user, struct bytes name, const struct store_row *row,
    struct diag *d)
{
	static const char *const uses[] = { "?", "signing", "encryption",
		"attestation", "audit", "shared" };
	struct key_listing *l = user;
	struct json_out *o = answer_data(l->ret);
	uint8_t digest[SHA256_SIZE];
	struct cert cert = { 0 };
	struct key_record k;
	char hex[65] = "-", ends[24];
	int r = fields_decode(&key_record_fields, row->value, &k, d);

	if (r < 0 || (l->signers && k.use != KEY_USE_ATTEST))
		return r;
	if (k.certificate.len > 0) {
		sha256(k.certificate, digest);
		hex_format(BYTES_OF_ARRAY(digest), hex);
	}
	if (k.use != KEY_USE_AUDIT && k.certificate.len > 0 &&
	    (r = cert_parse(k.certificate, &cert, d)) < 0)
		return r;
	answer_line(l->ret, "%-16.*s %-12s %-8s %s ends %s", (int)name.len,
	    (const char *)name.p,
	    k.use < ARRAY_LEN(uses) ? uses[k.use] : uses[0],
	    !k.enabled      ? "disabled"
		: k.primary ? "primary"
			    : "enabled",
	    hex, time_text(cert.not_after, ends));
	json_out_begin_object(o);
	json_out_put_text(o, "id", name);
	json_out_put_string(o, "use",
	    k.use < ARRAY_LEN(uses) ? uses[k.use] : uses[0]);
	json_out_put_bool(o, "primary", k.primary);
	json_out_put_bool(o, "enabled", k.enabled);
	json_out_put_string(o, "digest", hex);
	json_out_put_number(o, "not_after", cert.not_after);
	json_out_end_object(o);
	return ERR_OK;
}

static int
list_keys(struct admin *a, bool signers, struct answer *ret, struct diag *d)
{
	struct key_listing l = { ret, signers };
	int r;

	json_out_key(answer_data(ret), signers ? "signers" : "keys");
	json_out_begin_array(answer_data(ret));
	r = each_row(a, "key/", list_key, &l, d);
	json_out_end_array(answer_data(ret));
	return r;
}

static int
on_keys(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	(void)q;
	return list_keys(a, false, ret, d);
}

static int
on_signers(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	(void)q;
	return list_keys(a, true, ret, d);
}

static int
on_metadata(struct admin *a, const struct request *q, struct answer *ret,
    struct diag *d)
{
	auto_buf struct buf b = BUF_INIT(CHANNEL_BODY_MAX);
	int r;

	(void)q;
	r = channel_call(a->key_fd, HGS_OP_METADATA, BYTES_NONE, NULL, 0,
	    METADATA_CALL_MS, &b, NULL, d);
	if (r < 0)
		return r;
	return memfd_sealed("metadata", buf_bytes(&b), &ret->file_fd, d);
}

const struct admin_command service_commands[] = {
	{ "status", { NULL }, false, on_status },
	{ "diagnose", { "NAME" }, false, on_diagnose },
	{ "report", { NULL }, false, on_report },
	{ "key list", { NULL }, false, on_keys },
	{ "signer list", { NULL }, false, on_signers },
	{ "metadata", { NULL }, false, on_metadata },
	{ NULL },
};
