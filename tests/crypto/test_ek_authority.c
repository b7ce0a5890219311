/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ek.h"

#include "ek_load.h"

static void
test_authority(void)
{
	static const char *const none[] = { "ek-rsa", "ek-no-purpose",
		"intermediate-not-ca" };
	struct bytes root = load("root");
	struct buf b = BUF_INIT(EK_CERT_MAX);
	struct ek_authority a;
	struct diag d = { 0 };

	CHECK(ek_authority_read(root, &a, &d) == 0 && a.subject[0] != '\0' &&
		a.not_after > 1900000000 /* 2030 */,
	    "an authority is read: %s", d.text);
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct bytes der = load(none[i]);

		CHECK(ek_authority_read(der, &a, &d) == ERR_REFUSED &&
			d.reason == REASON_FileInvalid,
		    "T19 %s is no authority: %s", none[i], d.text);
		unload(der);
	}
	buf_put(&b, root);
	buf_put_u8(&b, 0);
	CHECK(ek_authority_read(buf_bytes(&b), &a, &d) == ERR_FORMAT,
	    "T17 a byte behind it: %s", d.text);
	CHECK(ek_authority_read(bytes_of(root.p, root.len - 1), &a, &d) ==
		ERR_FORMAT,
	    "T17 a byte less: %s", d.text);
	buf_free(&b);
	unload(root);
}

static void
test_list(void)
{
	struct bytes root = load("root"), inner = load("intermediate");
	struct buf b = BUF_INIT(2 * EK_CERT_MAX);
	struct bytes rest, one, two, none = BYTES_NONE;

	buf_put(&b, root);
	buf_put(&b, inner);
	rest = buf_bytes(&b);
	CHECK(ek_authority_next(&rest, &one) &&
		ek_authority_next(&rest, &two) && bytes_equal(one, root) &&
		bytes_equal(two, inner) && rest.len == 0,
	    "a bundle is taken apart");
	CHECK(!ek_authority_next(&rest, &none) && none.len == 0,
	    "nothing comes after its end");
	rest = bytes_of(b.p, b.len - 1);
	CHECK(ek_authority_next(&rest, &one) &&
		!ek_authority_next(&rest, &two) && rest.len == inner.len - 1,
	    "T17 one that is cut stays where it is");
	buf_free(&b);
	unload(root);
	unload(inner);
}

int
main(void)
{
	test_authority();
	test_list();
	return t_done();
}
