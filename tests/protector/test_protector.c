/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"
#include "protector/protector.h"
#include "vm.h"

struct opener {
	const struct key *key;
	size_t index;
	const struct vm_binding *binding;
};

/* All that a start does: verify, open, open the sealed secrets. */
static bool
starts(const uint8_t *p, size_t n, void *arg)
{
	const struct opener *o = arg;
	auto_protector struct protector *f = NULL;
	auto_secret struct secret tk = SECRET_NONE;
	auto_vm_secrets struct vm_secrets s = { 0 };

	return protector_parse(bytes_of(p, n), &f, NULL) == ERR_OK &&
	    core_open(f->core, o->key, o->index, &tk, NULL) == ERR_OK &&
	    vm_secrets_open(f->secrets, secret_bytes(&tk), o->binding, &s,
		NULL) == ERR_OK;
}

static bool
parses(const uint8_t *p, size_t n, void *arg)
{
	auto_protector struct protector *f = NULL;

	(void)arg;
	return protector_parse(bytes_of(p, n), &f, NULL) == ERR_OK;
}

static void
test_file(enum t_kind owner, size_t step, const enum t_kind kinds[][2])
{
	const char *type = t_kind_name[owner];
	struct opener o;
	struct vm vm;

	t_vm(&vm, owner, owner, 2, kinds);
	o = (struct opener){ vm.g[0].enc, 1, &vm.binding };
	CHECK(starts(vm.file.p, vm.file.len, &o),
	    "%s: a guardian opens the whole file", type);
	o.key = vm.owner.enc;
	o.index = 0;
	CHECK(starts(vm.file.p, vm.file.len, &o),
	    "%s: the owner opens the whole file", type);
	o.key = vm.g[1].enc;
	o.index = 2;
	CHECK(t_byteflips(buf_bytes(&vm.file), step, starts, &o) == 0,
	    "T63 %s: with one bit flipped in any byte nothing starts", type);
	CHECK(t_truncations(vm.file.p, vm.file.len, parses, NULL) == 0,
	    "T63 %s: cut anywhere the file is refused", type);
	CHECK(!t_trailing(vm.file.p, vm.file.len, parses, NULL),
	    "T63 %s: a trailing byte is refused", type);
	t_vm_free(&vm);
}

static int
try_write(const struct buf *core, const struct buf *secrets,
    const struct buf *recovery, struct diag *d)
{
	struct buf out = BUF_INIT(PROTECTOR_MAX);
	int r = protector_write(buf_bytes(core), buf_bytes(secrets),
	    buf_bytes(recovery), &out, d);

	if (r < 0 && out.len != 0)
		t_bail("something was written");
	buf_free(&out);
	return r;
}

static void
test_mixed(void)
{
	struct wrap_random random = t_random();
	struct buf template = BUF_INIT(CORE_MAX), both = BUF_INIT(CORE_MAX);
	uint8_t tk[TK_SIZE] = { 1 };
	struct core_new in = { .tk = BYTES_OF_ARRAY(tk), .random = &random };
	struct opener o;
	struct vm a, b;
	struct diag d = { 0 };
	int r;

	t_vm_p256(&a, 1);
	t_vm_p256(&b, 1);
	CHECK(try_write(&a.core, &a.sealed, &a.recovery, &d) == ERR_OK,
	    "the parts of one VM make a file");
	r = try_write(&a.core, &a.sealed, &b.recovery, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "T65 another VM's recovery blob: refused");
	in.signer = a.owner.sign;
	t_need(core_create(a.grant, t_zero, t_zero, &in, &template, &d), &d,
	    "core_create");
	r = try_write(&template, &a.sealed, &a.recovery, &d);
	CHECK(t_said(r, &d, REASON_ProtectorInvalid),
	    "a template is not a VM's protector");
	buf_reset(&b.file);
	t_need(protector_write(buf_bytes(&a.core), buf_bytes(&b.sealed),
		   buf_bytes(&a.recovery), &b.file, &d),
	    &d, "protector_write");
	o = (struct opener){ a.g[0].enc, 1, &a.binding };
	CHECK(!starts(b.file.p, b.file.len, &o),
	    "T65 another VM's sealed secrets do not open");
	buf_put(&both, buf_bytes(&a.file));
	memcpy(both.p, "SWKC", 4);
	CHECK(!parses(both.p, both.len, NULL) &&
		!parses(a.core.p, a.core.len, NULL),
	    "T93 a core is not a file, nor a file a core");
	both.p[2] = 'K';
	both.p[3] = 'P';
	both.p[4] = 2;
	{
		struct protector *f = NULL;

		r = protector_parse(buf_bytes(&both), &f, &d);
	}
	CHECK(t_said(r, &d, REASON_UnsupportedVersion),
	    "another version: refused");
	t_vm_free(&a);
	t_vm_free(&b);
	buf_free(&template);
	buf_free(&both);
}

static void
test_example(void)
{
	struct buf file = BUF_INIT(PROTECTOR_MAX), pkcs8 = BUF_INIT(4096);
	struct buf want = BUF_INIT(TK_SIZE);
	struct protector *f = NULL;
	struct key *key = NULL;
	struct diag d = { 0 };

	t_example_n("FORMAT.protector", 0, &file);
	t_example_n("FORMAT.protector", 1, &pkcs8);
	t_example_n("FORMAT.protector", 2, &want);
	t_need(protector_parse(buf_bytes(&file), &f, &d), &d, "example");
	t_need(key_from_pkcs8(buf_bytes(&pkcs8), &key, &d), &d, "example");
	CHECK(f->core->n == 2 && want.len == TK_SIZE &&
		t_opens_to(f->core, key, 1, want.p),
	    "the example of doc/FORMAT.protector opens to the key it says");
	protector_free(f);
	key_free(key);
	buf_free(&file);
	buf_free(&pkcs8);
	buf_free(&want);
}

int
main(void)
{
	static const enum t_kind p256[2][2] = { { T_P256, T_P256 },
		{ T_P256, T_P256 } };
	static const enum t_kind mixed[2][2] = { { T_P384, T_RSA2048 },
		{ T_P256, T_P384 } };

	test_file(T_P256, 1, p256);
	test_file(T_RSA2048, 7, mixed);
	test_file(T_P384, 7, mixed);
	test_mixed();
	test_example();
	return t_done();
}
