/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ek.h"

#include "ek_load.h"

/* The attribute is where it counts, and it is there once. */
static void
test_vendor(void)
{
	static const uint8_t oid[] = "\x06\x05\x67\x81\x05\x02\x01";
	static const uint8_t san[] = "\x06\x03\x55\x1d\x11";
	struct bytes rsa = load("ek-rsa"), root = load("root");
	uint32_t vendor = 7, id = 0;
	struct buf b = BUF_INIT(EK_CERT_MAX);
	uint8_t *at;
	size_t bad = 0;

	CHECK(ek_vendor_parse(bytes_of_text("id:49465800"), &id) &&
		id == 0x49465800,
	    "a vendor by its eight digits");
	CHECK(!ek_vendor_parse(bytes_of_text("id:4946580"), &id) &&
		!ek_vendor_parse(bytes_of_text("49465800"), &id) &&
		!ek_vendor_parse(bytes_of_text("id:4946580g"), &id) &&
		!ek_vendor_parse(bytes_of_text("id:494658000"), &id),
	    "T28 and by nothing else");
	CHECK(!ek_vendor_find(root, &vendor) && vendor == 7,
	    "T28 a certificate without the attribute has no vendor");
	buf_put(&b, rsa);
	for (size_t n = 0; n < rsa.len; n++)
		bad += ek_vendor_find(bytes_of(rsa.p, n), &vendor);
	CHECK(bad == 0, "T28 a cut certificate has no vendor");
	at = memmem(b.p, b.len, san, sizeof(san) - 1);
	if (at == NULL || memmem(b.p, b.len, oid, sizeof(oid) - 1) == NULL)
		t_bail("ek-rsa.der has no vendor");
	at[4] = 0x12;
	CHECK(!ek_vendor_find(buf_bytes(&b), &vendor),
	    "T28 the attribute in another extension is no vendor");
	at[4] = 0x11;
	at = memmem(b.p, b.len, oid, sizeof(oid) - 1);
	at[7] = 0x04;
	CHECK(!ek_vendor_find(buf_bytes(&b), &vendor),
	    "T28 nor is it one in another type of string");
	at[7] = 0x0c;
	CHECK(ek_vendor_find(buf_bytes(&b), &vendor) && vendor == 0x53574d54,
	    "the certificate as it was has its vendor");
	buf_free(&b);
	unload(rsa);
	unload(root);
}

int
main(void)
{
	test_vendor();
	return t_done();
}
