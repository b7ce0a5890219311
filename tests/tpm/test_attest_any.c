/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of any type are read for people: those of other makers' TPMs as
 * well, and never one byte beyond.
 */
#include "tpm/attest_any.h"

#include "forge.h"

static bool
reads(const uint8_t *p, size_t n, void *arg)
{
	struct attest_any a;

	return attest_any_parse(bytes_of(p, n), &a, arg) == 0;
}

/* The statement of a case of the corpus. */
static void
check_case(const char *name, uint16_t type, size_t n_banks, uint32_t mask)
{
	struct attest_any a = { 0 };
	struct diag d = { 0 };
	char path[90];
	uint8_t *p;
	size_t n;

	(void)snprintf(path, sizeof(path), "quote/%s/attest.msg", name);
	if ((p = t_corpus(path, &n)) == NULL)
		return;
	CHECK(attest_any_parse(bytes_of(p, n), &a, &d) == ERR_OK &&
		a.type == type && a.n_banks == n_banks &&
		(n_banks == 0 || a.banks[n_banks - 1].mask == mask),
	    "%s: a %s of %zu banks is read", name, attest_type_name(type),
	    n_banks);
	CHECK(t_truncations(p, n, reads, &d) == 0 &&
		!t_trailing(p, n, reads, &d),
	    "%s: cut anywhere, or with one byte more, it is refused", name);
	free(p);
}

static void
test_hostile(struct forge *f)
{
	struct diag d = { 0 };

	f->words.n_banks = ATTEST_BANKS_MAX + 1;
	forge_make(f);
	CHECK(!reads(f->quote.p, f->quote.len, &d) &&
		strstr(d.text, "17 PCR banks") != NULL,
	    "a quote of 17 banks is refused (%s)", d.text);
	forge_good(f);
	f->words.map_len = 5;
	forge_make(f);
	CHECK(!reads(f->quote.p, f->quote.len, &d),
	    "a selection of five bytes is refused (%s)", d.text);
	forge_good(f);
	f->words.quote_type = 0x801b;
	forge_make(f);
	CHECK(!reads(f->quote.p, f->quote.len, &d),
	    "a type that no TPM signs is refused (%s)", d.text);
	f->words.quote_type = 0x8019;
	forge_make(f);
	CHECK(reads(f->quote.p, f->quote.len, &d),
	    "of other types the head alone is read");
	forge_good(f);
	f->words.magic = 0xff544348;
	forge_make(f);
	CHECK(!reads(f->quote.p, f->quote.len, &d) &&
		!attest_any_is(buf_bytes(&f->quote)),
	    "what a TPM did not make is refused (%s)", d.text);
}

int
main(void)
{
	struct attest_any a = { 0 };
	struct quote q = { 0 };
	struct forge f;
	struct diag d;

	forge_init(&f);
	CHECK(attest_any_parse(buf_bytes(&f.quote), &a, &d) == ERR_OK &&
		quote_parse(buf_bytes(&f.quote), &q, &d) == ERR_OK &&
		attest_any_is(buf_bytes(&f.quote)) && a.n_banks == 1 &&
		a.banks[0].alg == q.bank && a.banks[0].mask == q.mask &&
		bytes_equal(a.digest, q.digest) &&
		bytes_equal(a.head.extra_data, q.head.extra_data) &&
		a.head.clock.clock == q.head.clock.clock,
	    "a quote is read as the checking side reads it");
	CHECK(attest_any_parse(buf_bytes(&f.certify), &a, &d) == ERR_OK &&
		a.type == TPM_ST_ATTEST_CERTIFY &&
		bytes_equal(a.name, BYTES_OF_ARRAY(f.words.name)) &&
		bytes_equal(a.second, BYTES_OF_ARRAY(f.words.qualified)),
	    "so is a certification");
	test_hostile(&f);
	forge_free(&f);
	check_case("intel-secl-host-quote", TPM_ST_ATTEST_QUOTE, 2, 0xffffff);
	check_case("keylime-files", TPM_ST_ATTEST_QUOTE, 1, 0x418000);
	check_case("gce-cos-85-no-nonce-sha384", TPM_ST_ATTEST_QUOTE, 1,
	    0xffffff);
	check_case("veraison-parsec-pat", TPM_ST_ATTEST_QUOTE, 1, 7);
	check_case("akcreate-infineon-rsa", TPM_ST_ATTEST_CREATION, 0, 0);
	return t_done();
}
