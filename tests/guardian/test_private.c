/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"
#include "guardian/guardian.h"
#include "party.h"

static const char good_passphrase[] = "correct horse battery staple";

static void
seal(const struct party *p, struct buf *ret)
{
	uint8_t salt[PBE_SALT_SIZE], nonce[PBE_NONCE_SIZE];
	struct diag d;

	random_bytes(salt, sizeof(salt));
	random_bytes(nonce, sizeof(nonce));
	t_need(guardian_private_write(&p->file.g, p->sign, p->enc,
		   bytes_of_text(good_passphrase), salt, nonce, ret, &d),
	    &d, "guardian_private_write");
}

static int
open_with(struct bytes in, const char *passphrase, const struct party *want,
    bool *ret_same, struct diag *d)
{
	struct guardian_file f = { 0 };
	struct key *sign = NULL, *enc = NULL;
	int r = guardian_private_open(in, bytes_of_text(passphrase), &f, &sign,
	    &enc, d);

	if (r == ERR_OK)
		*ret_same = want == NULL ||
		    (key_public_equal(sign, want->sign) &&
			key_public_equal(enc, want->enc) &&
			key_is_private(sign) && key_is_private(enc) &&
			bytes_equal(f.g.sign_cert, want->file.g.sign_cert));
	guardian_file_free(&f);
	key_free(sign);
	key_free(enc);
	return r;
}

/* Without the costly passphrase: form and public part. */
static bool
peeks(const uint8_t *p, size_t n, void *arg)
{
	struct guardian_file f = { 0 };
	bool good;

	(void)arg;
	good = guardian_private_peek(bytes_of(p, n), &f, NULL) == ERR_OK;
	guardian_file_free(&f);
	return good;
}

static void
test_open(const struct party *p, const char *type)
{
	struct buf file = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	bool same = false;
	struct diag d;
	int r;

	seal(p, &file);
	CHECK(open_with(buf_bytes(&file), good_passphrase, p, &same, &d) ==
		    ERR_OK &&
		same,
	    "%s: a container gives both keys back", type);
	r = open_with(buf_bytes(&file), "wrong", p, &same, &d);
	CHECK(t_said(r, &d, REASON_PassphraseWrong),
	    "%s: another passphrase opens nothing", type);
	buf_free(&file);
}

static void
test_changes(const struct party *p, const struct party *other)
{
	struct buf file = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	struct buf foreign = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	struct buf mixed = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	struct buf public = BUF_INIT(GUARDIAN_MAX);
	size_t sealed_at, opened = 0;
	bool same = false;
	struct diag d;

	seal(p, &file);
	seal(other, &foreign);
	t_need(guardian_encode(&p->file.g, &public, &d), &d, "encode");
	sealed_at = 4 + 1 + 4 + public.len;
	CHECK(t_truncations(file.p, file.len, peeks, NULL) == 0,
	    "no truncation is accepted");
	CHECK(!t_trailing(file.p, file.len, peeks, NULL),
	    "a trailing byte is refused");
	for (size_t i = sealed_at + 4 + 8; i < file.len; i += 29) {
		file.p[i] ^= 4;
		if (open_with(buf_bytes(&file), good_passphrase, NULL, &same,
			&d) == ERR_OK)
			opened++;
		file.p[i] ^= 4;
	}
	CHECK(opened == 0, "a flipped bit in the sealed part opens nothing");

	/* One guardian's keys under another's certificates. */
	buf_put(&mixed, bytes_of(foreign.p, 4 + 1));
	public.len = 0;
	t_need(guardian_encode(&other->file.g, &public, &d), &d, "encode");
	buf_put_be32_blob(&mixed, buf_bytes(&public));
	buf_put(&mixed, bytes_of(file.p + sealed_at, file.len - sealed_at));
	CHECK(peeks(mixed.p, mixed.len, NULL) &&
		open_with(buf_bytes(&mixed), good_passphrase, NULL, &same,
		    &d) == ERR_REFUSED,
	    "keys put under another guardian's certificates do not open");
	buf_free(&file);
	buf_free(&foreign);
	buf_free(&mixed);
	buf_free(&public);
}

static void
test_example(void)
{
	struct buf file = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	bool same = false;
	struct diag d = { 0 };

	t_example_n("FORMAT.guardian", 2, &file);
	CHECK(open_with(buf_bytes(&file), "example", NULL, &same, &d) == ERR_OK,
	    "the private example of doc/FORMAT.guardian opens with its passphrase");
	buf_free(&file);
}

int
main(void)
{
	struct party p, other, rsa;

	t_party(&p, "owner", T_P256, T_P384);
	t_party(&other, "other", T_P256, T_P256);
	t_party(&rsa, "rsa", T_RSA2048, T_RSA3072);
	test_open(&p, "P-256 and P-384");
	test_open(&rsa, "RSA");
	test_changes(&p, &other);
	test_example();
	t_party_free(&p);
	t_party_free(&other);
	t_party_free(&rsa);
	return t_done();
}
