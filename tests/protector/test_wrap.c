/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"
#include "crypto/oid.h"
#include "protector/wrap.h"
#include "vm.h"

struct opener {
	const struct guardian_cert *to[WRAP_RECIPIENTS_MAX];
	size_t n;
	size_t index;
	const struct key *key;
	struct bytes want;
};

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	const struct opener *o = arg;
	auto_secret struct secret got = SECRET_NONE;
	struct wrap w;

	return wrap_parse(bytes_of(p, n), o->to, o->n, &w, NULL) == ERR_OK &&
	    wrap_open(&w, o->index, o->to[o->index], o->key, &got, NULL) ==
	    ERR_OK;
}

static bool
opens_right(const struct buf *der, const struct opener *o)
{
	auto_secret struct secret got = SECRET_NONE;
	struct wrap w;

	return wrap_parse(buf_bytes(der), o->to, o->n, &w, NULL) == ERR_OK &&
	    wrap_open(&w, o->index, o->to[o->index], o->key, &got, NULL) ==
	    ERR_OK &&
	    bytes_equal(secret_bytes(&got), o->want);
}

static void
test_round(const struct party *p, size_t n, struct bytes plain)
{
	struct wrap_random random = t_random();
	struct buf der = BUF_INIT(WRAP_MAX);
	struct opener o = { .n = n, .want = plain };
	size_t good = 0;
	struct diag d;

	for (size_t i = 0; i < n; i++)
		o.to[i] = &p[i].e;
	t_need(wrap_make(o.to, n, plain, &random, &der, &d), &d, "wrap_make");
	for (o.index = 0; o.index < n; o.index++) {
		o.key = p[o.index].enc;
		good += opens_right(&der, &o);
	}
	CHECK(good == n, "each of %zu recipients opens the wrap", n);
	o.index = 0;
	o.key = p[1].enc;
	CHECK(!opens_right(&der, &o), "another's key opens nothing");
	buf_free(&der);
}

static void
test_changes(const struct party *p, const char *type)
{
	struct wrap_random random = t_random();
	struct buf der = BUF_INIT(WRAP_MAX);
	struct opener o = { .n = 1, .key = p->enc };
	struct diag d;

	o.to[0] = &p->e;
	t_need(wrap_make(o.to, 1, bytes_of_text("plaintext"), &random, &der,
		   &d),
	    &d, "wrap_make");
	CHECK(t_byteflips(buf_bytes(&der), 1, accepts, &o) == 0,
	    "T63 %s: a wrap with a flipped bit does not open", type);
	CHECK(t_truncations(der.p, der.len, accepts, &o) == 0,
	    "T63 %s: nor a truncated one", type);
	CHECK(!t_trailing(der.p, der.len, accepts, &o),
	    "T63 %s: nor one with a trailing byte", type);
	buf_free(&der);
}

/* The wrap with its recipients in this order; an index may be left out. */
static void
rearrange(struct bytes der, const size_t *order, size_t n, struct buf *ret)
{
	struct reader in = reader_of(der), info, outer, data, set;
	struct bytes list[WRAP_RECIPIENTS_MAX], content, mac;
	size_t a, b, c, s, count = 0;
	uint64_t version;

	if (!der_enter(&in, DER_SEQUENCE, &info) ||
	    !der_expect_oid(&info, OID_CMS_AUTH_ENVELOPED) ||
	    !der_enter(&info, DER_CONSTRUCTED(0), &outer) ||
	    !der_enter(&outer, DER_SEQUENCE, &data) ||
	    !der_u64(&data, &version) || !der_enter(&data, DER_SET, &set))
		t_bail("rearrange");
	while (reader_left(&set) != 0)
		if (!der_whole(&set, der_peek(&set), &list[count++]))
			t_bail("rearrange: recipient");
	if (!der_take(&data, DER_SEQUENCE, &content) ||
	    !der_take(&data, DER_OCTET_STRING, &mac))
		t_bail("rearrange: content");
	a = der_begin(ret, DER_SEQUENCE);
	der_put_oid(ret, OID_CMS_AUTH_ENVELOPED);
	b = der_begin(ret, DER_CONSTRUCTED(0));
	c = der_begin(ret, DER_SEQUENCE);
	der_put_u64(ret, version);
	s = der_begin(ret, DER_SET);
	for (size_t i = 0; i < n; i++)
		buf_put(ret, list[order[i]]);
	der_end(ret, s);
	der_put(ret, DER_SEQUENCE, content);
	der_put(ret, DER_OCTET_STRING, mac);
	der_end(ret, c);
	der_end(ret, b);
	der_end(ret, a);
}

static bool
arranged_parses(struct bytes der, const size_t *order, size_t n,
    const struct opener *o)
{
	struct buf changed = BUF_INIT(WRAP_MAX);
	struct diag d = { 0 };
	struct wrap w;
	int r;

	rearrange(der, order, n, &changed);
	r = wrap_parse(buf_bytes(&changed), o->to, o->n, &w, &d);
	buf_free(&changed);
	if (r < 0)
		(void)CHECK(t_said(r, &d, REASON_ProtectorInvalid),
		    "... as ProtectorInvalid");
	return r == ERR_OK;
}

