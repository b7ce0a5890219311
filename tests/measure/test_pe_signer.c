/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/pe_signer.h"

#include "efi_file.h"

static bool
same(const char *old, const char *new)
{
	struct pe a = efi_program(old), b = efi_program(new);
	struct diag d = { 0 };
	int e = pe_same_authority(&a, &b, &d);

	if (e < 0)
		printf("# %s after %s: %s\n", new, old, d.text);
	return e == ERR_OK;
}

/* The table alone; its place in a file is pe_parse()'s to check. */
static int
signers_of(struct bytes table, size_t *ret_n)
{
	struct pe_signer s[PE_SIGNERS_MAX];
	struct pe pe = { .certificates = table };

	return pe_signers(&pe, s, ret_n, NULL);
}

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	size_t count;

	(void)arg;
	return signers_of(bytes_of(p, n), &count) == ERR_OK && count > 1;
}

static void
test_read(void)
{
	struct pe two = efi_program("plain-two");
	struct pe_signer s[PE_SIGNERS_MAX];
	struct bytes nothing = BYTES_NONE, c;
	size_t n = 9;

	CHECK(pe_signers(&two, s, &n, NULL) == ERR_OK && n == 2,
	    "two signatures are read");
	CHECK(!s[0].self_issued && s[1].self_issued &&
		says(s[0].issuer, "Test CA") &&
		says(s[1].issuer, "Test self-issued"),
	    "with their issuers; the second one's certificate is its own");
	CHECK(signers_of(nothing, &n) == ERR_OK && n == 0,
	    "an unsigned program has none");
	/* Cut between the two, the first one remains; hence "count > 1". */
	CHECK(t_truncations(two.certificates.p, two.certificates.len - 7,
		  accepts, NULL) == 0,
	    "T34 every truncated table is refused");
	c = copy_of(two.certificates, 0);
	*at_byte(c, 6) = 1;
	CHECK(signers_of(c, &n) == ERR_UNSUPPORTED,
	    "T34 a signature of another kind is refused");
	c = copy_of(two.certificates, 0);
	put_le32(c, 0, 7);
	CHECK(signers_of(c, &n) < 0,
	    "T34 one shorter than its head is refused");
	put_le32(c, 0, 0xffffffff);
	CHECK(signers_of(c, &n) < 0,
	    "T34 one longer than the table is refused");
}

static void
test_many(void)
{
	struct bytes one = efi_program("plain-self").certificates;
	uint8_t *p = keep(9 * one.len);
	size_t n = 0;

	for (size_t i = 0; i < 9; i++)
		memcpy(p + i * one.len, one.p, one.len);
	CHECK(signers_of(bytes_of(p, 8 * one.len), &n) == ERR_OK && n == 8,
	    "as many as the limit");
	CHECK(signers_of(bytes_of(p, 9 * one.len), &n) == ERR_LIMIT,
	    "T34 and no more");
}

static void
test_authority(void)
{
	CHECK(same("plain-self", "plain-self") &&
		same("plain-two", "plain-two"),
	    "the same signers are the same authority");
	CHECK(same("plain-leaf1", "plain-leaf2"),
	    "so are two certificates of one issuer");
	CHECK(!same("plain-self", "plain-leaf1") &&
		!same("plain-leaf1", "plain-self"),
	    "another issuer is not");
	CHECK(!same("plain-self", "plain-again"),
	    "nor is another self-issued certificate of the same name");
	CHECK(!same("plain-self", "plain-two") &&
		!same("plain-two", "plain-leaf1"),
	    "nor are more or fewer signatures");
}

int
main(void)
{
	test_read();
	test_many();
	test_authority();
	return t_done();
}
