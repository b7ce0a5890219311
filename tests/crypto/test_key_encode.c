/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include "crypto/keys.h"

static bool
spki_accepted(const uint8_t *p, size_t n, void *arg)
{
	struct key *key = NULL;
	bool ok = key_from_spki(bytes_of(p, n), &key, arg) == 0;

	key_free(key);
	return ok;
}

static void
test_encodings(const struct kind *kind)
{
	struct key *key = generate(kind), *again = NULL, *public;
	struct buf spki = BUF_INIT(KEY_SPKI_MAX),
		   spki2 = BUF_INIT(KEY_SPKI_MAX);
	struct secret pkcs8 = SECRET_NONE;
	struct diag d = { 0 };

	CHECK(key_to_pkcs8(key, &pkcs8, &d) == 0 &&
		key_from_pkcs8(secret_bytes(&pkcs8), &again, &d) == 0 &&
		key_public_equal(key, again) && key_is_private(again),
	    "%s: private key out and in", kind->name);
	key_free(again);
	again = NULL;
	CHECK(key_from_pkcs8(bytes_of(pkcs8.p, pkcs8.len - 1), &again, &d) < 0,
	    "%s: cut: %s", kind->name, d.text);
	public = key_public_of(key);
	CHECK(key_public_equal(key, public) && !key_is_private(public),
	    "%s: its public half", kind->name);
	CHECK(key_to_spki(key, &spki, &d) == 0 &&
		key_from_spki(buf_bytes(&spki), &again, &d) == 0 &&
		key_public_equal(key, again) &&
		key_to_spki(again, &spki2, &d) == 0 &&
		bytes_equal(buf_bytes(&spki), buf_bytes(&spki2)),
	    "%s: public key out, in and out", kind->name);
	CHECK(t_truncations(spki.p, spki.len, spki_accepted, &d) == 0,
	    "%s: every truncation of it is refused", kind->name);
	CHECK(!t_trailing(spki.p, spki.len, spki_accepted, &d),
	    "%s: a trailing byte is refused", kind->name);
	if (kind->type != KEY_RSA)
		CHECK(t_bitflips(spki.p, spki.len, spki_accepted, &d) == 0,
		    "%s: every flipped bit leaves the curve or the form",
		    kind->name);
	secret_free(&pkcs8);
	buf_free(&spki);
	buf_free(&spki2);
	key_free(key);
	key_free(again);
	key_free(public);
}

/* PrivateKeyInfo of another key kind, and one whose halves do not fit. */
static void
test_private_refusals(void)
{
	struct key *key = generate(&kinds[0]), *bad = NULL;
	struct buf ed = BUF_INIT(100);
	struct secret pkcs8 = SECRET_NONE;
	struct diag d = { 0 };

	t_hex(&ed,
	    "302e020100300506032b657004220420"
	    "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
	CHECK(key_from_pkcs8(buf_bytes(&ed), &bad, &d) == ERR_UNSUPPORTED,
	    "an Ed25519 key: %s", d.text);
	if (key_to_pkcs8(key, &pkcs8, &d) < 0)
		t_bail("%s", d.text);
	/* A byte of the private number: 26 bytes of headers stand before. */
	pkcs8.p[36 + 10] ^= 1;
	CHECK(key_from_pkcs8(secret_bytes(&pkcs8), &bad, &d) == ERR_FORMAT,
	    "a private number that is not its point's: %s", d.text);
	secret_free(&pkcs8);
	buf_free(&ed);
	key_free(key);
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		test_encodings(&kinds[i]);
	test_private_refusals();
	return t_done();
}
