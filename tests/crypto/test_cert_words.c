/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of TPM vendors in words: what is shown of real ones, and that
 * hostile ones show nothing that a terminal would obey.
 */
#include "crypto/cert_words.h"

#include "t.h"

static bool
reads(const uint8_t *p, size_t n, void *arg)
{
	return cert_words_read(bytes_of(p, n), arg, NULL) == ERR_OK;
}

static bool
is_tame(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* Each bit of a name may be anything: no byte leaves unescaped. */
static void
check_flips(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n);
	size_t wild = 0, read = 0;
	struct cert_words w;

	if (copy == NULL)
		t_bail("out of memory");
	memcpy(copy, p, n);
	for (size_t i = 0; i < n * 8; i += 3) {
		copy[i / 8] ^= (uint8_t)(1u << (i % 8));
		if (t_try(copy, n, reads, &w)) {
			read++;
			wild += !is_tame(w.subject) || !is_tame(w.issuer) ||
			    !is_tame(w.alternative) || !is_tame(w.key);
		}
		copy[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	free(copy);
	CHECK(read > 0 && wild == 0,
	    "T98 of %zu altered certificates none shows a control character",
	    read);
}

int
main(void)
{
	struct cert_words w;
	struct diag d = { 0 };
	uint8_t *p;
	size_t n;

	CHECK(cert_words_read(bytes_of("abc", 3), &w, &d) == ERR_FORMAT,
	    "what is no certificate is refused (%s)", d.text);
	if ((p = t_corpus("ekcert/ek/gcp_uca_tpm_rsa_enc_cert.der", &n)) !=
	    NULL) {
		CHECK(cert_words_read(bytes_of(p, n), &w, &d) == ERR_OK &&
			w.is_ek && !w.is_ca && w.len == n && w.has_times &&
			w.not_after > w.not_before &&
			strstr(w.issuer, "Google") != NULL &&
			strcmp(w.key, "RSA of 2048 bits") == 0,
		    "an EK certificate of a cloud: %s, by %s", w.key, w.issuer);
		CHECK(t_truncations(p, n, reads, &w) == 0,
		    "cut anywhere it is refused");
		check_flips(p, n);
		free(p);
	}
	if ((p = t_corpus("ekcert/ek/kl_st_ecc.der", &n)) != NULL) {
		CHECK(cert_words_read(bytes_of(p, n), &w, &d) == ERR_OK &&
			w.is_ek && strcmp(w.key, "EC of 256 bits") == 0 &&
			strstr(w.alternative, "2.23.133.2.1=id:53544D20") !=
			    NULL,
		    "a hardware TPM's says who made it: %s", w.alternative);
		free(p);
	}
	if ((p = t_corpus("ekcert/ca/ib_stmtpmekroot.der", &n)) != NULL) {
		CHECK(cert_words_read(bytes_of(p, n), &w, &d) == ERR_OK &&
			w.is_ca && !w.is_ek,
		    "a vendor's root is told from an EK's: %s", w.subject);
		free(p);
	}
	return t_done();
}