static void
test_recipients(const struct party *p)
{
	static const size_t same[] = { 0, 1, 2 }, swapped[] = { 0, 2, 1 },
			    last[] = { 2, 1, 0 }, doubled[] = { 0, 1, 1 },
			    more[] = { 0, 1, 2, 2 };
	struct wrap_random random = t_random();
	struct buf der = BUF_INIT(WRAP_MAX);
	struct opener o = { .n = 3 };
	struct diag d;

	for (size_t i = 0; i < 3; i++)
		o.to[i] = &p[i].e;
	t_need(wrap_make(o.to, 3, bytes_of_text("plaintext"), &random, &der,
		   &d),
	    &d, "wrap_make");
	CHECK(arranged_parses(buf_bytes(&der), same, 3, &o),
	    "the recipients as they were");
	CHECK(!arranged_parses(buf_bytes(&der), same, 2, &o),
	    "T93 the last recipient stripped: refused");
	CHECK(!arranged_parses(buf_bytes(&der), same + 1, 2, &o),
	    "T93 the owner stripped: refused");
	CHECK(!arranged_parses(buf_bytes(&der), same, 0, &o),
	    "T93 all recipients stripped: refused");
	CHECK(!arranged_parses(buf_bytes(&der), swapped, 3, &o),
	    "T93 two guardians swapped: refused");
	CHECK(!arranged_parses(buf_bytes(&der), last, 3, &o),
	    "T93 owner and guardian swapped: refused");
	CHECK(!arranged_parses(buf_bytes(&der), doubled, 3, &o),
	    "T93 a recipient twice in another's place: refused");
	CHECK(!arranged_parses(buf_bytes(&der), more, 4, &o),
	    "T93 a recipient added: refused");
	o.n = 2;
	CHECK(!arranged_parses(buf_bytes(&der), same, 3, &o),
	    "T93 a recipient that the grant does not have: refused");
	buf_free(&der);
}

/* An ephemeral point off the curve must never meet a private key. */
static void
test_points(const struct party *p)
{
	struct wrap_random random = t_random();
	struct buf der = BUF_INIT(WRAP_MAX);
	auto_secret struct secret got = SECRET_NONE;
	const struct guardian_cert *to = &p->e;
	struct wrap w;
	struct diag d = { 0 };
	int r;

	t_need(wrap_make(&to, 1, bytes_of_text("plaintext"), &random, &der, &d),
	    &d, "wrap_make");
	t_need(wrap_parse(buf_bytes(&der), &to, 1, &w, &d), &d, "wrap_parse");
	der.p[w.list[0].ephemeral.p - der.p + 64] ^= 1;
	t_need(wrap_parse(buf_bytes(&der), &to, 1, &w, &d), &d, "wrap_parse");
	r = wrap_open(&w, 0, to, p->enc, &got, &d);
	CHECK(t_said(r, &d, REASON_ProtectorNotOpenable) && got.p == NULL,
	    "a point off the curve is only not openable");
	buf_free(&der);
}

static void
test_limits(const struct party *p)
{
	static const uint8_t plain[WRAP_PLAIN_MAX + 1];
	const struct guardian_cert *to[WRAP_RECIPIENTS_MAX + 1];
	struct wrap_random random = t_random();
	struct buf der = BUF_INIT(WRAP_MAX);
	struct wrap w;
	struct diag d;

	for (size_t i = 0; i <= WRAP_RECIPIENTS_MAX; i++)
		to[i] = &p->e;
	CHECK(wrap_make(to, WRAP_RECIPIENTS_MAX, bytes_of(plain, 88), &random,
		  &der, &d) == ERR_OK &&
		wrap_parse(buf_bytes(&der), to, WRAP_RECIPIENTS_MAX, &w, &d) ==
		    ERR_OK,
	    "seventeen recipients");
	CHECK(wrap_make(to, WRAP_RECIPIENTS_MAX + 1, bytes_of(plain, 88),
		  &random, &der, &d) == ERR_LIMIT,
	    "eighteen are refused");
	CHECK(wrap_make(to, 0, bytes_of(plain, 88), &random, &der, &d) ==
		ERR_LIMIT,
	    "none is refused");
	CHECK(wrap_make(to, 1, bytes_of(plain, sizeof(plain)), &random, &der,
		  &d) == ERR_LIMIT,
	    "too long a plaintext is refused");
	buf_free(&der);
}

int
main(void)
{
	static const uint8_t plain[88] = { 1, 2, 3 };
	struct party p[T_KINDS];

	for (unsigned i = 0; i < T_KINDS; i++) {
		t_party(&p[i], "x", T_P256, (enum t_kind)i);
		test_changes(&p[i], t_kind_name[i]);
	}
	test_round(p, T_KINDS, BYTES_OF_ARRAY(plain));
	test_recipients(p);
	test_points(&p[T_P256]);
	test_limits(&p[T_P384]);
	for (unsigned i = 0; i < T_KINDS; i++)
		t_party_free(&p[i]);
	return t_done();
}
